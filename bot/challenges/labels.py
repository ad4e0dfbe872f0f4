"""Labels of challenges for cards and web pages."""

from bot.challenges.models import Ballot, ChallengeKind
from bot.core.i18n import N_
from bot.database.states import ChallengeState

KINDS = {
    ChallengeKind.PROMPT: N_("Make anything on the theme."),
    ChallengeKind.CANVAS: N_("Everyone repaints the same region of the same picture."),
    ChallengeKind.RELAY: N_("Each entry goes on from the one before it."),
}

BALLOTS = {
    Ballot.STARS: N_("Voters give a star to whatever they like."),
    Ballot.PAIRS: N_("Voters see two entries at a time and choose the better one."),
}

STATES = {
    ChallengeState.PLANNED: N_("Begins soon"),
    ChallengeState.OPEN: N_("Open"),
    ChallengeState.VOTING: N_("Voting"),
    ChallengeState.CLOSED: N_("Closed"),
    ChallengeState.CANCELLED: N_("Cancelled"),
}

MEDALS = ("🥇", "🥈", "🥉")
