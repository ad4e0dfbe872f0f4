"""Blocking members from using Atelier in a server."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.jobs.service import JobService
from bot.moderation.block_store import BlockStore
from bot.moderation.models import Block
from bot.ui.text import escaped

REASON_SHOWN = 500


class BlockService:
    """Blocks and unblocks members, and checks every interaction against the blocks."""

    def __init__(self, blocks: BlockStore, jobs: JobService, clock: Callable[[], datetime]) -> None:
        self._blocks = blocks
        self._jobs = jobs
        self._clock = clock

    async def check(self, guild_id: int | None, user_id: int) -> None:
        """Raise NotAllowedError if a member is blocked in a server; direct messages (`guild_id` None) have none."""
        block = await self._blocks.in_force(guild_id, user_id, self._clock()) if guild_id else None
        if block is None:
            return
        reason = f" ({escaped(block.reason, REASON_SHOWN)})" if block.reason else ""
        if block.until is None:
            raise NotAllowedError(
                _("This server's moderators have blocked you from using me here{reason}.", reason=reason)
            )
        raise NotAllowedError(
            _(
                "This server's moderators have blocked you from using me here until {time}{reason}.",
                time=f"<t:{block.until.timestamp():.0f}:f>",
                reason=reason,
            )
        )

    async def block(self, guild_id: int, user_id: int, by: int, days: int, reason: str) -> Block:
        """Block a member for `days` days, 0 for good, and cancel their queued jobs in that server; return the block."""
        moment = self._clock()
        block = Block(guild_id, user_id, moment + timedelta(days=days) if days else None, reason, by, moment)
        await self._blocks.block(block)
        await self._jobs.cancel_all(user_id, guild_id)
        return block

    async def lift(self, guild_id: int, user_id: int) -> None:
        """End a member's block if there is one."""
        await self._blocks.unblock(guild_id, user_id)

    async def unblock(self, guild_id: int, user_id: int) -> None:
        """End a member's block. Raises UserError if they are not blocked."""
        if not await self._blocks.unblock(guild_id, user_id):
            raise UserError(_("That member is not blocked here."))
