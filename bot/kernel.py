"""The parts that several features share, built on one database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.config import Settings
from bot.consent.service import Consent
from bot.consent.store import PermitStore
from bot.core.metrics import Metrics
from bot.creations.given_pictures import GivenPictures
from bot.creations.lineage_store import LineageStore
from bot.creations.origin_store import OriginStore
from bot.creations.remains_store import RemainsStore
from bot.creations.removal import Removal
from bot.creations.removal_store import RemovalStore
from bot.creations.source_store import SourceStore
from bot.creations.store import CreationStore
from bot.database.engine import Database, create_database, migrate
from bot.database.file_store import FileStore
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
from bot.limits.service import LimitService
from bot.limits.store import UsageStore
from bot.platform.audiences import Audiences
from bot.platform.patience import Patience
from bot.prompt_rules.service import RuleService
from bot.prompt_rules.store import RuleStore
from bot.prompting.autocomplete import Proposals
from bot.prompting.vocabulary import unknown_words_notice
from bot.settings.guild_store import GuildStore
from bot.settings.member_store import MemberStore
from bot.settings.service import SettingsService
from bot.styles.service import StyleService
from bot.styles.store import StyleStore
from bot.ui.host import Host
from engine.api.client import LocalEngine
from engine.api.messages import EngineState, GenerationParameters, Loading, Ready, Unavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kernel:
    """The shared parts that features are built on. `clock` returns the time in UTC."""

    config: Settings
    clock: Callable[[], datetime]
    client: Host
    database: Database
    files: FileStore
    engine: LocalEngine
    metrics: Metrics
    store: JobStore
    creations: CreationStore
    lineage: LineageStore
    sources: SourceStore
    origins: OriginStore
    removals: RemovalStore
    permits: PermitStore
    settings: SettingsService
    rules: RuleService
    limits: LimitService
    kept_out: KeptOutService
    consent: Consent
    styles: StyleService
    proposals: Proposals
    given: GivenPictures
    audiences: Audiences
    safety: SafetyPolicy
    delivery: Delivery
    board: QueueBoard
    dispatcher: Dispatcher
    jobs: JobService
    removal: Removal

    @property
    def patience(self) -> Patience:
        """Retries of messages that could not be edited, shared by all features."""
        return self.delivery.patience

    def unknown_words(self, parameters: GenerationParameters) -> str:
        """Return a note about words that the default model does not know; empty if it knows any word.

        See `bot.core.i18n.say_notes` for the format.
        """
        state = self.engine.state
        if isinstance(state, Ready) and state.world and not parameters.model:
            return unknown_words_notice(state.world, parameters.prompt)
        return ""

    def on_engine_state(self, state: EngineState) -> None:
        """Log a new state of the engine, and show it on the cards of waiting jobs."""
        match state:
            case Ready(model, device, dtype, fallback=fallback):
                log.info("the engine is ready: %s on %s, %s", model, device, dtype)
                if fallback:
                    log.warning(fallback)
            case Loading(stage, fraction):
                log.info("the engine: %s%s", stage, f" ({fraction:.0%})" if fraction is not None else "")
            case Unavailable(reason):
                log.error("the engine has no model: %s", reason)
        self.board.refresh()


@asynccontextmanager
async def kernel_on(
    config: Settings, clock: Callable[[], datetime], client: Host, engine: LocalEngine
) -> AsyncIterator[Kernel]:
    """Migrate the database, and build the kernel on it; start nothing."""
    await migrate(config.database)
    sign = await asyncio.to_thread(signing, config.home)
    database = create_database(config.database)
    files = FileStore(config.home / "files")
    store, creations = JobStore(database, installation(config.home)), CreationStore(database)
    sources, origins, permits = SourceStore(database), OriginStore(database), PermitStore(database)
    settings = SettingsService(MemberStore(database), GuildStore(database))
    rules, limits = RuleService(RuleStore(database)), LimitService(UsageStore(database), settings, clock)
    kept_out, consent = KeptOutService(KeptOutStore(database), files), Consent(permits, settings, clock)
    styles = StyleService(StyleStore(database), settings, rules, kept_out)
    queue = JobQueue(config.running_a_member, lambda job: cost(job.parameters, _native_size(engine)))
    metrics = Metrics(queue.qsize)
    safety = SafetyPolicy(client, engine, settings, creations, files)
    delivery = Delivery(client, store, creations, files, safety)
    board = QueueBoard(queue, engine, delivery)
    dispatcher = Dispatcher(queue, engine, store, files, delivery, board, metrics, safety, kept_out, sign)
    checks = (settings, rules, limits, sources, origins, consent, kept_out)
    most = (config.jobs_a_member, config.running_a_member)
    removals = RemovalStore(database)
    try:
        yield Kernel(
            config=config,
            clock=clock,
            client=client,
            database=database,
            files=files,
            engine=engine,
            metrics=metrics,
            store=store,
            creations=creations,
            lineage=LineageStore(database),
            sources=sources,
            origins=origins,
            removals=removals,
            permits=permits,
            settings=settings,
            rules=rules,
            limits=limits,
            kept_out=kept_out,
            consent=consent,
            styles=styles,
            proposals=Proposals(engine, styles),
            given=GivenPictures(sources),
            audiences=Audiences(client),
            safety=safety,
            delivery=delivery,
            board=board,
            dispatcher=dispatcher,
            jobs=JobService(store, queue, dispatcher, delivery, board, *checks, *most),
            removal=Removal(client, removals, RemainsStore(database), creations, files, delivery),
        )
    finally:
        await database.dispose()


def _native_size(engine: LocalEngine) -> int:
    return engine.state.native_size if isinstance(engine.state, Ready) else USUAL_SIZE
