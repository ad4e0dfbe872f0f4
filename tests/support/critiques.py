"""Write and read critiques in tests."""

from typing import Any

from tests.support.member_actions import seen_by
from tests.support.server import Server

WORDS = {"works": "The light.", "better": "The hands."}


async def alone(server: Server, member: Any, number: int) -> Any:
    """Open one picture as a member."""
    return seen_by(server, member, await member.slash(server.channel, "show", number=number))


async def criticised(server: Server, member: Any, number: int = 1, **words: str) -> Any:
    """Write a critique of a picture; return the answer."""
    asked = await member.select(await alone(server, member, number), ["critique"], custom_id=f"more:{number}")
    return await member.submit_modal(asked, {**WORDS, **words})


async def read(server: Server, member: Any, number: int = 1) -> Any:
    """Go to a picture's critiques, over its details; return their card as the member sees it."""
    told = await member.select(await alone(server, member, number), ["details"], custom_id=f"more:{number}")
    details = seen_by(server, member, told)
    return seen_by(server, member, await member.click(details, custom_id=f"creation:{number}:critiques"))
