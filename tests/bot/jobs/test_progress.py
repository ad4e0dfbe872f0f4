"""The card of a running job, while the job runs and as it ends."""

import asyncio

from bot.jobs.delivery import Delivery
from bot.jobs.progress import ProgressReporter
from tests.support.server import Server
from tests.support.waiting import PATIENCE_SECONDS


async def test_showing_ends_at_whatever_moment_the_work_ends(idle_server: Server) -> None:
    await idle_server.inpaint()
    job = await idle_server.job()
    bot = idle_server.atelier
    for turns in range(30):
        delivery = Delivery(bot.client, bot.kernel.store, bot.kernel.creations, bot.kernel.files, bot.kernel.safety)
        with idle_server.env.time_context():
            async with asyncio.timeout(PATIENCE_SECONDS), ProgressReporter(delivery, job):
                for _ in range(turns):
                    await asyncio.sleep(0)
