"""TODO"""

from typing import Any

from bot.jobs.models import Job
from bot.settings.models import STAR
from tests.support.server import Server


async def asked(server: Server, member: Any = None) -> Job:
    """Use /imagine as a member, and return the job."""
    before = {job.id for job in await server.jobs()}
    await (member or server.alice).slash(server.channel, "imagine", prompt="a fox", count=1)
    [job] = [job for job in await server.jobs() if job.id not in before]
    return job


async def likes(server: Server, job: Job, *members: Any) -> None:
    message = next(each for each in server.channel.history() if each.id == job.place.message_id)
    for member in members:
        await member.react(message, STAR)
