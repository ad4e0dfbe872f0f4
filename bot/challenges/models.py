"""Challenges as values: what a server plays, who takes part, and when what begins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.database.states import Ballot, ChallengeKind, ChallengeState

# Who came in which place gets so many points; whoever only took part gets the last.
POINTS = (5, 3, 2, 1)


@dataclass(frozen=True, slots=True)
class NewChallenge:
    """What its host says of a challenge.

    Entries are taken from `starts_at` to `ends_at`, votes until `voting_ends_at`. Whoever was no member for
    `member_days` when it began can't vote. `entries_each` is how many pictures a member may enter. `role_id` is what
    its winner gets, 0 for nothing. All entries of a CANVAS repaint the same picture and region; `source_id` is the
    picture of the gallery that it is, None for an upload. It comes again every `every_days`, 0 for never, with the next
    of its `themes`.
    """

    guild_id: int
    channel_id: int
    user_id: int
    title: str
    theme: str
    rules: str
    kind: ChallengeKind
    ballot: Ballot
    starts_at: datetime
    ends_at: datetime
    voting_ends_at: datetime
    entries_each: int = 1
    member_days: int = 0
    role_id: int = 0
    image_key: str = ""
    mask_key: str = ""
    every_days: int = 0
    themes: tuple[str, ...] = ()
    source_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge(NewChallenge):
    """A challenge that is kept; `shown_state` is the state that its announcement shows, none before there is one."""

    id: int
    state: ChallengeState
    shown_state: ChallengeState | None
    message_id: int | None
    podium_message_id: int | None
    reason: str

    @property
    def due_at(self) -> datetime | None:
        """When its state changes by itself, or None where it won't any more."""
        match self.state:
            case ChallengeState.PLANNED:
                return self.starts_at
            case ChallengeState.OPEN:
                return self.ends_at
            case ChallengeState.VOTING:
                return self.voting_ends_at
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture in a challenge; `place` is 0 before it has closed, and of whoever is disqualified."""

    id: int
    challenge_id: int
    creation_id: int
    user_id: int
    file_key: str
    place: int = 0
    votes: float = 0.0
    disqualified: str = ""
    is_spoiler: bool = False


def last_entry(entries: Sequence[Entry]) -> Entry | None:
    """Return the entry that the next one of a relay goes on from: the last that is not disqualified, or None."""
    return next((each for each in reversed(entries) if not each.disqualified), None)


@dataclass(frozen=True, slots=True)
class Vote:
    """What a member has said: a star for `chosen_id`, or that it is the better one of a pair with `other_id`."""

    user_id: int
    chosen_id: int
    other_id: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How an entry came out; several may share a place."""

    entry: Entry
    place: int
    votes: float


def follow_up(challenge: Challenge, moment: datetime) -> NewChallenge | None:
    """Return the challenge that comes after a recurring one, or None.

    Its times are as many periods later as bring its start past the moment; its theme is the next of the list, which
    goes round.
    """
    if not challenge.every_days:
        return None
    period = timedelta(days=challenge.every_days)
    shift = period * max(1, -((challenge.starts_at - moment) // period))
    theme, *rest = challenge.themes or (challenge.theme,)
    values = {name: getattr(challenge, name) for name in NewChallenge.__dataclass_fields__}
    times = {name: values[name] + shift for name in ("starts_at", "ends_at", "voting_ends_at")}
    return replace(NewChallenge(**values), theme=theme, themes=(*rest, theme), **times)


def points(place: int) -> int:
    """Return what a place is worth in the season; 0 is no place."""
    return POINTS[min(place, len(POINTS)) - 1] if place else 0
