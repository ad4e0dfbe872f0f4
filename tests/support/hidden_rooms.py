"""A server with channels that one member cannot view and a picture in each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import discord

from tests.support.gallery_site import Site
from tests.support.server import Server

SEE, HIDE = discord.PermissionOverwrite(view_channel=True), discord.PermissionOverwrite(view_channel=False)


WORD = "hushhush"


FILE = re.compile(r"(?:picture|atelier)-(\d+)\.")


@dataclass
class House:
    """A server with rooms that Bob can't look into, and a picture of Alice's in each."""

    site: Site
    secret: Any
    adult: Any
    thread: Any
    insiders: Any
    shown: int
    hidden: dict[str, int]

    @property
    def server(self) -> Server:
        return self.site.server

    @property
    def cached(self) -> discord.Guild:
        return self.site.client.get_guild(self.server.alice.guild.id)

    def said_to_bob(self) -> list[Any]:
        return self.server.channel.history(viewer=self.server.bob)

    def leaks(self, messages: Iterable[Any]) -> list[str]:
        """Return what messages tell of hidden pictures: their files, and the word of their prompts."""
        found = []
        for message in messages:
            names = [each.filename for each in message.attachments]
            numbers = {int(each[1]) for name in names if (each := FILE.search(name))}
            text = str([getattr(item, "to_dict", lambda item=item: item)() for item in message.components])
            text += message.content or ""
            described = [each.description or "" for each in message.attachments]
            if numbers & set(self.hidden.values()) or WORD in text + str(described):
                found.append(f"{names} {text[:300]}")
        return found
