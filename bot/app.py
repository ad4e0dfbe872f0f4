"""The composition root: the only place where the parts are built and joined."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from aiohttp import web

from bot.challenges.cog import Challenges
from bot.challenges.controller import Participation
from bot.challenges.scheduler import ChallengeScheduler
from bot.challenges.service import ChallengeService
from bot.challenges.store import ChallengeStore
from bot.client import AtelierClient
from bot.config import Settings
from bot.consent.controller import Permits
from bot.consent.service import Consent
from bot.consent.store import PermitStore
from bot.core.clock import now
from bot.core.metrics import Metrics
from bot.creations.given_pictures import GivenPictures
from bot.creations.lineage_store import LineageStore
from bot.creations.origin_store import OriginStore
from bot.creations.remains_store import RemainsStore
from bot.creations.removal import Removal
from bot.creations.removal_store import RemovalStore
from bot.creations.source_store import SourceStore
from bot.creations.store import CreationStore
from bot.creations.thread_origins import ThreadOrigins
from bot.critiques.controller import Critiques
from bot.critiques.service import CritiqueService
from bot.critiques.store import CritiqueStore
from bot.database.engine import create_database, migrate
from bot.database.file_references import named_files
from bot.database.file_store import FileStore
from bot.digest.service import Digest
from bot.digest.store import DigestStore
from bot.drafts.collector import Collector
from bot.drafts.controller import DraftCards
from bot.drafts.region_finder import RegionFinder
from bot.drafts.service import DraftService
from bot.drafts.store import DraftStore
from bot.gallery.cog import Galleries
from bot.gallery.filter_store import FilterStore
from bot.gallery.similarity import Likeness
from bot.gallery.similarity_store import LikenessStore
from bot.gallery.store import BrowsingStore
from bot.jobs.content_credentials import signing
from bot.jobs.cost import USUAL_SIZE, cost
from bot.jobs.delivery import Delivery
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.leases import installation
from bot.jobs.progress import QueueBoard
from bot.jobs.queue import JobQueue
from bot.jobs.safety_policy import SafetyPolicy
from bot.jobs.service import JobService
from bot.jobs.store import JobStore
from bot.kept_out.service import KeptOutService
from bot.kept_out.store import KeptOutStore
from bot.leaderboard.cog import Leaderboards
from bot.leaderboard.store import LeaderboardStore
from bot.limits.service import LimitService
from bot.limits.store import UsageStore
from bot.moderation.block_store import BlockStore
from bot.moderation.blocks import BlockService
from bot.moderation.case_store import CaseStore
from bot.moderation.cases import CaseService
from bot.moderation.cog import Moderation
from bot.moderation.controller import Cases
from bot.moderation.purge import Purge
from bot.moderation.retention import Retention
from bot.panels.safety_controller import SafetyPanel
from bot.platform.audiences import Audiences
from bot.privacy.cog import Privacy
from bot.privacy.service import PrivacyService
from bot.privacy.store import PrivacyStore
from bot.prompt_rules.service import RuleService
from bot.prompt_rules.store import RuleStore
from bot.prompting.vocabulary import unknown_words_notice
from bot.settings.guild_store import GuildStore
from bot.settings.member_store import MemberStore
from bot.settings.service import SettingsService
from bot.showcase.reaction_store import ReactionStore
from bot.showcase.reactions import ReactionService
from bot.showcase.service import Showcase
from bot.showcase.store import ShowcaseStore
from bot.stats.cog import Stats
from bot.stats.store import ActivityStore
from bot.studio.picture_actions import Results
from bot.studio.service import Studio
from bot.styles.service import StyleService
from bot.styles.store import StyleStore
from bot.web.gallery.access import GalleryAuth
from bot.web.gallery.app import add_gallery
from bot.web.gallery.context import GalleryContext
from bot.web.gallery.passes import GalleryPasses
from bot.web.links import PainterLinks
from bot.web.painter import add_painter
from bot.web.painting import DraftPainter, signing_secret
from bot.web.server import Health, create_web_app, serving
from bot.web.servers import Servers
from engine.client import LocalEngine
from engine.messages import EngineState, GenerationParameters, Loading, Ready, Unavailable

log = logging.getLogger(__name__)


class Loop(Protocol):
    """A part that works for ever; an error of one turn is logged, and ends neither it nor the bot."""

    async def run(self) -> None:
        """Work until it is cancelled; see `bot.core.loops`."""
        ...


@dataclass(frozen=True, slots=True)
class Atelier:
    """The built parts that somebody outside needs: `__main__`, the demo, the tests."""

    client: AtelierClient
    engine: LocalEngine
    store: JobStore
    creations: CreationStore
    files: FileStore
    preferences: SettingsService
    drafts: DraftService
    studio: Studio
    challenges: ChallengeService
    herald: ChallengeScheduler
    safety: SafetyPolicy
    removal: Removal
    cases: CaseService
    retention: Retention
    delivery: Delivery
    digest: Digest
    likeness: Likeness
    _web: web.Application
    _dispatcher: Dispatcher
    _board: QueueBoard
    _collector: Collector
    _settings: Settings

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The parts that work for ever."""
        return (
            self._dispatcher,
            self._board,
            self._collector,
            self.client.reactions,
            self.herald,
            self.digest,
            self.likeness,
            self.cases,
            self.removal,
            self.retention,
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[str]:
        """Do all that waits for ever beside the client: engine, dispatcher, cards, web; yield the web address."""
        self.engine.on_state = self._on_engine_state
        async with (
            serving(self._web, self._settings.web_host, self._settings.web_port) as address,
            self.engine.running(),
            asyncio.TaskGroup() as group,
        ):
            tasks = [group.create_task(each.run()) for each in self.loops]
            try:
                yield address
            finally:
                for task in tasks:
                    task.cancel()

    def _on_engine_state(self, state: EngineState) -> None:
        match state:
            case Ready(model, device, dtype, fallback=fallback):
                log.info("the engine is ready: %s on %s, %s", model, device, dtype)
                if fallback:
                    log.warning(fallback)
            case Loading(stage, fraction):
                log.info("the engine: %s%s", stage, f" ({fraction:.0%})" if fraction is not None else "")
            case Unavailable(reason):
                log.error("the engine has no model: %s", reason)
        self._board.refresh()


@asynccontextmanager
async def built(
    settings: Settings, clock: Callable[[], datetime] = now, engine: LocalEngine | None = None
) -> AsyncIterator[Atelier]:
    """Build everything on a migrated database, with unfinished jobs back in line; start nothing.

    `clock` tells challenges, seasons, digests, quotas and blocks what time it is. `engine` replaces the engine process
    of these settings.
    """
    await migrate(settings.database)
    sign = await asyncio.to_thread(signing, settings.home)
    database = create_database(settings.database)
    store, creations, lineage = (
        JobStore(database, installation(settings.home)),
        CreationStore(database),
        LineageStore(database),
    )
    preferences = SettingsService(MemberStore(database), GuildStore(database))
    files = FileStore(settings.home / "files")
    engine = engine or LocalEngine(settings.engine_options())
    queue = JobQueue(settings.running_a_member, lambda job: cost(job.parameters, _native_size(engine)))
    metrics = Metrics(queue.qsize)
    client = AtelierClient()
    safety = SafetyPolicy(client, engine, preferences, creations, files)
    delivery = Delivery(client, store, creations, files, safety)
    patience = delivery.patience
    board = QueueBoard(queue, engine, delivery)
    kept_out = KeptOutService(KeptOutStore(database), files)
    dispatcher = Dispatcher(queue, engine, store, files, delivery, board, metrics, safety, kept_out, sign)
    rules, limits = RuleService(RuleStore(database)), LimitService(UsageStore(database), preferences, clock)
    most = (settings.jobs_a_member, settings.running_a_member)
    contests, permits, sources = ChallengeStore(database), PermitStore(database), SourceStore(database)
    origins = OriginStore(database)
    consent = Consent(permits, preferences, contests, sources, clock)
    may_be_made = (sources, origins, consent, kept_out)
    jobs = JobService(store, queue, dispatcher, delivery, board, preferences, rules, limits, *may_be_made, *most)
    client.blocks = BlockService(BlockStore(database), jobs, clock)
    links, passes = None, None
    if settings.public_url:
        secret = signing_secret(settings.home)
        links, passes = PainterLinks(secret, settings.public_url), GalleryPasses(secret, settings.public_url)
    remark = partial(_remark, engine)
    draft_store = DraftStore(database)
    drafts = DraftService(draft_store, files, jobs, remark, links.url if links else None)
    servers = Servers(client)
    health = Health(client.is_ready, lambda: engine.state)
    web_app = create_web_app(health, metrics.registry, behind_proxy=bool(settings.public_url))
    if links:
        add_painter(web_app, links, DraftPainter(drafts, servers, client.blocks, creations))
    client.engine, client.jobs, client.creations, client.lineage = engine, jobs, creations, lineage
    client.files, client.settings = files, preferences
    client.given = GivenPictures(sources)
    client.draft_cards = DraftCards(client, drafts, RegionFinder(engine), preferences, files, client.given)
    client.styles = StyleService(StyleStore(database), preferences, rules, kept_out)
    client.thread_origins = ThreadOrigins(client, origins)
    audiences = Audiences(client)
    showcase = Showcase(client, ShowcaseStore(database), store, creations, preferences, files, audiences, patience)
    herald = ChallengeScheduler(client, contests, creations, files, audiences, clock, patience)
    challenges = ChallengeService(contests, creations, store, rules, audiences, consent, kept_out, clock)
    challenges.on_changed = herald.changed
    removals = RemovalStore(database)
    digest = Digest(client, DigestStore(database), files, audiences, clock, patience)
    remains = RemainsStore(database)
    removal = Removal(client, removals, remains, files, delivery, showcase, challenges, digest)
    desks = (client.blocks, removal, delivery, kept_out)
    cases = CaseService(client, CaseStore(database), creations, files, preferences, *desks)
    privacy = PrivacyService(PrivacyStore(database), removals, removal, files, jobs, delivery, clock)
    client.privacy = Privacy(privacy)
    removal.remove_stale_cases, safety.on_held = cases.remove_stale, cases.changed
    client.cases, client.safety_panel = Cases(cases), SafetyPanel(preferences, cases)
    client.moderation = Moderation(client.blocks, Purge(removal, removals, clock), cases, client.cases, rules, kept_out)
    client.studio = Studio(store, creations, jobs, removal, remark)
    client.permits = Permits(permits, client.studio, clock)
    client.reactions = ReactionService(client, ReactionStore(database), creations, preferences, client.studio, showcase)
    browsing = BrowsingStore(database)
    likeness = Likeness(browsing, LikenessStore(database), client.studio, files, engine)
    dispatcher.on_kept, removal.on_taken = likeness.kept, likeness.forget
    client.results = Results(
        client.studio, client.draft_cards, client.styles, creations, lineage, files, removals, client.given
    )
    client.critiques = Critiques(CritiqueService(client, CritiqueStore(database), client.studio, preferences))
    client.leaderboards = Leaderboards(LeaderboardStore(database), clock)
    client.stats = Stats(ActivityStore(database), clock)
    if passes:
        porter = GalleryAuth(passes, preferences, servers, client.blocks)
        add_gallery(web_app, GalleryContext(porter, browsing, creations, lineage, contests, files))
    web_link = passes.link if passes else None
    client.galleries = Galleries(browsing, FilterStore(database), likeness, files, preferences, web_link)
    client.challenges = Participation(challenges, jobs, client.results, files)
    client.challenge_commands = Challenges(
        challenges, client.challenges, client.draft_cards, files, client.given, client.studio, clock
    )
    drafts.on_painted = client.draft_cards.painted
    await dispatcher.recover()
    try:
        yield Atelier(
            client=client,
            engine=engine,
            store=store,
            creations=creations,
            files=files,
            preferences=preferences,
            drafts=drafts,
            studio=client.studio,
            challenges=challenges,
            herald=herald,
            safety=safety,
            removal=removal,
            cases=cases,
            retention=Retention(GuildStore(database), removals, removal, clock),
            delivery=delivery,
            digest=digest,
            likeness=likeness,
            _web=web_app,
            _dispatcher=dispatcher,
            _board=board,
            _collector=Collector(draft_store, files, partial(named_files, database)),
            _settings=settings,
        )
    finally:
        await database.dispose()


def _native_size(engine: LocalEngine) -> int:
    return engine.state.native_size if isinstance(engine.state, Ready) else USUAL_SIZE


def _remark(engine: LocalEngine, parameters: GenerationParameters) -> str:
    """Return a note on a prompt, as `bot.core.i18n.say_notes` reads it: the words that a small model doesn't know."""
    state = engine.state
    if isinstance(state, Ready) and state.world and not parameters.model:
        return unknown_words_notice(state.world, parameters.prompt)
    return ""
