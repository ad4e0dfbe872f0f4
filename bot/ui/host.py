"""The interface of the client that commands, buttons and modals use."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord


class Host(discord.Client):
    """The client's interface for commands, buttons and modals.

    `controllers` maps the class of each persistent item to the controller that its presses go to. `check_access` gets
    the ids of a guild (None in direct messages) and a user, and raises UserError for a blocked member. `ask_makers`
    gets an interaction and the ids of creations, and asks their makers for permission to continue them.
    """

    controllers: dict[type, Any]
    check_access: Callable[[int | None, int], Awaitable[None]]
    ask_makers: Callable[["Interaction", Sequence[int]], Awaitable[None]]


Interaction = discord.Interaction[Host]
