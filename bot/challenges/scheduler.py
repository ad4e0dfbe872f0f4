"""What makes challenges run by themselves: their states change at their times, and their messages follow."""

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
# A state that begins later than this is as long as it was planned: nobody loses their time to a bot that was away.
LATE = timedelta(minutes=1)
ON_PODIUM = 3


class ChallengeScheduler:
    """Moves challenges on and announces them; whatever was missed is done once, as soon as it runs again."""

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
        """Take note that a challenge has something to show."""
        self._changed.set()

    async def run(self) -> None:
        """Advance for ever."""
        await self._client.wait_until_ready()
        await run_forever(self.advance, "challenges could not go on", every=PAUSE_SECONDS, wake=self._changed)

    async def advance(self) -> None:
        """Bring every challenge to the state that it has by now, and show it."""
        async with self._advancing:
            unfinished = reversed(await self._challenges.unfinished())
            await for_each(unfinished, self._advance, lambda each: f"challenge {each.id} could not go on")

    async def _advance(self, challenge: Challenge) -> None:
        try:
            await self._move_on_and_show(challenge)
        except UNREACHABLE:
            log.warning("challenge %s could not be shown", challenge.id, exc_info=True)

    async def _move_on_and_show(self, challenge: Challenge) -> None:
        while challenge.due_at and challenge.due_at <= self._clock():
            await self._move_on(challenge, challenge.due_at)
            again = await self._challenges.challenge(challenge.id)
            if again is None:
                return
            challenge = again
        if challenge.shown_state is not challenge.state:
            entries, source = await self._challenges.entries(challenge.id), await self._source(challenge)
            try:
                is_shown = await self._show(challenge, entries)
            except (discord.NotFound, discord.Forbidden):
                # Nothing is posted there yet, so nothing is left there either.
                log.warning("the channel of challenge %s is closed to me", challenge.id, exc_info=True)
                is_shown = True
            # What came or was removed meanwhile is not in what was shown; it is shown anew.
            is_same = (await self._challenges.entries(challenge.id), await self._source(challenge)) == (entries, source)
            if is_shown and is_same:
                await self._challenges.move(challenge, challenge.state, shown_state=challenge.state)

    async def _source(self, challenge: Challenge) -> int | None:
        """Return the id of the picture that a canvas is, or None where there is none in the gallery."""
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
        """Post or change a challenge's messages; return False where one that is there could not be changed yet."""
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
            picture, is_lost = await _or_lost(self._picture(challenge, entries, seen), challenge)
            card = announcement_card(challenge, entries, picture, is_lost=is_lost)
            if challenge.message_id is None:
                # Discord makes one message of those with the same nonce, should this be done twice.
                message = await channel.send(**card.as_message(), nonce=f"challenge-{challenge.id}")
                await self._challenges.change(challenge.id, message_id=message.id)
                challenge = replace(challenge, message_id=message.id)
            else:
                is_shown = await self._change(channel, challenge.message_id, card)
            if challenge.state is ChallengeState.CLOSED and (is_shown or challenge.podium_message_id):
                is_shown &= await self._show_podium(challenge, entries, seen, guild, channel)
        return is_shown

    async def _change(self, channel: discord.PartialMessageable, message_id: int, card: Card) -> bool:
        """Change one of a challenge's messages; return False where that is to be tried again."""
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
        file, is_lost = await _or_lost(self._podium(challenge, shown), challenge)
        votes = await self._challenges.votes(challenge.id)
        card = podium_card(challenge, placed, len({each.user_id for each in votes}), file, is_lost=is_lost)
        if challenge.podium_message_id:
            return await self._change(channel, challenge.podium_message_id, card)
        message = await channel.send(**card.as_message(), nonce=f"podium-{challenge.id}")
        await self._challenges.change(challenge.id, podium_message_id=message.id)
        if challenge.role_id and votes:
            for winner in {each.user_id for each in placed if each.place == 1}:
                await _reward(guild, winner, challenge)
        return True

    async def _podium(self, challenge: Challenge, placed: Sequence[Entry]) -> Upload | None:
        """Return the best entries on their places, or None where there is no entry."""
        if not placed:
            return None
        pictures = [await self._files.get(each.file_key) for each in placed]
        drawn = await asyncio.to_thread(draw_podium, pictures, [each.place for each in placed])
        is_spoiler = any(each.is_spoiler for each in placed)
        return Upload("podium.png", drawn, _("The podium of “{title}”", title=challenge.title), is_spoiler)

    async def _picture(self, challenge: Challenge, entries: Sequence[Entry], seen: Collection[int]) -> Upload | None:
        """Return what everyone repaints, with its region, or what the next entry of a relay goes on from."""
        is_given = challenge.source_id is None or challenge.source_id in seen
        if challenge.kind is ChallengeKind.CANVAS and challenge.image_key and is_given:
            image, mask = [await self._files.picture(key) for key in (challenge.image_key, challenge.mask_key)]
            drawn = await asyncio.to_thread(region_shown, image, mask)
            return Upload("canvas.jpg", drawn, _("What everyone repaints, with the region"))
        is_relay = challenge.kind is ChallengeKind.RELAY and challenge.state is ChallengeState.OPEN
        last = last_entry(entries)
        if is_relay and last and last.creation_id in seen:
            small = await self._files.derived(last.file_key, thumbnail)
            return Upload("last.webp", small, _("What the next entry goes on from"), last.is_spoiler)
        return None


async def _or_lost(drawing: Awaitable[Upload | None], challenge: Challenge) -> tuple[Upload | None, bool]:
    """Return a picture, and whether it is lost: a challenge goes on without a file that is missing or damaged."""
    try:
        return await drawing, False
    except Exception:
        # Pillow raises all kinds of errors over a damaged file.
        log.exception("a picture of challenge %s can't be read", challenge.id)
        return None, True


async def _reward(guild: discord.Guild, user_id: int, challenge: Challenge) -> None:
    try:
        member = await guild.fetch_member(user_id)
        await member.add_roles(discord.Object(challenge.role_id), reason=challenge.title)
    except discord.HTTPException:
        log.warning("the role of challenge %s could not be given to %s", challenge.id, user_id, exc_info=True)
