"""A web gallery on a local port and an HTTP client with its own cookies."""

import re
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from bot.settings.models import WebAccess
from tests.support.clock import Clock
from tests.support.member_actions import kept, seen_by
from tests.support.server import Server


@dataclass
class Answer:
    status: int
    text: str
    body: bytes
    headers: Any


@dataclass
class Site:
    """A server whose gallery is on the web, and somebody who looks at it with an empty browser."""

    server: Server
    clock: Clock
    session: ClientSession
    root: str

    @property
    def home(self) -> str:
        return f"{self.root}/gallery/{self.server.alice.guild.id}"

    async def get(self, path: str = "", **options: Any) -> Answer:
        """Get what lies under the server's gallery, or at a whole address."""
        address = path if path.startswith("http") else self.home + path
        async with self.session.get(URL(address, encoded=True), **options) as answer:
            body = await answer.read()
            return Answer(answer.status, body.decode("utf-8", "replace"), body, answer.headers)

    async def choose(self, access: WebAccess) -> None:
        await self.server.atelier.kernel.settings.choose(self.server.alice.guild.id, web=access)

    async def link(self, member: Any = None) -> str:
        """Use /gallery web and return where its button leads; the answer is for the member alone."""
        member = member or self.server.alice
        answer = await member.slash(self.server.channel, "gallery web")
        assert answer.ephemeral
        card = seen_by(self.server, member, answer)
        [url] = re.findall(r"http://[^\s'\"]+", str([item.to_dict() for item in card.components]))
        return url

    async def open(self) -> None:
        """Come in by a member's link."""
        assert (await self.get(await self.link())).status == 200

    async def picture(self, server: Server | None = None, **given: Any) -> int:
        """Keep a picture and return its number."""
        [creation] = await self.server.creations(await kept(server or self.server, **given))
        return creation.id

    def in_channel(self, channel: Any) -> Server:
        """Return the server as it is for whoever makes pictures in another channel."""
        return replace(self.server, channel=channel)

    @property
    def client(self) -> Any:
        return self.server.atelier.client


def shown(answer: Answer) -> list[int]:
    """Return which pictures a page's grid shows."""
    assert answer.status == 200
    return [int(number) for number in re.findall(r'/p/(\d+)\.webp"', answer.text)]
