"""Values of challenges: kinds, ballots, entries, votes and standings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.database.states import Ballot, ChallengeKind, ChallengeState

# Points for the places 1, 2 and 3, and for every lower place.
POINTS = (5, 3, 2, 1)


@dataclass(frozen=True, slots=True)
class NewChallenge:
    """Values that the host sets for a challenge.

    Entries are accepted from `starts_at` to `ends_at`, votes from then to `voting_ends_at`. Only members who joined the
    server at least `member_days` before `starts_at` can vote. `entries_each` is the maximum number of entries of a
    member. `role_id` is the role given to the winner, 0 for none.

    All entries of a CANVAS challenge repaint the picture `image_key` in the region `mask_key`; `source_id` is the id of
    that picture in the gallery, None for an upload. A challenge with `every_days` above 0 recurs with that period and
    takes its next theme from `themes`.
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
    """Stored challenge; `shown_state` is the state in its announcement, None if there is none or it is out of date."""

    id: int
    state: ChallengeState
    shown_state: ChallengeState | None
    message_id: int | None
    podium_message_id: int | None
    reason: str

    @property
    def due_at(self) -> datetime | None:
        """Time of the next state change, or None if the challenge has ended."""
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
    """Picture in a challenge; `place` counts from 1 and is 0 until the challenge has closed, or if disqualified."""

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
    """Return the newest entry that is not disqualified, which the next relay entry must remix, or None."""
    return next((each for each in reversed(entries) if not each.disqualified), None)


@dataclass(frozen=True, slots=True)
class Vote:
    """Vote of a member: a star for `chosen_id` if `other_id` is 0, else a preference over `other_id`."""

    user_id: int
    chosen_id: int
    other_id: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Result of an entry; tied entries share a place. `votes` is its number of stars or its strength."""

    entry: Entry
    place: int
    votes: float


def follow_up(challenge: Challenge, moment: datetime) -> NewChallenge | None:
    """Return the next challenge of a recurring one, or None if it does not recur.

    Its times are shifted by whole periods, at least one, so that it does not start before `moment`. Its theme is the
    first of `themes`, which rotate.
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
    """Return the leaderboard points of a place that counts from 1; 0 is no place and gives no points."""
    return POINTS[min(place, len(POINTS)) - 1] if place else 0
