"""The parts of a feature: commands, persistent items, background tasks and web pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from discord import app_commands, ui
from discord.ext import commands


class Task(Protocol):
    """Background work; an error of one turn is logged and ends neither the task nor the bot."""

    async def run(self) -> None:
        """Work until cancelled; see `bot.core.loops`."""
        ...


@dataclass(frozen=True, slots=True)
class Items:
    """Classes of persistent items, and the controller that their presses go to."""

    controller: Any
    types: tuple[type[ui.DynamicItem[Any]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """The commands, persistent items, background tasks and web pages of one feature.

    Each function of `pages` adds routes to the web application.
    """

    cogs: tuple[commands.Cog, ...] = ()
    menus: tuple[app_commands.ContextMenu, ...] = ()
    items: tuple[Items, ...] = ()
    tasks: tuple[Task, ...] = ()
    pages: tuple[Callable[[web.Application], None], ...] = ()
