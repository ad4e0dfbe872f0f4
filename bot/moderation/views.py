"""The cards of cases and of their log, and the messages to members about decisions."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import discord
from discord import ui

from bot.core.errors import UserError
from bot.core.i18n import N_, _
from bot.creations.models import Creation
from bot.database.states import CaseKind, Verdict
from bot.jobs.appeal_button import AppealButton
from bot.moderation.models import Case
from bot.ui.access import Modal
from bot.ui.cards import DONE, REFUSED, WORKING, Card, Upload, card, gallery
from bot.ui.dynamic_items import PersistentItem
from bot.ui.errors import answering_errors
from bot.ui.host import Interaction
from bot.ui.text import LOST, escaped, mention

# Called with the interaction, the reason, the days of a block (0 for good), and whether the picture is kept out.
Decide = Callable[[Interaction, str, int, bool], Awaitable[None]]

TEXT_SHOWN = 600
LINE_SHOWN = 100
WHY_LENGTH = 300
KINDS = {
    CaseKind.REPORT: N_("Report"),
    CaseKind.HOLD: N_("Held for review"),
    CaseKind.APPEAL: N_("Appeal"),
    CaseKind.COMMAND: N_("Command"),
}
LABELS = {
    Verdict.APPROVE: N_("Approve"),
    Verdict.REMOVE: N_("Remove"),
    Verdict.WARN: N_("Warn"),
    Verdict.BLOCK: N_("Block"),
}
DECIDED = {
    Verdict.APPROVE: N_("approved"),
    Verdict.REMOVE: N_("removed"),
    Verdict.WARN: N_("removed, with a warning"),
    Verdict.BLOCK: N_("blocked"),
    Verdict.UNBLOCK: N_("unblocked"),
    Verdict.PURGE: N_("all pictures removed"),
}
STYLES = {Verdict.APPROVE: discord.ButtonStyle.success, Verdict.BLOCK: discord.ButtonStyle.danger}


class CaseActions(Protocol):
    """Decides cases and shows the log: `bot.moderation.controller.Cases`."""

    async def press(self, interaction: Interaction, case_id: int, verdict: Verdict) -> None:
        """Decide a case, or ask for the reason first."""
        ...

    async def turn(self, interaction: Interaction, user_id: int, before: int) -> None:
        """Show another page of the log."""
        ...

    async def open(self, interaction: Interaction, case_id: int) -> None:
        """Show a case of the log with its buttons."""
        ...


class VerdictButton(
    PersistentItem[CaseActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"case:(?P<case_id>\d+):(?P<verdict>approve|remove|warn|block)",
):
    """Button that decides a case with one verdict."""

    def __init__(self, case_id: int, verdict: str) -> None:
        self.case_id, self.verdict = case_id, Verdict(verdict)
        style = STYLES.get(self.verdict, discord.ButtonStyle.secondary)
        custom_id = self.custom_id_for(case_id=case_id, verdict=verdict)
        super().__init__(ui.Button(label=_(LABELS[self.verdict]), style=style, custom_id=custom_id))

    async def pressed(self, interaction: Interaction, controller: CaseActions) -> None:
        """Approve the case, or ask for the reason of any other verdict first."""
        await controller.press(interaction, self.case_id, self.verdict)


class LogButton(
    PersistentItem[CaseActions], ui.DynamicItem[ui.Button[Any]], template=r"cases:(?P<user_id>\d+):(?P<before>\d+)"
):
    """Button that shows another page of the log, with the cases before the id `before`."""

    def __init__(self, user_id: int, before: int, label: str = "") -> None:
        self.user_id, self.before = user_id, before
        super().__init__(ui.Button(label=label, custom_id=self.custom_id_for(user_id=user_id, before=before)))

    async def pressed(self, interaction: Interaction, controller: CaseActions) -> None:
        """Redraw the log with the button's page."""
        await controller.turn(interaction, self.user_id, self.before)


class CaseSelect(PersistentItem[CaseActions], ui.DynamicItem[ui.Select[Any]], template="case"):
    """Select that opens a case of the log."""

    def __init__(self, cases: Sequence[Case] = ()) -> None:
        options = [discord.SelectOption(label=_("Case {number}", number=each.id), value=str(each.id)) for each in cases]
        super().__init__(ui.Select(custom_id=self.custom_id_for(), placeholder=_("Open a case"), options=options))

    async def pressed(self, interaction: Interaction, controller: CaseActions) -> None:
        """Show the chosen case with its buttons."""
        await controller.open(interaction, int(self.item.values[0]))


