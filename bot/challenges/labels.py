"""Labels of challenges, in cards and on pages."""

from bot.challenges.models import Ballot, ChallengeKind
from bot.core.i18n import later
from bot.database.states import ChallengeState

KINDS = {
    ChallengeKind.PROMPT: later("Make anything on the theme."),
    ChallengeKind.CANVAS: later("Everyone repaints the same region of the same picture."),
    ChallengeKind.RELAY: later("Each entry goes on from the one before it."),
}


BALLOTS = {
    Ballot.STARS: later("Voters give a star to whatever they like."),
    Ballot.PAIRS: later("Voters see two entries at a time and choose the better one."),
}


STATES = {
    ChallengeState.PLANNED: later("Begins soon"),
    ChallengeState.OPEN: later("Open"),
    ChallengeState.VOTING: later("Voting"),
    ChallengeState.CLOSED: later("Closed"),
    ChallengeState.CANCELLED: later("Cancelled"),
}


MEDALS = ("🥇", "🥈", "🥉")
