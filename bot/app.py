"""The composition root: the only place where the parts are built and joined."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.client import AtelierClient
from bot.gallery.database import create_database, migrate
from bot.gallery.files import Files
from bot.gallery.store import Store
from bot.jobs.delivery import Delivery
from bot.jobs.desk import JobDesk
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.progress import WaitingBoard
from bot.jobs.queue import JobQueue
from bot.metrics import Metrics
from bot.settings import Settings
from bot.web.server import Health, create_web_app, serving
from engine.client import LocalEngine
from engine.messages import EngineState, Loading, Ready, Unavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Atelier:
    """The built parts that somebody outside needs: `__main__`, the demo, the tests."""

    client: AtelierClient
    engine: LocalEngine
    store: Store
    files: Files
    _dispatcher: Dispatcher
    _board: WaitingBoard
    _metrics: Metrics
    _settings: Settings

    @asynccontextmanager
    async def working(self) -> AsyncIterator[str]:
        """Do all that waits for ever beside the client: engine, dispatcher, cards, web; yield the web address."""
        self.engine.on_state = self._on_engine_state
        health = Health(self.client.is_ready, lambda: self.engine.state)
        app = create_web_app(health, self._metrics.registry)
        async with (
            serving(app, self._settings.web_host, self._settings.web_port) as address,
            self.engine.running(),
            asyncio.TaskGroup() as group,
        ):
            tasks = [group.create_task(self._dispatcher.run()), group.create_task(self._board.run())]
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
async def built(settings: Settings) -> AsyncIterator[Atelier]:
    """Build everything on a migrated database, with unfinished jobs back in line; start nothing."""
    await migrate(settings.database)
    database = create_database(settings.database)
    store, files = Store(database), Files(settings.home / "files")
    engine = LocalEngine(settings.engine_options())
    queue = JobQueue()
    metrics = Metrics(queue.qsize)
    client = AtelierClient()
    delivery = Delivery(client, store, files)
    board = WaitingBoard(queue, engine, delivery)
    dispatcher = Dispatcher(queue, engine, store, files, delivery, board, metrics)
    client.engine = engine
    client.jobs = JobDesk(store, files, queue, dispatcher, delivery, board)
    await dispatcher.recover()
    try:
        yield Atelier(client, engine, store, files, dispatcher, board, metrics, settings)
    finally:
        await database.dispose()
