"""States that the database stores as text, shared by several features."""

from enum import StrEnum


class JobStatus(StrEnum):
    """State of a job: QUEUED → RUNNING → SUCCEEDED, FAILED or CANCELLED; RUNNING → QUEUED if its worker is lost."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


class ChallengeKind(StrEnum):
    """Kind of a challenge: entries for a prompt, repaints of a shared canvas, or a relay from entry to entry."""

    PROMPT = "prompt"
    CANVAS = "canvas"
    RELAY = "relay"


class Ballot(StrEnum):
    """Voting method: a star for each liked entry, or the better one of each pair."""

    STARS = "stars"
    PAIRS = "pairs"


class ChallengeState(StrEnum):
    """State of a challenge: PLANNED → OPEN → VOTING → CLOSED at their times; until then it may be CANCELLED."""

    PLANNED = "planned"
    OPEN = "open"
    VOTING = "voting"
    CLOSED = "closed"
    CANCELLED = "cancelled"


RUNNING = (ChallengeState.PLANNED, ChallengeState.OPEN, ChallengeState.VOTING)


class CaseKind(StrEnum):
    """Origin of a moderation case: a report, a held picture, an appeal, or a moderator's own command."""

    REPORT = "report"
    HOLD = "hold"
    APPEAL = "appeal"
    COMMAND = "command"


class Verdict(StrEnum):
    """A moderator's decision.

    APPROVE keeps the picture of a case; REMOVE, WARN and BLOCK remove it. BLOCK, UNBLOCK and PURGE are commands too.
    """

    APPROVE = "approve"
    REMOVE = "remove"
    WARN = "warn"
    BLOCK = "block"
    UNBLOCK = "unblock"
    PURGE = "purge"


class RuleKind(StrEnum):
    """Words, which may be one or a phrase; or a regular expression, which is looked for in all writings of a text."""

    WORDS = "words"
    REGEX = "regex"
