"""Challenges: members enter pictures, vote, and see a podium."""

from dataclasses import dataclass

from bot.challenges.ballot_views import BallotButton, PreferButton, StarButton
from bot.challenges.cog import Challenges
from bot.challenges.controller import Participation
from bot.challenges.scheduler import ChallengeScheduler
from bot.challenges.service import ChallengeService
from bot.challenges.store import ChallengeStore
from bot.challenges.views import ChallengeButton, EnterSelect, IntoSelect, WithdrawSelect
from bot.drafts.feature import DraftsFeature
from bot.kernel import Kernel
from bot.studio.feature import StudioFeature
from bot.ui.feature import Feature, Items


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengesFeature(Feature):
    """Challenges, and what other features use of them."""

    store: ChallengeStore
    service: ChallengeService
    scheduler: ChallengeScheduler


def setup(kernel: Kernel, drafts: DraftsFeature, studio: StudioFeature) -> ChallengesFeature:
    """Return challenges; every picture has an action that enters it."""
    store = ChallengeStore(kernel.database)
    posts = (kernel.audiences, kernel.clock, kernel.patience)
    scheduler = ChallengeScheduler(kernel.client, store, kernel.creations, kernel.files, *posts)
    checks = (kernel.rules, kernel.audiences, kernel.sources, kernel.consent, kernel.kept_out, kernel.clock)
    service = ChallengeService(store, kernel.creations, kernel.store, *checks)
    service.on_changed = scheduler.changed
    kernel.removal.on_removed.append(scheduler.changed)
    kernel.consent.given_away = service.given_away
    controller = Participation(service, kernel.jobs, studio.results, kernel.files)
    studio.results.add_action("challenge", controller.enter_somewhere)
    parts = (kernel.files, kernel.given, studio.service, kernel.clock)
    return ChallengesFeature(
        cogs=(Challenges(service, controller, drafts.cards, *parts),),
        items=(
            Items(controller, (ChallengeButton, EnterSelect, IntoSelect, WithdrawSelect)),
            Items(controller, (BallotButton, PreferButton, StarButton)),
        ),
        tasks=(scheduler,),
        store=store,
        service=service,
        scheduler=scheduler,
    )
