"""The application: a list of features on one kernel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

import bot.challenges.feature as challenges
import bot.consent.feature as consent
import bot.creations.feature as creations
import bot.critiques.feature as critiques
import bot.digest.feature as digest
import bot.drafts.feature as drafts
import bot.gallery.feature as gallery
import bot.jobs.feature as jobs
import bot.leaderboard.feature as leaderboard
import bot.moderation.feature as moderation
import bot.panels.feature as panels
import bot.privacy.feature as privacy
import bot.showcase.feature as showcase
import bot.stats.feature as stats
import bot.studio.feature as studio
import bot.styles.feature as styles
import bot.web.feature as pages
from bot.client import AtelierClient
from bot.config import Settings
from bot.core.clock import now
from bot.kernel import Kernel, kernel_on
from bot.ui.feature import Feature, Task
from bot.web.server import Health, create_web_app, serving
from engine.api.client import LocalEngine


@dataclass(frozen=True, slots=True)
class Atelier:
    """The application: its client, its kernel, its features by name, and its web pages."""

    client: AtelierClient
    kernel: Kernel
    moderation: moderation.ModerationFeature
    drafts: drafts.DraftsFeature
    critiques: critiques.CritiquesFeature
    showcase: showcase.ShowcaseFeature
    digest: digest.DigestFeature
    privacy: privacy.PrivacyFeature
    gallery: gallery.GalleryFeature
    studio: studio.StudioFeature
    challenges: challenges.ChallengesFeature
    features: tuple[Feature, ...]
    web: web.Application

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All background tasks."""
        kernel = (self.kernel.dispatcher, self.kernel.board, self.kernel.removal)
        return (*kernel, *(task for feature in self.features for task in feature.tasks))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[str]:
        """Run the engine, the background tasks and the web server inside the block; yield the server's address."""
        kernel = self.kernel
        kernel.engine.on_state = kernel.on_engine_state
        async with (
            serving(self.web, kernel.config.web_host, kernel.config.web_port) as address,
            kernel.engine.running(),
            asyncio.TaskGroup() as group,
        ):
            tasks = [group.create_task(each.run()) for each in self.tasks]
            try:
                yield address
            finally:
                for task in tasks:
                    task.cancel()


@asynccontextmanager
async def built(
    config: Settings, clock: Callable[[], datetime] = now, engine: LocalEngine | None = None
) -> AsyncIterator[Atelier]:
    """Build the application on a migrated database, with unfinished jobs queued again; start nothing.

    `clock` returns the time in UTC. `engine` replaces the engine process of this configuration.
    """
    client = AtelierClient()
    async with kernel_on(config, clock, client, engine or LocalEngine(config.engine_options())) as kernel:
        links = await asyncio.to_thread(pages.Links.of, config)
        cases = moderation.setup(kernel)
        drafted = drafts.setup(kernel, links.painter.url if links else None)
        criticised = critiques.setup(kernel)
        shown = showcase.setup(kernel)
        posted = digest.setup(kernel)
        private = privacy.setup(kernel)
        browsed = gallery.setup(kernel, links.gallery.link if links else None)
        painted = studio.setup(kernel, drafted, browsed, criticised, cases)
        held = challenges.setup(kernel, drafted, painted)
        named = (cases, drafted, criticised, shown, posted, private, browsed, painted, held)
        features = (
            *named,
            jobs.setup(kernel.jobs),
            styles.setup(kernel.styles, kernel.files, kernel.given),
            creations.setup(client, kernel.origins),
            consent.setup(client, kernel.permits, kernel.creations, clock),
            leaderboard.setup(kernel),
            stats.setup(kernel),
            panels.setup(kernel, cases),
            pages.setup(kernel, links, drafted, browsed, held, cases),
        )
        client.add_features(features)
        health = Health(client.is_ready, lambda: kernel.engine.state)
        app = create_web_app(health, kernel.metrics.registry, behind_proxy=bool(config.public_url))
        for feature in features:
            for add_pages in feature.pages:
                add_pages(app)
        await kernel.dispatcher.recover()
        yield Atelier(client, kernel, *named, features, app)
