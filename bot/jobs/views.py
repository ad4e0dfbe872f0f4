"""The cards of a job's message, from waiting to its end: components v2, one container each."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.core.i18n import _, ngettext, say_notes
from bot.creations.models import Creation
from bot.jobs.appeal_button import AppealButton
from bot.jobs.cancel_button import CancelButton
from bot.jobs.models import Job
from bot.jobs.result_views import result_rows
from bot.ui.cards import DONE, REFUSED, WORKING, Card, Upload, card, gallery
from bot.ui.text import escaped, prompt_title
from engine.api.messages import EngineState, Loading, Progress, Unavailable

BAR_CELLS = 12


def waiting_card(job: Job, position: int, engine: EngineState) -> Card:
    """Return the card of a waiting job, with its position, from 1, and the engine's state while it isn't ready."""
    text = _("You are next in line.") if position == 1 else _("Place {place} in line.", place=position)
    match engine:
        case Loading(stage, fraction):
            share = f" ({fraction:.0%})" if fraction is not None else ""
            text += " " + _("The model is getting ready: {stage}.", stage=f"{stage}{share}")
        case Unavailable():
            text += " " + _(
                "The model can't be loaded at the moment; your job waits until it is. The owner's log says why."
            )
    return _job_card(WORKING, _title(job), text, cancel=job)


def progress_card(job: Job, progress: Progress | None, preview: bytes | None) -> Card:
    """Return the card of a running job: a progress bar, the step, the time left, and the newest preview, a JPEG file.

    Without `progress` it says that the job starts.
    """
    if progress is None:
        return _job_card(WORKING, _title(job), _("Starting…"), cancel=job)
    share = progress.step / progress.num_inference_steps
    filled = round(share * BAR_CELLS)
    bar = "▰" * filled + "▱" * (BAR_CELLS - filled)
    step = _("step {step} of {steps}", step=progress.step, steps=progress.num_inference_steps)
    seconds = f"{progress.seconds_left:.0f}"
    left = _("about {seconds} s left", seconds=seconds) if progress.seconds_left >= 1 else _("nearly done")
    line = f"{bar} {step} · {left}"
    files = (Upload(f"preview-{job.id}.jpg", preview, _("A preview")),) if preview else ()
    return _job_card(WORKING, _title(job), line, files=files, cancel=job)


def result_card(
    job: Job,
    creations: Sequence[Creation],
    files: tuple[Upload, ...],
    note: str,
    held: Sequence[Creation] = (),
    against: Sequence[Creation] = (),
) -> Card:
    """Return the card of a finished job: its pictures, member and parameters, and the number of held pictures.

    `files` are the pictures of `creations`, and `note` is a line below the parameters. The card has an appeal button
    for each picture in `held`, and for each in `against`, which moderators have removed.
    """
    parameters = job.parameters
    first = creations[0]
    seeds = ", ".join(str(creation.seed) for creation in creations)
    settings = [
        _("seed {seeds}", seeds=seeds),
        _("{count} steps", count=parameters.num_inference_steps),
        _("guidance {value}", value=f"{parameters.guidance_scale:g}"),
        _("strength {value}", value=f"{parameters.strength:g}"),
        *([parameters.scheduler] if parameters.scheduler != "default" else []),
        f"{first.width} × {first.height}",
        first.model,
    ]
    by = _("by {member}", member=f"<@{job.user_id}>")
    lines = [f"-# {by} · {' · '.join(settings)}"]
    if parameters.negative_prompt:
        lines.append("-# " + _("without: {words}", words=escaped(parameters.negative_prompt)))
    lines.extend(f"-# {text}" for text in (*say_notes(job.note).splitlines(), note, _held_notice(held)) if text)
    return _job_card(
        DONE,
        _title(job),
        "\n".join(lines),
        files=files,
        rows=[*result_rows(job, creations), *_appeal_rows((*held, *against))],
    )


def failed_card(job: Job) -> Card:
    """Return the card of a failed job, with its reason."""
    return _job_card(REFUSED, _title(job), _(job.reason))


def cancelled_card(job: Job) -> Card:
    """Return the card of a cancelled job, without buttons."""
    return _job_card(REFUSED, _title(job), _("Cancelled."))


def held_card(job: Job, held: Sequence[Creation], against: Sequence[Creation] = ()) -> Card:
    """Return the card of a job that has held pictures and none to show; `held` and `against` as in `result_card`."""
    return _job_card(WORKING, _title(job), _held_notice(held), rows=_appeal_rows((*held, *against)))


def removed_card(job: Job, against: Sequence[Creation] = ()) -> Card:
    """Return the card of a job whose pictures were all removed; `against` is as in `result_card`."""
    return _job_card(REFUSED, _title(job), _("Removed from the gallery."), rows=_appeal_rows(against))


def accepted_card(prompt: str) -> Card:
    """Return the first card of a job made from a draft, shown until the job is accepted."""
    return _job_card(WORKING, prompt_title(prompt), _("Handing in…"))


def _title(job: Job) -> str:
    return prompt_title(job.parameters.prompt)


def _appeal_rows(creations: Sequence[Creation]) -> list[ui.ActionRow[Any]]:
    buttons = [AppealButton(each.id, number if len(creations) > 1 else 0) for number, each in enumerate(creations, 1)]
    return [ui.ActionRow[Any](*buttons)] if buttons else []


def _held_notice(held: Sequence[Creation]) -> str:
    if not held:
        return ""
    return ngettext(
        "{count} picture is held for review: it is shown once a moderator lets it.",
        "{count} pictures are held for review: they are shown once a moderator lets them.",
        count=len(held),
    )


def _job_card(
    colour: discord.Colour,
    title: str,
    text: str,
    *,
    files: tuple[Upload, ...] = (),
    cancel: Job | None = None,
    rows: Sequence[ui.ActionRow[Any]] = (),
) -> Card:
    pictures = [gallery(files)] if files else []
    buttons = [ui.ActionRow[Any](CancelButton(cancel.id))] if cancel else []
    return card(colour, title, *pictures, text, *buttons, *rows, files=files)
