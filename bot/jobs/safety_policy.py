"""The safety thresholds that apply to a job's pictures, and the scores of its input pictures."""

from collections.abc import Callable

from bot.core.safety_levels import LIMITS, ChannelThresholds, Handling
from bot.creations.store import CreationStore
from bot.database.file_store import FileStore
from bot.jobs.models import Job
from bot.platform.audiences import is_restricted
from bot.settings.service import SettingsService
from bot.ui.host import Host
from engine.api.client import Engine


class SafetyPolicy:
    """The safety rules of the dispatcher; `on_held` is called after a picture was held for the moderators."""

    def __init__(
        self,
        client: Host,
        engine: Engine,
        settings: SettingsService,
        creations: CreationStore,
        files: FileStore,
    ) -> None:
        self.on_held: Callable[[], None] = lambda: None
        self._client = client
        self._engine = engine
        self._settings = settings
        self._creations = creations
        self._files = files

    async def rule(self, job: Job) -> ChannelThresholds:
        """Return the thresholds of the channel in which a job was requested."""
        settings = await self._settings.of_guild(job.place.guild_id)
        guild = self._client.get_guild(job.place.guild_id)
        usual = LIMITS[settings.safety]
        if guild is None:
            # The gallery of direct messages has no moderators who could approve a held picture.
            return ChannelThresholds(usual, usual, Handling.SPOILER)
        restricted = is_restricted(guild.get_channel_or_thread(job.place.channel_id))
        return ChannelThresholds(LIMITS[settings.safety_restricted] if restricted else usual, usual, settings.handling)

    async def score_given(self, job: Job) -> float:
        """Return the highest safety score, from 0 to 1, of the pictures that the member gave, or 0 without any.

        Pictures that the gallery shows are skipped, because they were scored before. Raises UnansweredError and
        EngineDiedError from the engine, and FileNotFoundError if a file is gone.
        """
        keys = [key for key in (job.image_key, job.style_key) if key]
        new = [key for key in keys if not await self._creations.shows_file(job.place.guild_id, key)]
        return max([await self._engine.score(await self._files.get(key)) for key in new], default=0.0)
