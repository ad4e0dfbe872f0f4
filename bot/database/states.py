"""The states that the database keeps as text."""

from enum import StrEnum


class JobStatus(StrEnum):
    """Where a job stands: QUEUED → RUNNING → SUCCEEDED, FAILED or CANCELLED; back to QUEUED when work is lost."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)


class ChallengeKind(StrEnum):
    """What an entry must be."""

    PROMPT = "prompt"
    CANVAS = "canvas"
    RELAY = "relay"


class Ballot(StrEnum):
    """How members vote."""

    STARS = "stars"
    PAIRS = "pairs"


class ChallengeState(StrEnum):
    """PLANNED → OPEN → VOTING → CLOSED at their times; whatever has not closed may be CANCELLED."""

    PLANNED = "planned"
    OPEN = "open"
    VOTING = "voting"
    CLOSED = "closed"
    CANCELLED = "cancelled"


RUNNING = (ChallengeState.PLANNED, ChallengeState.OPEN, ChallengeState.VOTING)


class CaseKind(StrEnum):
    """What moderators are asked, or did by themselves."""

    REPORT = "report"
    HOLD = "hold"
    APPEAL = "appeal"
    COMMAND = "command"


class Verdict(StrEnum):
    """What a moderator decided: all but the first take the picture away."""

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
