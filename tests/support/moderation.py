"""Block members, post moderation cases and read direct messages in tests."""

from typing import Any

from tests.support.cards import said
from tests.support.server import Server


async def block(server: Server, member: Any, **options: Any) -> str:
    return said(await server.moderator.slash(server.channel, "moderation block", member=member, **options))


async def posted(server: Server, office: Any) -> Any:
    with server.env.time_context():
        await server.atelier.moderation.cases.post()
    return max(office.history(), key=lambda each: each.id)


def inbox(member: Any) -> list[Any]:
    return member.user.dm_channel.history()
