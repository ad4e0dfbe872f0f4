"""Create, enter and advance challenges in tests."""

from datetime import timedelta
from typing import Any

from bot.challenges.models import Entry
from bot.challenges.ranking import ballot_order
from bot.creations.models import Creation
from tests.support.cards import card_text
from tests.support.clock import Clock
from tests.support.member_actions import kept, seen_by
from tests.support.server import Server


async def hold(server: Server, **options: Any) -> Any:
    """Hold a challenge as the moderator; return its announcement."""
    given = {"title": "Autumn", "theme": "Everything *golden*", **options}
    await server.moderator.slash(server.channel, "challenge create", **given)
    return await announced(server)


async def announced(server: Server) -> Any:
    """Let the herald do what is due; return the newest announcement."""
    with server.env.time_context():
        await server.atelier.challenges.scheduler.advance()
    messages = [each for each in server.channel.history() if "Everything" in card_text(each)]
    return max(messages, key=lambda each: each.id)


async def later(server: Server, clock: Clock, **time: float) -> Any:
    clock.ahead += timedelta(**time)
    return await announced(server)


async def picture(server: Server, member: Any = None, **given: Any) -> Creation:
    [creation] = await server.creations(await kept(server, member=member, **given))
    return creation


async def entered(server: Server, member: Any, creation: Creation) -> str:
    """Enter a picture in the first challenge; return the answer."""
    answer = await member.slash(server.channel, "challenge enter", challenge=1, picture=creation.id)
    return answer.response.content


async def opened_ballot(server: Server, member: Any) -> Any:
    card = await announced(server)
    return seen_by(server, member, await member.click(card, label="Vote"))


async def orders(server: Server, member: Any) -> list[Entry]:
    """Return the entries of the first challenge as a member's ballot has them."""
    return ballot_order(await server.atelier.challenges.service.entries(1), member.id)
