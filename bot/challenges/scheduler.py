"""Scheduler that changes the states of challenges at their times and updates their messages."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import discord

from bot.challenges.models import Challenge, ChallengeKind, Entry, follow_up, last_entry
from bot.challenges.podium import draw_podium
from bot.challenges.ranking import standings
from bot.challenges.store import ChallengeStore
from bot.challenges.views import announcement_card, podium_card
from bot.core.audience import PostAudiences
from bot.core.i18n import _
from bot.core.loops import for_each, run_forever
from bot.creations.store import CreationStore
from bot.database.file_store import FileStore
from bot.database.states import ChallengeState
from bot.imaging.images import thumbnail
from bot.imaging.mask_editing import shown as region_shown
from bot.platform.discord_errors import UNREACHABLE
from bot.platform.languages import language_of_server
from bot.platform.patience import Patience
from bot.ui.cards import Card, Upload

log = logging.getLogger(__name__)

PAUSE_SECONDS = 15.0
# A state change that is later than this moves the following times by the delay, so that the next period keeps its
# length although the bot was offline.
LATE = timedelta(minutes=1)
ON_PODIUM = 3


class ChallengeScheduler:
    """Advances challenges through their states and posts or edits their messages.

    Changes that were missed while the bot was offline are made once, at the next start.
    """

    def __init__(
        self,
        client: discord.Client,
        challenges: ChallengeStore,
        creations: CreationStore,
        files: FileStore,
        audiences: PostAudiences,
        clock: Callable[[], datetime],
        patience: Patience,
    ) -> None:
        self._client = client
        self._creations = creations
        self._audiences = audiences
        self._challenges = challenges
        self._files = files
        self._clock = clock
        self._patience = patience
        self._changed = asyncio.Event()
        self._advancing = asyncio.Lock()

    def changed(self) -> None:
        """Wake the loop because a challenge has a change to show."""
        self._changed.set()

    async def run(self) -> None:
        """Advance challenges until cancelled: every PAUSE_SECONDS and after each `changed`."""
        await self._client.wait_until_ready()
        await run_forever(self.advance, "challenges could not go on", every=PAUSE_SECONDS, wake=self._changed)

    async def advance(self) -> None:
        """Advance every unfinished challenge to its state at this time and update its messages."""
        async with self._advancing:
            unfinished = reversed(await self._challenges.unfinished())
            await for_each(unfinished, self._advance, lambda each: f"challenge {each.id}: could not be advanced")

    async def _advance(self, challenge: Challenge) -> None:
        try:
            await self._move_on_and_show(challenge)
        except UNREACHABLE:
            log.warning("challenge %s: could not update its messages", challenge.id, exc_info=True)

    async def _move_on_and_show(self, challenge: Challenge) -> None:
        while challenge.due_at and challenge.due_at <= self._clock():
            await self._move_on(challenge, challenge.due_at)
            reloaded = await self._challenges.challenge(challenge.id)
            if reloaded is None:
                return
            challenge = reloaded
        if challenge.shown_state is not challenge.state:
            entries, source = await self._challenges.entries(challenge.id), await self._source(challenge)
            try:
                is_shown = await self._show(challenge, entries)
            except (discord.NotFound, discord.Forbidden):
                # Only sending a new message raises these errors; `_change` handles those of edits.
                log.warning("challenge %s: channel is missing or not accessible", challenge.id, exc_info=True)
                is_shown = True
            # An entry that was added or removed meanwhile is not in the message yet; the next turn updates it again.
            newest = (await self._challenges.entries(challenge.id), await self._source(challenge))
            if is_shown and newest == (entries, source):
                await self._challenges.move(challenge, challenge.state, shown_state=challenge.state)

    async def _source(self, challenge: Challenge) -> int | None:
        """Return the id of the gallery picture used as the canvas, or None if there is none or it was removed."""
        made = await self._creations.any_creation(challenge.guild_id, challenge.source_id or 0)
        return made[0].id if made else None

    async def _move_on(self, challenge: Challenge, due: datetime) -> None:
        late = self._clock() - due
        shift = late if late > LATE else timedelta()
        voting_ends_at = challenge.voting_ends_at + shift
        match challenge.state:
            case ChallengeState.PLANNED:
                times = {"ends_at": challenge.ends_at + shift, "voting_ends_at": voting_ends_at}
                await self._challenges.move(challenge, ChallengeState.OPEN, **times)
            case ChallengeState.OPEN if await self._can_be_voted_on(challenge):
                await self._challenges.move(challenge, ChallengeState.VOTING, voting_ends_at=voting_ends_at)
            case _:
                await self._close(challenge)

    async def _can_be_voted_on(self, challenge: Challenge) -> bool:
        entries = await self._challenges.entries(challenge.id)
        return len({each.user_id for each in entries if not each.disqualified}) > 1

    async def _close(self, challenge: Challenge) -> None:
        entries = [each for each in await self._challenges.entries(challenge.id) if not each.disqualified]
        result = standings(entries, await self._challenges.votes(challenge.id), challenge.ballot)
        await self._challenges.close(challenge, result, follow_up(challenge, self._clock()))

    async def _show(self, challenge: Challenge, entries: Sequence[Entry]) -> bool:
        """Post or edit a challenge's messages; return False if an edit failed and has to be retried."""
        guild = self._client.get_guild(challenge.guild_id)
        if guild is None:
            return True
        channel = self._client.get_partial_messageable(challenge.channel_id, guild_id=guild.id)
        readers = await self._audiences.readers(guild.id, challenge.channel_id)
        pictures = [*(each.creation_id for each in entries), challenge.source_id or 0]
        seen = await self._creations.seen_of(guild.id, pictures, readers)
        is_shown = True
        with language_of_server(self._client, guild.id):
            if challenge.message_id is None and challenge.state is ChallengeState.CANCELLED:
                return True
            picture, is_lost = await _upload_or_lost(self._picture(challenge, entries, seen), challenge)
            card = announcement_card(challenge, entries, picture, is_lost=is_lost)
            if challenge.message_id is None:
                # Discord deduplicates messages with the same nonce, in case this runs twice.
                message = await channel.send(**card.as_message(), nonce=f"challenge-{challenge.id}")
                await self._challenges.change(challenge.id, message_id=message.id)
                challenge = replace(challenge, message_id=message.id)
            else:
                is_shown = await self._change(channel, challenge.message_id, card)
            if challenge.state is ChallengeState.CLOSED and (is_shown or challenge.podium_message_id):
                is_shown &= await self._show_podium(challenge, entries, seen, guild, channel)
        return is_shown

    async def _change(self, channel: discord.PartialMessageable, message_id: int, card: Card) -> bool:
        """Edit one of a challenge's messages; return False if that has to be retried."""
        key, guild_id = f"message {message_id} of a challenge", channel.guild_id or 0
        if not self._patience.is_due(key):
            return False
        return await self._patience.settle(
            key, guild_id, channel.get_partial_message(message_id).edit(**card.as_edit())
        )

    async def _show_podium(
        self,
        challenge: Challenge,
        entries: Sequence[Entry],
        seen: Collection[int],
        guild: discord.Guild,
        channel: discord.PartialMessageable,
    ) -> bool:
        placed = sorted((each for each in entries if each.place), key=lambda each: (each.place, each.id))
        shown = [each for each in placed[:ON_PODIUM] if each.creation_id in seen]
        file, is_lost = await _upload_or_lost(self._podium(challenge, shown), challenge)
        votes = await self._challenges.votes(challenge.id)
        card = podium_card(challenge, placed, len({each.user_id for each in votes}), file, is_lost=is_lost)
        if challenge.podium_message_id:
            return await self._change(channel, challenge.podium_message_id, card)
        message = await channel.send(**card.as_message(), nonce=f"podium-{challenge.id}")
        await self._challenges.change(challenge.id, podium_message_id=message.id)
        if challenge.role_id and votes:
            for winner in {each.user_id for each in placed if each.place == 1}:
                await _give_role(guild, winner, challenge)
        return True

    async def _podium(self, challenge: Challenge, placed: Sequence[Entry]) -> Upload | None:
        """Return a picture of the podium with the best entries, or None if there are no entries."""
        if not placed:
            return None
        pictures = [await self._files.get(each.file_key) for each in placed]
        drawn = await asyncio.to_thread(draw_podium, pictures, [each.place for each in placed])
        is_spoiler = any(each.is_spoiler for each in placed)
        return Upload("podium.png", drawn, _("The podium of “{title}”", title=challenge.title), is_spoiler)

    async def _picture(self, challenge: Challenge, entries: Sequence[Entry], seen: Collection[int]) -> Upload | None:
        """Return the canvas with its region, or the last entry of an open relay.

        Returns None for other challenges, and if the readers of the channel may not see the picture.
        """
        is_visible = challenge.source_id is None or challenge.source_id in seen
        if challenge.kind is ChallengeKind.CANVAS and challenge.image_key and is_visible:
            image, mask = [await self._files.picture(key) for key in (challenge.image_key, challenge.mask_key)]
            drawn = await asyncio.to_thread(region_shown, image, mask)
            return Upload("canvas.jpg", drawn, _("What everyone repaints, with the region"))
        is_relay = challenge.kind is ChallengeKind.RELAY and challenge.state is ChallengeState.OPEN
        last = last_entry(entries)
        if is_relay and last and last.creation_id in seen:
            small = await self._files.derived(last.file_key, thumbnail)
            return Upload("last.webp", small, _("What the next entry goes on from"), last.is_spoiler)
        return None


async def _upload_or_lost(drawing: Awaitable[Upload | None], challenge: Challenge) -> tuple[Upload | None, bool]:
    """Return the drawn picture and whether it is lost: a missing or damaged file must not stop a challenge."""
    try:
        return await drawing, False
    except Exception:
        # Pillow raises many types of errors for a damaged file.
        log.exception("challenge %s: could not read a picture", challenge.id)
        return None, True


async def _give_role(guild: discord.Guild, user_id: int, challenge: Challenge) -> None:
    try:
        member = await guild.fetch_member(user_id)
        await member.add_roles(discord.Object(challenge.role_id), reason=challenge.title)
    except discord.HTTPException:
        log.warning("challenge %s: could not give its role to member %s", challenge.id, user_id, exc_info=True)
