"""Rules of challenges: planning, entering, voting, extending and cancelling."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from bot.challenges.models import Ballot, Challenge, ChallengeKind, Entry, NewChallenge, Vote, last_entry
from bot.challenges.ranking import ballot_order
from bot.challenges.store import ChallengeStore
from bot.consent.service import Consent
from bot.core.audience import Audience, PostAudiences
from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import N_, _
from bot.core.text import cleaned
from bot.creations.models import Creation
from bot.creations.source_store import SourceStore
from bot.creations.store import CreationStore
from bot.database.states import ChallengeState
from bot.jobs.models import Job
from bot.jobs.store import JobStore
from bot.kept_out.service import KeptOutService
from bot.prompt_rules.service import RuleService

NO_CHALLENGE = N_("There is no such challenge here; `/challenge list` shows them.")
ENDED = N_("This challenge has ended already.")


class ChallengeService:
    """Checks the rules and stores changes of challenges.

    `clock` returns the current time; `on_changed` is called when a message of a challenge has to be updated.
    """

    def __init__(
        self,
        challenges: ChallengeStore,
        creations: CreationStore,
        jobs: JobStore,
        rules: RuleService,
        audiences: PostAudiences,
        sources: SourceStore,
        consent: Consent,
        kept_out: KeptOutService,
        clock: Callable[[], datetime],
    ) -> None:
        self.on_changed: Callable[[], None] = lambda: None
        self._challenges = challenges
        self._creations = creations
        self._jobs = jobs
        self._rules = rules
        self._audiences = audiences
        self._sources = sources
        self._consent = consent
        self._kept_out = kept_out
        self._clock = clock
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def create(self, new: NewChallenge) -> Challenge:
        """Store a planned challenge with its texts cleaned.

        Raises UserError if the title or theme is empty, a prompt rule of the server forbids a text, or the picture is
        on the server's list of pictures that are kept out.
        """
        title, theme, rules = " ".join(cleaned(new.title).split()), cleaned(new.theme), cleaned(new.rules)
        themes = tuple(filter(None, map(cleaned, new.themes)))
        if not (title and theme):
            raise UserError(_("A challenge needs a title and a theme."))
        await self._rules.check(new.guild_id, title, theme, rules, *themes)
        await self._kept_out.check_files(new.guild_id, new.image_key)
        challenge = await self._challenges.add(replace(new, title=title, theme=theme, rules=rules, themes=themes))
        self.on_changed()
        return challenge

    async def challenge(self, guild_id: int, challenge_id: int) -> Challenge:
        """Return a challenge of a guild. Raises UserError if the guild has none with that id."""
        challenge = await self._challenges.challenge(challenge_id, guild_id)
        if challenge is None:
            raise UserError(_(NO_CHALLENGE))
        return challenge

    async def newest(self, guild_id: int, viewer: Audience) -> list[Challenge]:
        """Return the guild's newest challenges, without those in channels that the member can't view."""
        return [each for each in await self._challenges.newest(guild_id) if viewer.may_view(each.channel_id)]

    async def entries(self, challenge_id: int) -> list[Entry]:
        """Return the entries of a challenge in order of entering, without removed pictures."""
        return await self._challenges.entries(challenge_id)

    async def enter(self, guild_id: int, challenge_id: int, viewer: Audience, creation_id: int) -> Challenge:
        """Enter a picture of the viewer. Raises UserError with the reason if it can't be entered."""
        async with self._locks.setdefault(challenge_id, asyncio.Lock()):
            challenge = await self._open(guild_id, challenge_id, viewer)
            entries = await self._challenges.entries(challenge_id)
            creation = await self._creation(guild_id, creation_id, viewer)
            refusal = await self._refusal(challenge, entries, creation, viewer.user_id)
            if refusal:
                raise UserError(refusal)
            await self._challenges.enter(challenge_id, creation_id, viewer.user_id)
        await self._refresh_announcement(challenge)
        return challenge

    async def fitting(self, guild_id: int, challenge_id: int, viewer: Audience) -> tuple[Challenge, list[Creation]]:
        """Return a challenge and the newest pictures that a member can enter. Raises UserError if there are none."""
        challenge = await self._open(guild_id, challenge_id, viewer)
        entries = await self._challenges.entries(challenge_id)
        creations = await self._creations.made_since(guild_id, challenge.starts_at, viewer)
        refusals = [await self._refusal(challenge, entries, each, viewer.user_id) for each in creations]
        found = [each for each, refusal in zip(creations, refusals, strict=True) if not refusal]
        if not found:
            nothing_made = _("You have made no picture since this challenge began; make one, then enter it.")
            raise UserError(refusals[0] if refusals else nothing_made)
        return challenge, found

    async def open_for(self, guild_id: int, viewer: Audience, creation_id: int) -> list[Challenge]:
        """Return the open challenges that a picture can be entered in. Raises UserError if there are none."""
        creation = await self._creation(guild_id, creation_id, viewer)
        running = await self._challenges.running(guild_id, ChallengeState.OPEN)
        challenges = [each for each in running if viewer.may_view(each.channel_id)]
        refusals = [
            await self._refusal(each, await self._challenges.entries(each.id), creation, viewer.user_id)
            for each in challenges
        ]
        found = [each for each, refusal in zip(challenges, refusals, strict=True) if not refusal]
        if not found:
            raise UserError(refusals[0] if refusals else _("No challenge is open here now."))
        return found

    async def withdraw(self, guild_id: int, entry_id: int, user_id: int) -> Challenge:
        """Withdraw a member's own entry.

        Raises NotAllowedError for somebody else's entry, and UserError once the voting has begun.
        """
        entry, challenge = await self._entry(guild_id, entry_id)
        if entry.user_id != user_id:
            raise NotAllowedError(_("That entry is not yours."))
        if challenge.state is not ChallengeState.OPEN:
            raise UserError(_("The voting has begun; entries stay now."))
        await self._challenges.withdraw(entry_id)
        await self._refresh_announcement(challenge)
        return challenge

    async def ballot(
        self, guild_id: int, challenge_id: int, viewer: Audience, joined_at: datetime | None
    ) -> tuple[Challenge, list[Entry], list[Vote]]:
        """Return a challenge, the entries on a member's ballot in their order, and the votes of all members.

        Raises UserError if there is no voting now or the ballot is empty, and NotAllowedError if the member joined the
        server too late.
        """
        challenge = await self._challenge(guild_id, challenge_id, viewer)
        if challenge.state is not ChallengeState.VOTING:
            raise UserError(_("There is no voting in this challenge now."))
        since = challenge.starts_at - timedelta(days=challenge.member_days)
        if joined_at is None or joined_at > since:
            raise NotAllowedError(
                _("Whoever joined this server after {time} can't vote here.", time=f"<t:{since.timestamp():.0f}:f>")
            )
        entries = [each for each in await self._challenges.entries(challenge_id) if not each.disqualified]
        seen = await self._creations.seen_of(guild_id, [each.creation_id for each in entries], viewer)
        order = ballot_order([each for each in entries if each.creation_id in seen], viewer.user_id)
        if not order:
            raise UserError(_("There is nothing here that you could vote on."))
        return challenge, order, await self._challenges.votes(challenge_id)

    async def star(
        self, challenge: Challenge, entries: Sequence[Entry], votes: Sequence[Vote], user_id: int, entry_id: int
    ) -> list[Vote]:
        """Toggle the member's star for an entry on their ballot, `entries`; return the updated `votes`.

        Raises UserError if the entry is not on the ballot or the challenge has no stars ballot.
        """
        _check_on_ballot(challenge, Ballot.STARS, entries, entry_id)
        star = Vote(user_id, entry_id)
        others = [each for each in votes if each != star]
        return [*others, star] if await self._challenges.toggle_star(entry_id, user_id) else others

    async def prefer(
        self, challenge: Challenge, entries: Sequence[Entry], votes: Sequence[Vote], user_id: int, *pair: int
    ) -> list[Vote]:
        """Store that the member prefers the first entry of `pair` to the second; return the updated `votes`.

        Raises UserError if one of them is not on the ballot or the challenge has no pairs ballot.
        """
        _check_on_ballot(challenge, Ballot.PAIRS, entries, *pair)
        await self._challenges.prefer(user_id, *pair)
        vote = Vote(user_id, *pair)
        return [*(each for each in votes if each not in (vote, Vote(user_id, *reversed(pair)))), vote]

    async def extend(self, guild_id: int, challenge_id: int, hours: int) -> Challenge:
        """Extend the current period, entries or votes. Raises UserError if the challenge has ended."""
        challenge = await self._unfinished(guild_id, challenge_id)
        longer = await self._challenges.extend(challenge.id, timedelta(hours=hours))
        if longer is None:
            raise UserError(_(ENDED))
        self.on_changed()
        return longer

    async def cancel(self, guild_id: int, challenge_id: int, reason: str) -> Challenge:
        """Cancel a challenge, which ends a recurring one. Raises UserError if it has ended."""
        challenge = await self._unfinished(guild_id, challenge_id)
        while not await self._challenges.move(challenge, ChallengeState.CANCELLED, reason=reason):
            # Its state or times changed meanwhile.
            challenge = await self._unfinished(guild_id, challenge_id)
        self.on_changed()
        return challenge

    async def disqualify(self, guild_id: int, challenge_id: int, creation_id: int, reason: str) -> None:
        """Exclude an entry from the voting and the result.

        Raises UserError if there is no such entry or the challenge has ended.
        """
        challenge = await self._unfinished(guild_id, challenge_id)
        entries = await self._challenges.entries(challenge_id)
        entry = next((each for each in entries if each.creation_id == creation_id), None)
        if entry is None:
            raise UserError(_("There is no such entry here."))
        await self._challenges.disqualify(entry.id, reason)
        await self._refresh_announcement(challenge)

    async def painting(self, guild_id: int, challenge_id: int, viewer: Audience) -> tuple[Challenge, Entry | None]:
        """Return an open challenge and its last entry, for a member who wants to paint the next one.

        Raises UserError if it takes no entries, or if its canvas was removed or the member may not see it.
        """
        challenge = await self._open(guild_id, challenge_id, viewer)
        if challenge.source_id is not None:
            await self._creation(guild_id, challenge.source_id, viewer)
        return challenge, last_entry(await self._challenges.entries(challenge_id))

    async def given_away(self, sources: Sequence[Creation]) -> set[int]:
        """Return the pictures that their makers gave to open challenges, for others to go on from.

        By entering a relay, members let the next ones go on from their picture, and from what is left of it in the last
        entry.
        A host who gives a picture of their own as a canvas lets all go on from it; one of somebody else is not theirs
        to give.
        """
        source_ids = {each.id for each in sources}
        given: set[int] = set()
        for challenge in await self._challenges.running(sources[0].guild_id, ChallengeState.OPEN):
            if challenge.ends_at <= self._clock():
                continue
            canvas = (challenge.source_id, challenge.user_id)
            given |= {each.id for each in sources if (each.id, each.user_id) == canvas}
            if challenge.kind is ChallengeKind.RELAY:
                entries = await self._challenges.entries(challenge.id)
                last = last_entry(entries)
                if last and last.creation_id in source_ids:
                    left = await self._sources.kept_in([last.creation_id])
                    given |= left & {each.creation_id for each in entries if not each.disqualified}
        return given

    async def _refresh_announcement(self, challenge: Challenge) -> None:
        await self._challenges.change(challenge.id, shown_state=None)
        self.on_changed()

    async def _challenge(self, guild_id: int, challenge_id: int, viewer: Audience) -> Challenge:
        challenge = await self.challenge(guild_id, challenge_id)
        if not viewer.may_view(challenge.channel_id):
            raise UserError(_(NO_CHALLENGE))
        return challenge

    async def _open(self, guild_id: int, challenge_id: int, viewer: Audience) -> Challenge:
        challenge = await self._challenge(guild_id, challenge_id, viewer)
        if challenge.state is not ChallengeState.OPEN or challenge.ends_at <= self._clock():
            raise UserError(_("This challenge takes no entries now."))
        return challenge

    async def _unfinished(self, guild_id: int, challenge_id: int) -> Challenge:
        challenge = await self.challenge(guild_id, challenge_id)
        if challenge.due_at is None:
            raise UserError(_(ENDED))
        return challenge

    async def _creation(self, guild_id: int, creation_id: int, viewer: Audience) -> Creation:
        creation, _parameters = await self._creations.visible_creation(guild_id, creation_id, viewer)
        return creation

    async def _entry(self, guild_id: int, entry_id: int) -> tuple[Entry, Challenge]:
        entry = await self._challenges.entry(entry_id)
        challenge = await self._challenges.challenge(entry.challenge_id, guild_id) if entry else None
        if entry is None or challenge is None:
            raise UserError(_("There is no such entry here."))
        return entry, challenge

    async def _refusal(self, challenge: Challenge, entries: Sequence[Entry], creation: Creation, user_id: int) -> str:
        """Return why a picture can't be entered, or an empty string if it can."""
        job = await self._jobs.job(creation.job_id)
        if job is None or creation.user_id != user_id:
            return _("Only pictures that you made yourself can be entered.")
        if creation.created_at < challenge.starts_at:
            return _("That picture was made before the challenge began.")
        readers = await self._audiences.readers(challenge.guild_id, challenge.channel_id)
        if not await self._creations.seen_of(challenge.guild_id, [creation.id], readers):
            return _("That picture may not be shown in the channel of this challenge: not everybody there can see it.")
        if challenge.kind is ChallengeKind.RELAY and not await self._consent.allows_remix(user_id):
            return _("In a relay others go on from your picture, and you let nobody do that; see /settings.")
        if any(each.creation_id == creation.id for each in entries):
            return _("That picture is in this challenge already.")
        own = sum(each.user_id == user_id for each in entries)
        if own >= challenge.entries_each:
            return _("You have entered {count} already; withdraw one first.", count=own)
        return _kind_refusal(challenge, entries, job)


def _kind_refusal(challenge: Challenge, entries: Sequence[Entry], job: Job) -> str:
    """Return how a picture breaks the rule of the challenge's kind, or an empty string."""
    match challenge.kind:
        case ChallengeKind.CANVAS if (job.image_key, job.mask_key) != (challenge.image_key, challenge.mask_key):
            return _("That picture doesn't repaint this challenge's picture and region; press “Paint an entry”.")
        case ChallengeKind.RELAY:
            last = last_entry(entries)
            if last and job.parent_id != last.creation_id:
                return _(
                    "In a relay an entry goes on from the one before it, picture {number}; press “Paint an entry”.",
                    number=last.creation_id,
                )
    return ""


def _check_on_ballot(challenge: Challenge, ballot: Ballot, entries: Sequence[Entry], *entry_ids: int) -> None:
    if challenge.ballot is not ballot or not {each.id for each in entries}.issuperset(entry_ids):
        raise UserError(_("You can't vote on that."))
