"""What members do in tests: paint, press, and look."""

from typing import Any

from bot.core.audience import Audience
from bot.core.message_ref import MessageRef
from bot.core.safety_levels import Handling
from bot.creations.models import NewCreation
from bot.jobs.models import Job, NewJob
from bot.settings.models import STAR
from bot.ui.text import left_card
from engine.api.messages import GenerationParameters
from tests.support.images import meadow, png
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


def viewer(server: Server, member: Any = None) -> Audience:
    """Return what a member may see of the server's only channel, Alice or another."""
    return Audience(frozenset({server.channel.id}), user_id=(member or server.alice).id)


async def imagined(server: Server, **options: Any) -> Job:
    """Use /imagine as Alice and return the job once it is shown."""
    before = {job.id for job in await server.jobs()}
    await server.alice.slash(server.channel, "imagine", **{"prompt": "a fox in the snow", "steps": 4, **options})
    return await newest(server, before)


async def newest(server: Server, before: set[int]) -> Job:
    """Return the only job that was not there before, once it is shown."""
    [job] = [job for job in await server.jobs() if job.id not in before]
    return await server.shown(job)


async def pick(server: Server, member: Any, job: Job, action: str) -> Any:
    """Choose from the list under a job's only picture."""
    [creation] = await server.creations(job)
    return await member.select(server.card(job), [action], custom_id=f"more:{creation.id}")


def seen_by(server: Server, member: Any, answer: Any) -> Any:
    """Return the message of an answer as a member sees it now."""
    return next(each for each in server.channel.history(viewer=member) if each.id == answer.response.id)


async def kept(
    server: Server,
    count: int = 1,
    prompt: str = "a fox",
    member: Any = None,
    file: bytes | None = None,
    safety: float = 0.0,
    handling: Handling = Handling.NOTHING,
    guild_id: int = 0,
    **given: Any,
) -> Job:
    """Return a finished job, Alice's or another's, whose pictures a message of the bot shows, with no engine at work.

    `file` is the picture, and `guild_id` its gallery where that is another server's; `given` is what else its `NewJob`
    has.
    """
    user_id = (member or server.alice).id
    atelier = server.atelier
    channel = atelier.client.get_partial_messageable(server.channel.id, guild_id=server.alice.guild.id)
    message = await channel.send(view=left_card("A result").view)
    place = MessageRef(guild_id or server.alice.guild.id, server.channel.id, message.id, "token")
    job = await atelier.kernel.store.add_job(NewJob(user_id, place, GenerationParameters(prompt), **given))
    started = await atelier.kernel.store.start_job(job.id)
    assert started
    key = await atelier.kernel.files.put(file or png(meadow()))
    await atelier.kernel.store.finish_job(
        started, [NewCreation(key, seed, "starter", 160, 120, safety, handling) for seed in range(count)]
    )
    await atelier.kernel.store.mark_delivered(job.id)
    return job


async def filtered(server: Server, card: Any, **chosen: str) -> Any:
    """Choose with a gallery card's Filter button what Bob sees of it; return the card as it is then."""
    asked = await server.bob.click(card, label="Filter …")
    await server.bob.submit_modal(asked, {name: [value] for name, value in chosen.items()})
    return next(each for each in server.channel.history(viewer=server.bob) if each.id == card.id)


async def taken_out(server: Server, *creation_ids: int) -> None:
    """Remove pictures from the gallery."""
    with server.env.time_context():
        await server.atelier.kernel.removal.remove(creation_ids)
