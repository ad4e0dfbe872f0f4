"""The listener of thread events, which keeps the origins of pictures correct."""

from bot.creations.cog import Threads
from bot.creations.origin_store import OriginStore
from bot.creations.thread_origins import ThreadOrigins
from bot.ui.feature import Feature
from bot.ui.host import Host


def setup(client: Host, origins: OriginStore) -> Feature:
    """Return the listener of threads."""
    return Feature(cogs=(Threads(ThreadOrigins(client, origins)),))
