"""Enable the weekly digest and advance the clock to its day."""

from datetime import timedelta
from typing import Any

from bot.digest.service import next_digest
from tests.support.clock import Clock
from tests.support.member_actions import seen_by
from tests.support.server import Server


async def wanted(server: Server) -> Any:
    """Choose a channel for the digest in the server's panel, as the moderator; return it."""
    channel = server.alice.guild.create_text_channel("weekly")
    servers = await server_panel(server)
    await server.moderator.select(servers, [channel], custom_id="choose:digest")
    await look(server)
    return channel


async def server_panel(server: Server) -> Any:
    panel = seen_by(server, server.moderator, await server.moderator.slash(server.channel, "settings"))
    return seen_by(server, server.moderator, await server.moderator.click(panel, label="The server's settings"))


async def look(server: Server) -> None:
    """Let the digest do what is due."""
    with server.env.time_context():
        await server.atelier.digest.service.advance()


async def monday(server: Server, clock: Clock) -> None:
    """Let it be the next Monday, a minute past nine."""
    clock.ahead += next_digest(clock()) - clock() + timedelta(minutes=1)
    await look(server)
