"""Reports, holds and appeals: their cards in the moderators' channel, and the effects of decisions."""

import asyncio
import logging
from collections.abc import Sequence

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
from bot.platform.upload_limits import upload_limit
from bot.settings.service import SettingsService
from bot.ui.cards import Card, Upload
from bot.ui.host import Host
from engine.api.messages import GenerationParameters

log = logging.getLogger(__name__)

# Interval after which cards that could not be posted are retried; a new case retries them at once.
PAUSE_SECONDS = 3600.0


class CaseService:
    """Opens and decides cases, and draws their cards; `run` posts the cards that are missing, also after a restart."""

    def __init__(
        self,
        client: Host,
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
        self._new_case = asyncio.Event()

    def changed(self) -> None:
        """Wake `run`, because a case was opened or the moderators' channel changed."""
        self._new_case.set()

    async def run(self) -> None:
        """Post the cards of new cases until cancelled."""
        await self._client.wait_until_ready()
        await run_forever(self.post, "could not post the cards of cases", every=PAUSE_SECONDS, wake=self._new_case)

    async def post(self) -> None:
        """Post the missing cards, the oldest first.

        A failure is logged and retried later; the case is in `/moderation log` in any case.
        """
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
            # The nonce lets Discord deduplicate the message if a crash makes this run twice.
            message = await channel.send(**card.as_message(), nonce=f"case-{case.id}")
        except UNREACHABLE:
            log.warning("case %s could not be posted", case.id, exc_info=True)
            return
        await self._cases.posted(case.id, channel_id, message.id)

    async def report(self, guild_id: int, creation_id: int, user_id: int, reason: str) -> bool:
        """Open a report about a picture; return whether the server has a moderators' channel.

        Raises UserError if the picture is gone or this member has reported it before.
        """
        made = await self._creations.any_creation(guild_id, creation_id)
        if made is None:
            raise UserError(_("That picture is no longer in this server's gallery."))
        if not await self._cases.open(CaseKind.REPORT, made, user_id, reason):
            raise UserError(_("You have reported this picture already; its moderators know."))
        self.changed()
        return bool((await self._settings.of_guild(guild_id)).cases_channel_id)

    async def appeal(self, creation_id: int, user_id: int, reason: str) -> None:
        """Open an appeal of the picture's maker; each picture can be appealed once.

        Raises NotAllowedError if the member is not the maker, and UserError if there is no decision to appeal against
        or the maker has appealed before.
        """
        made = await self._cases.picture(creation_id)
        if made is None or made[0].user_id != user_id:
            raise NotAllowedError(_("Only the member who made this picture can appeal."))
        if not await self._cases.may_appeal(creation_id):
            raise UserError(_("There is nothing to appeal: no moderator decided against this picture."))
        if not await self._cases.open(CaseKind.APPEAL, made, user_id, reason):
            raise UserError(_("You have appealed already; the moderators' decision then stands."))
        self.changed()

    async def has_picture(self, case: Case) -> bool:
        """Return whether a case has a picture that is not removed; one that is held back counts."""
        return bool(case.creation_id) and await self._cases.is_on_disk(case.creation_id or 0)

    async def decide(
        self, guild_id: int, case_id: int, by: int, verdict: Verdict, why: str, days: int = 0, *, keep_out: bool = False
    ) -> Case:
        """Decide a case, apply the verdict and notify the picture's maker; return the decided case.

        `days` is the length of a block, 0 for good. `keep_out` keeps out copies of the picture from now on.
        Raises UserError if there is no such case, or it was decided before.
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
            await self._apply(case, made, by, verdict, why, days)
            await self.redraw(made[0].id)
        return await self.case(guild_id, case_id)

    async def _apply(self, case: Case, made: Made, by: int, verdict: Verdict, why: str, days: int) -> None:
        creation, _parameters = made
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
        """Send the decision to the picture's maker; if that fails, log it and mark the case."""
        guild = self._client.get_guild(case.guild_id)
        if guild is None or not creation.user_id:
            return
        with language_of_server(self._client, guild.id):
            card = verdict_message(guild.name, creation.id, verdict, why, is_appeal=case.kind is CaseKind.APPEAL)
        try:
            user = await self._client.fetch_user(creation.user_id)
            await user.send(view=card.view)
        except UNREACHABLE:
            log.warning("case %s: could not notify member %s", case.id, creation.user_id, exc_info=True)
            await self._cases.take_note_untold(case.id)

    async def case(self, guild_id: int, case_id: int) -> Case:
        """Return a guild's case by id. Raises UserError if there is none."""
        case = await self._cases.case(guild_id, case_id)
        if case is None:
            raise UserError(_("There is no such case here."))
        return case

    async def log(self, guild_id: int, user_id: int, before: int) -> tuple[Sequence[Case], bool]:
        """Return a page of cases, the newest first, and whether there are older ones; see `CaseStore.log`."""
        found = await self._cases.log(guild_id, user_id, before)
        return found[:LISTED], len(found) > LISTED

    async def record_command(self, guild_id: int, user_id: int, by: int, verdict: Verdict, why: str) -> None:
        """Store an action that a moderator took by a command, for the log."""
        await self._cases.add_decided(guild_id, user_id, by, verdict, why)

    async def redraw(self, creation_id: int) -> None:
        """Redraw the posted cards about a picture; those that can't be edited now are retried later."""
        await self._cases.outdate(creation_id)
        await self.redraw_outdated()

    async def redraw_outdated(self) -> int:
        """Redraw all outdated cards; return how many are still outdated."""
        outdated = await self._cases.outdated()
        await for_each(outdated, self._redraw_if_due, lambda case: f"case {case.id}: could not redraw the card")
        return len(await self._cases.outdated()) if outdated else 0

    async def _redraw_if_due(self, case: Case) -> None:
        key = f"the card of case {case.id}"
        with_picture = await self.has_picture(case)
        if self._patience.is_due(key) and await self._patience.settle(key, case.guild_id, self._redraw(case)):
            await self._cases.mark_current(case, with_picture=with_picture)

    async def _redraw(self, case: Case) -> None:
        await self._client.wait_until_ready()
        channel = self._client.get_partial_messageable(case.channel_id, guild_id=case.guild_id)
        with language_of_server(self._client, case.guild_id):
            card = await self.card(case)
        await channel.get_partial_message(case.message_id or 0).edit(**card.as_edit())

    async def card(self, case: Case) -> Card:
        """Return a case's card, with its picture if that is not removed and its file can be read."""
        made = await self._cases.picture(case.creation_id) if case.creation_id else None
        file: Upload | None = None
        is_lost = False
        if made and await self.has_picture(case):
            file = await self._picture(case, *made)
            is_lost = file is None
        creation, prompt = (made[0], made[1].prompt) if made else (None, "")
        return case_card(case, creation, prompt, file, is_lost=is_lost)

    async def _picture(self, case: Case, creation: Creation, parameters: GenerationParameters) -> Upload | None:
        limit = upload_limit(self._client, case.guild_id)
        try:
            shown = await upload(self._files, creation, parameters.prompt[:DESCRIPTION_SHOWN], limit)
        except Exception:
            # Pillow raises many types of errors for a damaged file; moderators then decide without the picture.
            log.exception("case %s: the picture's file can't be read", case.id)
            return None
        return Upload(shown.filename, shown.data, shown.description, is_spoiler=True)
