"""The queue of jobs: commands and buttons."""

from bot.jobs.cancel_button import CancelButton
from bot.jobs.cog import Queue
from bot.jobs.queue_views import CancelAllButton
from bot.jobs.service import JobService
from bot.ui.feature import Feature, Items


def setup(jobs: JobService) -> Feature:
    """Return the commands and buttons of the queue."""
    return Feature(cogs=(Queue(jobs),), items=(Items(jobs, (CancelButton, CancelAllButton)),))
