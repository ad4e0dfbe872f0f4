"""The showcase, and the reactions that fill it."""

from dataclasses import dataclass

from bot.kernel import Kernel
from bot.showcase.cog import Reactions
from bot.showcase.reaction_store import ReactionStore
from bot.showcase.reactions import ReactionService
from bot.showcase.service import Showcase
from bot.showcase.store import ShowcaseStore
from bot.ui.feature import Feature


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowcaseFeature(Feature):
    """The showcase, and what other features use of it."""

    reactions: ReactionService


def setup(kernel: Kernel) -> ShowcaseFeature:
    """Return the showcase and the reactions."""
    posts = (kernel.audiences, kernel.patience)
    stores = (ShowcaseStore(kernel.database), kernel.store, kernel.creations)
    showcase = Showcase(kernel.client, *stores, kernel.settings, kernel.files, *posts)
    kernel.removal.redraw_outdated.append(showcase.redraw_outdated)
    store = ReactionStore(kernel.database)
    reactions = ReactionService(kernel.client, store, kernel.creations, kernel.settings, kernel.removal, showcase)
    return ShowcaseFeature(cogs=(Reactions(kernel.client, reactions),), tasks=(reactions,), reactions=reactions)
