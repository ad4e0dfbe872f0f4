"""Cases: reports, holds and appeals come to the moderators, and what they decide is done."""

import asyncio
import logging
from collections.abc import Sequence

import discord

from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.core.loops import for_each, run_forever
from bot.creations.models import Creation
from bot.creations.removal import Removal
from bot.creations.store import CreationStore, Made
from bot.creations.uploads import DESCRIPTION_SHOWN, upload
from bot.database.file_store import FileStore
from bot.database.states import CaseKind, Verdict
from bot.jobs.delivery import Delivery
from bot.kept_out.service import KeptOutService
from bot.moderation.blocks import BlockService
from bot.moderation.case_store import LISTED, CaseStore
from bot.moderation.models import Case
from bot.moderation.views import case_card, verdict_message
from bot.platform.discord_errors import UNREACHABLE
from bot.platform.languages import language_of_server
from bot.settings.service import SettingsService
from bot.ui.cards import Card, Upload
from engine.messages import GenerationParameters

log = logging.getLogger(__name__)

# What could not be posted is tried again after so long, and whenever there is a new case.
PAUSE_SECONDS = 3600.0


class CaseService:
    """What commands and buttons use. Cards of new cases are posted by `run`, or at the next start."""

    def __init__(
        self,
        client: discord.Client,
        cases: CaseStore,
        creations: CreationStore,
        files: FileStore,
        settings: SettingsService,
        blocks: BlockService,
        removal: Removal,
        delivery: Delivery,
        kept_out: KeptOutService,
    ) -> None:
        self._client = client
        self._cases = cases
        self._creations = creations
        self._files = files
        self._settings = settings
        self._blocks = blocks
        self._removal = removal
        self._delivery = delivery
        self._kept_out = kept_out
        self._patience = delivery.patience
        self._news = asyncio.Event()

    def changed(self) -> None:
        """Take note that there is a new case."""
        self._news.set()

    async def run(self) -> None:
        """Post the cards of new cases, for ever."""
        await self._client.wait_until_ready()
        await run_forever(self.post, "cases could not be posted", every=PAUSE_SECONDS, wake=self._news)

    async def post(self) -> None:
        """Post the cards that are missing; what can't be posted is logged, and stays in the log of cases."""
        missing = reversed(await self._cases.not_posted())
        await for_each(missing, self._post, lambda case: f"case {case.id} could not be posted")

    async def _post(self, case: Case) -> None:
        channel_id = (await self._settings.of_guild(case.guild_id)).cases_channel_id
        if not channel_id:
            return
        channel = self._client.get_partial_messageable(channel_id, guild_id=case.guild_id)
        with language_of_server(self._client, case.guild_id):
            card = await self.card(case)
        try:
            # Discord makes one message of those with the same nonce, should this be done twice.
            message = await channel.send(**card.as_message(), nonce=f"case-{case.id}")
        except UNREACHABLE:
            log.warning("case %s could not be posted", case.id, exc_info=True)
            return
        await self._cases.posted(case.id, channel_id, message.id)

    async def report(self, guild_id: int, creation_id: int, user_id: int, reason: str) -> bool:
        """Report a picture; return whether moderators have a channel for it. Raises UserError."""
        made = await self._creations.any_creation(guild_id, creation_id)
        if made is None:
            raise UserError(_("That picture is no longer in this server's gallery."))
        if not await self._cases.open(CaseKind.REPORT, made, user_id, reason):
            raise UserError(_("You have reported this picture already; its moderators know."))
        self.changed()
        return bool((await self._settings.of_guild(guild_id)).cases_channel_id)

    async def appeal(self, creation_id: int, user_id: int, reason: str) -> None:
        """Ask moderators to look again, once, for the picture's maker. Raises UserError."""
        made = await self._cases.picture(creation_id)
        if made is None or made[0].user_id != user_id:
            raise NotAllowedError(_("Only the member who made this picture can appeal."))
        if not await self._cases.may_appeal(creation_id):
            raise UserError(_("There is nothing to appeal: no moderator decided against this picture."))
        if not await self._cases.open(CaseKind.APPEAL, made, user_id, reason):
            raise UserError(_("You have appealed already; the moderators' decision then stands."))
        self.changed()

    async def has_picture(self, case: Case) -> bool:
        """Return whether a case's picture is still there, though it may be held back."""
        return bool(case.creation_id) and await self._cases.is_on_disk(case.creation_id or 0)

    async def decide(
        self, guild_id: int, case_id: int, by: int, verdict: Verdict, why: str, days: int = 0, *, keep_out: bool = False
    ) -> Case:
        """Decide a case, and do what follows; return the case. Raises UserError where it was decided before.

        With `keep_out` the picture may not come back.
        """
        case = await self.case(guild_id, case_id)
        if keep_out and case.verdict is None and case.creation_id:
            before = await self._cases.picture(case.creation_id)
            if before:
                await self._kept_out.keep_out(before[0], by)
        if case.verdict is not None or not await self._cases.decide(case, by, verdict, why):
            raise UserError(_("That was decided already; the card says by whom."))
        made = await self._cases.picture(case.creation_id) if case.creation_id else None
        if made:
            await self._follow(case, made, by, verdict, why, days)
            await self.redraw(made[0].id)
        return await self.case(guild_id, case_id)

    async def _follow(self, case: Case, made: Made, by: int, verdict: Verdict, why: str, days: int) -> None:
        creation, _rest = made
        if verdict is Verdict.APPROVE:
            await self._creations.release(creation.id)
            await self._delivery.redraw(creation.job_id)
            if case.kind is CaseKind.APPEAL:
                await self._blocks.lift(case.guild_id, creation.user_id)
                await self._tell(case, creation, verdict, why)
            return
        await self._removal.remove([creation.id])
        if verdict is Verdict.BLOCK and creation.user_id:
            await self._blocks.block(case.guild_id, creation.user_id, by, days, why)
        await self._tell(case, creation, verdict, why)

    async def _tell(self, case: Case, creation: Creation, verdict: Verdict, why: str) -> None:
        """Tell the maker; where they take no direct messages, the log and the case say so."""
        guild = self._client.get_guild(case.guild_id)
        if guild is None or not creation.user_id:
            return
        with language_of_server(self._client, guild.id):
            card = verdict_message(guild.name, creation.id, verdict, why, is_appeal=case.kind is CaseKind.APPEAL)
        try:
            user = await self._client.fetch_user(creation.user_id)
            await user.send(view=card.view)
        except UNREACHABLE:
            log.warning("member %s could not be told of case %s", creation.user_id, case.id, exc_info=True)
            await self._cases.take_note_untold(case.id)

    async def case(self, guild_id: int, case_id: int) -> Case:
        """Return a case of a guild. Raises UserError where it has none of that id."""
        case = await self._cases.case(guild_id, case_id)
        if case is None:
            raise UserError(_("There is no such case here."))
        return case

    async def log(self, guild_id: int, user_id: int, before: int) -> tuple[Sequence[Case], bool]:
        """Return a page of cases, the newest first, and whether there are older ones."""
        found = await self._cases.log(guild_id, user_id, before)
        return found[:LISTED], len(found) > LISTED

    async def record_command(self, guild_id: int, user_id: int, by: int, verdict: Verdict, why: str) -> None:
        """Take down what a moderator did by a command."""
        await self._cases.add_decided(guild_id, user_id, by, verdict, why)

    async def redraw(self, creation_id: int) -> None:
        """Show the cases about a picture as they are now; what can't be shown is tried again."""
        await self._cases.outdate(creation_id)
        await self.remove_stale()

    async def remove_stale(self) -> int:
        """Show the cards that are outdated as they are now; return how many could not be changed yet."""
        outdated = await self._cases.outdated()
        await for_each(outdated, self._remove_stale, lambda case: f"the card of case {case.id} could not be redrawn")
        return len(await self._cases.outdated()) if outdated else 0

    async def _remove_stale(self, case: Case) -> None:
        key = f"the card of case {case.id}"
        with_picture = await self.has_picture(case)
        if self._patience.is_due(key) and await self._patience.settle(key, case.guild_id, self._redraw(case)):
            await self._cases.remove_stale(case, with_picture=with_picture)

    async def _redraw(self, case: Case) -> None:
        await self._client.wait_until_ready()
        channel = self._client.get_partial_messageable(case.channel_id, guild_id=case.guild_id)
        with language_of_server(self._client, case.guild_id):
            card = await self.card(case)
        await channel.get_partial_message(case.message_id or 0).edit(**card.as_edit())

    async def card(self, case: Case) -> Card:
        """Return a case's card, with its picture as long as that isn't removed and can be read."""
        made = await self._cases.picture(case.creation_id) if case.creation_id else None
        file: Upload | None = None
        is_lost = False
        if made and await self.has_picture(case):
            file = await self._picture(case, *made)
            is_lost = file is None
        creation, prompt = (made[0], made[1].prompt) if made else (None, "")
        return case_card(case, creation, prompt, file, is_lost=is_lost)

    async def _picture(self, case: Case, creation: Creation, parameters: GenerationParameters) -> Upload | None:
        guild = self._client.get_guild(case.guild_id)
        limit = guild.filesize_limit if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES
        try:
            shown = await upload(self._files, creation, parameters.prompt[:DESCRIPTION_SHOWN], limit)
        except Exception:
            # Pillow raises all kinds of errors over a damaged file; moderators decide without the picture.
            log.exception("the picture of case %s can't be read", case.id)
            return None
        return Upload(shown.filename, shown.data, shown.description, is_spoiler=True)