class VerdictModal(Modal):
    """Modal that asks a moderator for the reason of a verdict.

    A block also asks for its length in days, and a case with a picture whether copies of it are kept out.
    """

    def __init__(self, verdict: Verdict, decide: Decide, *, has_picture: bool) -> None:
        super().__init__(title=_(LABELS[verdict]))
        self._decide = decide
        self.why: ui.TextInput[Any] = ui.TextInput(custom_id="why", required=False, max_length=WHY_LENGTH)
        self.add_item(ui.Label(text=_("Why"), description=_("The picture's maker reads it"), component=self.why))
        self.days: ui.TextInput[Any] | None = None
        if verdict is Verdict.BLOCK:
            self.days = ui.TextInput(custom_id="days", required=False, max_length=4)
            self.add_item(
                ui.Label(text=_("For how many days"), description=_("Nothing: for good"), component=self.days)
            )
        self.keep_out: ui.Checkbox[Any] | None = None
        if has_picture:
            self.keep_out = ui.Checkbox(custom_id="keep_out")
            self.add_item(
                ui.Label(
                    text=_("Keep it out"),
                    description=_("Copies are refused here, and held back where they are painted"),
                    component=self.keep_out,
                )
            )

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Decide the case. Raises UserError if the number of days is not a positive integer."""
        async with answering_errors(interaction):
            days = self.days.value.strip() if self.days else ""
            if days and not (days.isdecimal() and int(days) > 0):
                raise UserError(_("“{text}” is no number of days.", text=days))
            await self._decide(
                interaction, self.why.value.strip(), int(days or 0), bool(self.keep_out and self.keep_out.value)
            )


def case_card(
    case: Case, creation: Creation | None, prompt: str, file: Upload | None, *, is_lost: bool = False
) -> Card:
    """Return a case's card: its picture and text, and the decision, or the verdict buttons while it is open.

    `is_lost` is whether the picture should be there, but its file can't be read.
    """
    lines = [f"## {_('Case {number}', number=case.id)} · {_(KINDS[case.kind])}"]
    if creation is None:
        lines.append(_("about {member}", member=mention(case.about_user_id)))
    else:
        lines.append(
            _(
                "about [picture {number}]({link}) by {member}",
                number=creation.id,
                link=creation.link,
                member=mention(creation.user_id),
            )
        )
        lines.append(f"**{escaped(prompt, TEXT_SHOWN)}**")
    if is_lost:
        lines.append(_(LOST))
    match case.kind:
        case CaseKind.HOLD if case.reason:
            lines.append(_("It looks like picture {number}, which is kept out here.", number=case.reason))
        case CaseKind.HOLD if creation:
            lines.append(_("The classifier's score is {share}.", share=f"{creation.safety:.0%}"))
        case CaseKind.REPORT if case.reason:
            said = escaped(case.reason, TEXT_SHOWN)
            lines.append(_("{member} says: {text}", member=mention(case.by_user_id), text=said))
        case CaseKind.APPEAL:
            lines.append(_("Its maker says: {text}", text=escaped(case.reason, TEXT_SHOWN)))
    if case.verdict:
        lines.append(_decided(case, TEXT_SHOWN))
        if not case.is_told:
            lines.append("-# " + _("They take no direct messages from me, so they were not told."))
    elif case.kind is CaseKind.APPEAL:
        lines.append(
            "-# " + _("Approve shows it where it is held back, and lifts a block; what was removed stays removed.")
        )
    else:
        lines.append("-# " + _("All but Approve take the picture away, everywhere and for good."))
    files = (file,) if file else ()
    pictures = [gallery(files)] if files else []
    buttons = [] if case.verdict else [ui.ActionRow[Any](*(VerdictButton(case.id, each) for each in LABELS))]
    return card(DONE if case.verdict else WORKING, "\n".join(lines), *pictures, *buttons, files=files)


def log_card(user_id: int, cases: Sequence[Case], *, is_first: bool, has_older: bool) -> Card:
    """Return a page of the log; `user_id` is the member that it is limited to, 0 for all."""
    title = "## " + _("Cases") + (f" · {mention(user_id)}" if user_id else "")
    if not cases:
        return card(WORKING, title, _("There is nothing here."))
    turns = [] if is_first else [LogButton(user_id, 0, _("Newest"))]
    if has_older:
        turns.append(LogButton(user_id, cases[-1].id, _("Older ▶")))
    rows = [ui.ActionRow[Any](CaseSelect(cases)), *([ui.ActionRow[Any](*turns)] if turns else [])]
    return card(WORKING, title, "\n".join(map(_line, cases)), *rows)


def verdict_message(server: str, creation_id: int, verdict: Verdict, why: str, *, is_appeal: bool) -> Card:
    """Return the message to a picture's maker about a decision, with an appeal button unless it decided an appeal."""
    texts = {
        Verdict.APPROVE: N_("The moderators of {server} granted your appeal about picture {number}."),
        Verdict.REMOVE: N_("The moderators of {server} removed your picture {number}."),
        Verdict.WARN: N_("The moderators of {server} removed your picture {number}, and warn you."),
        Verdict.BLOCK: N_("The moderators of {server} removed your picture {number}, and blocked you there."),
    }
    if is_appeal and verdict is Verdict.REMOVE:
        texts[verdict] = N_("The moderators of {server} refused your appeal about picture {number}.")
    lines = [_(texts[verdict], server=escaped(server, LINE_SHOWN), number=creation_id)]
    if why:
        lines.append(escaped(why, TEXT_SHOWN))
    rows = [] if is_appeal else [ui.ActionRow[Any](AppealButton(creation_id))]
    return card(DONE if verdict is Verdict.APPROVE else REFUSED, "\n".join(lines), *rows)


def _line(case: Case) -> str:
    picture = " · " + _("picture {number}", number=case.creation_id) if case.creation_id else ""
    state = _decided(case, LINE_SHOWN) if case.verdict else f"**{_('open')}**"
    return f"**{case.id}** · {_(KINDS[case.kind])} · {mention(case.about_user_id)}{picture} · {state}"


def _decided(case: Case, most: int) -> str:
    if case.verdict is None or case.decided_at is None:
        return ""
    text = _(
        "**{verdict}** by {member}, {when}",
        verdict=_(DECIDED[case.verdict]),
        member=mention(case.decided_by),
        when=discord.utils.format_dt(case.decided_at, "R"),
    )
    return f"{text}: {escaped(case.why, most)}" if case.why else text
