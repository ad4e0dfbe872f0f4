"""The client as buttons, modals and commands see it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord


class Host(discord.Client):
    """A client that knows what its persistent items act on, whom it serves, and how makers are asked.

    `controllers` maps the class of each persistent item to the controller that its presses go to. `check_access` gets
    the ids of a guild (None in direct messages) and a user, and raises UserError for a blocked member. `ask_makers`
    gets an interaction and the ids of creations, and asks their makers for permission to continue them.
    """

    controllers: dict[type, Any]
    check_access: Callable[[int | None, int], Awaitable[None]]
    ask_makers: Callable[["Interaction", Sequence[int]], Awaitable[None]]


Interaction = discord.Interaction[Host]
