"""The cards that show a job's life in its message: components v2, one container each."""

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
from engine.messages import EngineState, Loading, Progress, Unavailable

BAR_CELLS = 12


def waiting_card(job: Job, place: int, engine: EngineState) -> Card:
    """Show a job in line; `place` counts from 1. While the model isn't ready, say what it waits for."""
    line = _("You are next in line.") if place == 1 else _("Place {place} in line.", place=place)
    match engine:
        case Loading(stage, fraction):
            share = f" ({fraction:.0%})" if fraction is not None else ""
            line += " " + _("The model is getting ready: {stage}.", stage=f"{stage}{share}")
        case Unavailable():
            line += " " + _(
                "The model can't be loaded at the moment; your job waits until it is. The owner's log says why."
            )
    return _job_card(WORKING, _title(job), line, cancel=job)


def progress_card(job: Job, progress: Progress | None, preview: bytes | None) -> Card:
    """Show a job that runs: a bar, steps, the time left, and the newest preview."""
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
    """Show the finished pictures, who made them and from what, and how many are held back.

    About those `held`, and those that moderators decided `against`, one can appeal.
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
    lines.extend(f"-# {text}" for text in (*say_notes(job.note).splitlines(), note, _held(held)) if text)
    return _job_card(
        DONE,
        _title(job),
        "\n".join(lines),
        files=files,
        rows=[*result_rows(job, creations), *_appeals((*held, *against))],
    )


def failed_card(job: Job) -> Card:
    """Show why a job could not be done."""
    return _job_card(REFUSED, _title(job), _(job.reason))


def cancelled_card(job: Job) -> Card:
    """Show that a job was cancelled."""
    return _job_card(REFUSED, _title(job), _("Cancelled."))


def held_card(job: Job, held: Sequence[Creation], against: Sequence[Creation] = ()) -> Card:
    """Show that a job's pictures are held back."""
    return _job_card(WORKING, _title(job), _held(held), rows=_appeals((*held, *against)))


def removed_card(job: Job, against: Sequence[Creation] = ()) -> Card:
    """Show that a job's pictures are no longer in the gallery."""
    return _job_card(REFUSED, _title(job), _("Removed from the gallery."), rows=_appeals(against))


def accepted_card(prompt: str) -> Card:
    """Show that a job is being handed in."""
    return _job_card(WORKING, prompt_title(prompt), _("Handing in…"))


def _title(job: Job) -> str:
    return prompt_title(job.parameters.prompt)


def _appeals(creations: Sequence[Creation]) -> list[ui.ActionRow[Any]]:
    buttons = [AppealButton(each.id, number if len(creations) > 1 else 0) for number, each in enumerate(creations, 1)]
    return [ui.ActionRow[Any](*buttons)] if buttons else []


def _held(held: Sequence[Creation]) -> str:
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
