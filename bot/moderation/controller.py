"""The buttons and modals of reports, appeals and decisions."""

import discord

from bot.core.errors import NotAllowedError
from bot.core.i18n import _
from bot.database.states import Verdict
from bot.moderation.cases import CaseService
from bot.moderation.views import VerdictModal, log_card
from bot.ui.cards import Card
from bot.ui.host import Interaction
from bot.ui.interactions import check_moderates, gallery_of, guild_of, is_moderator
from bot.ui.modals import WordsModal


class Cases:
    """Handles the buttons and modals of cases; the rules are in `CaseService`."""

    def __init__(self, desk: CaseService) -> None:
        self._desk = desk

    async def ask_report(self, interaction: Interaction, creation_id: int) -> None:
        """Open the modal that reports a picture. Raises UserError outside a server."""

        async def submit(interaction: Interaction, reason: str) -> None:
            has_channel = await self._desk.report(gallery_of(interaction), creation_id, interaction.user.id, reason)
            text = (
                _("Thank you. The moderators see it in their channel.")
                if has_channel
                else _("Thank you. The moderators see it in `/moderation log`.")
            )
            await interaction.response.send_message(text, ephemeral=True)

        guild_of(interaction)
        modal = WordsModal(_("Report picture {number}", number=creation_id), _("What is wrong with it"), "", submit)
        await interaction.response.send_modal(modal)

    async def ask_appeal(self, interaction: Interaction, creation_id: int) -> None:
        """Open the modal in which a picture's maker appeals; blocked members may use it, too."""

        async def submit(interaction: Interaction, reason: str) -> None:
            await self._desk.appeal(creation_id, interaction.user.id, reason)
            await interaction.response.send_message(_("The moderators look at it again."), ephemeral=True)

        title = _("Appeal about picture {number}", number=creation_id)
        modal = WordsModal(title, _("Why it should be decided otherwise"), "", submit)
        modal.for_blocked = True
        await interaction.response.send_modal(modal)

    async def press(self, interaction: Interaction, case_id: int, verdict: Verdict) -> None:
        """Approve a case at once, or open the modal that asks for the reason of any other verdict."""
        check_moderates(interaction)
        if verdict is Verdict.APPROVE:
            await self._decide(interaction, case_id, verdict)
            return

        async def decide(interaction: Interaction, why: str, days: int, keep_out: bool) -> None:
            check_moderates(interaction)
            await self._decide(interaction, case_id, verdict, why, days, keep_out=keep_out)

        case = await self._desk.case(guild_of(interaction).id, case_id)
        if verdict is Verdict.BLOCK:
            await check_may_be_blocked(guild_of(interaction), case.about_user_id)
        await interaction.response.send_modal(
            VerdictModal(verdict, decide, has_picture=await self._desk.has_picture(case))
        )

    async def _decide(
        self,
        interaction: Interaction,
        case_id: int,
        verdict: Verdict,
        why: str = "",
        days: int = 0,
        *,
        keep_out: bool = False,
    ) -> None:
        await interaction.response.defer()
        guild_id, by = guild_of(interaction).id, interaction.user.id
        case = await self._desk.decide(guild_id, case_id, by, verdict, why, days, keep_out=keep_out)
        if interaction.message is None or interaction.message.id != case.message_id:
            # The button was in the log; the service redraws only the card in the moderators' channel.
            await interaction.edit_original_response(**(await self._desk.card(case)).as_edit())

    async def show_log(self, interaction: Interaction, user_id: int) -> None:
        """Show the newest cases, ephemerally; `user_id` limits them to one member, 0 for all."""
        card = await self._log(interaction, user_id, 0)
        await interaction.response.send_message(view=card.view, ephemeral=True)

    async def turn(self, interaction: Interaction, user_id: int, before: int) -> None:
        """Redraw the log with the cases before the id `before`, 0 for the newest."""
        check_moderates(interaction)
        await interaction.response.edit_message(view=(await self._log(interaction, user_id, before)).view)

    async def open(self, interaction: Interaction, case_id: int) -> None:
        """Show a case of the log with its buttons, ephemerally."""
        check_moderates(interaction)
        case = await self._desk.case(guild_of(interaction).id, case_id)
        await interaction.response.defer(thinking=True, ephemeral=True)
        await interaction.edit_original_response(**(await self._desk.card(case)).as_edit())

    async def _log(self, interaction: Interaction, user_id: int, before: int) -> Card:
        cases, has_older = await self._desk.log(guild_of(interaction).id, user_id, before)
        return log_card(user_id, cases, is_first=not before, has_older=has_older)


async def check_may_be_blocked(guild: discord.Guild, user_id: int) -> None:
    """Raise NotAllowedError for the bot itself and for moderators; members who left can be blocked."""
    if user_id == guild.me.id:
        raise NotAllowedError(_("I can't block myself."))
    try:
        member = await guild.fetch_member(user_id)
    except discord.NotFound:
        return
    if is_moderator(member.guild_permissions):
        raise NotAllowedError(_("A moderator can't be blocked."))
