"""Synchronisation of the global commands with Discord, which keeps the commands that Discord itself created."""

import asyncio
from typing import Any

import discord
from discord import app_commands
from discord.http import Route

# The fields of a command that Discord's update accepts; its responses contain more.
FIELDS = (
    "id",
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "contexts",
    "integration_types",
    "nsfw",
    "handler",
)
# Discord's rate limit may ask for a wait of hours; the bot starts without waiting for it.
PATIENCE_SECONDS = 60
OURS = tuple(kind.value for kind in discord.AppCommandType)


class CommandsError(Exception):
    """The commands could not be synchronised; the message is one sentence with the cause."""


async def tell_commands(tree: app_commands.CommandTree[Any]) -> None:
    """Replace the bot's global commands at Discord by those of a tree. Raises CommandsError.

    Commands of types that a tree cannot hold are sent back unchanged: if Activities are enabled in the developer
    portal, Discord creates an entry point command and refuses an update without it (HTTP 400, code 50240).
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            theirs = await _created_by_discord(tree.client)
            ours = [await _payload(tree, command) for command in tree.get_commands()]
            _command_list(
                await tree.client.http.bulk_upsert_global_commands(_application_id(tree.client), [*ours, *theirs])
            )
    except Exception as error:
        # Discord, or a proxy in between, may send any response.
        raise CommandsError(f"the commands could not be brought to Discord: {_cause(error)}") from error


async def _created_by_discord(client: discord.Client) -> list[dict[str, Any]]:
    """Return the payloads of the registered commands whose type a tree cannot hold."""
    route = Route("GET", "/applications/{application_id}/commands", application_id=_application_id(client))
    # Discord omits the localisations by default, and the update would delete them.
    found = _command_list(await client.http.request(route, params={"with_localizations": "true"}))
    theirs = [each for each in found if each.get("type", 1) not in OURS]
    return [{name: each[name] for name in FIELDS if each.get(name) is not None} for each in theirs]


def _command_list(answer: Any) -> list[dict[str, Any]]:
    """Return a response as a list of commands. Raises ValueError if it is not one."""
    commands = [] if answer is None else answer
    if not isinstance(commands, list) or not all(isinstance(each, dict) and "name" in each for each in commands):
        raise ValueError(f"it answered {str(answer)[:100]!r} instead of a list of commands")
    return commands


def _application_id(client: discord.Client) -> int:
    if client.application_id is None:
        raise ValueError("the bot is not logged in")
    return client.application_id


async def _payload(tree: app_commands.CommandTree[Any], command: Any) -> dict[str, Any]:
    translator = tree.translator
    return await command.get_translated_payload(tree, translator) if translator else command.to_dict(tree)


def _cause(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return f"no answer within {PATIENCE_SECONDS} seconds"
    return " ".join(str(error).split()) or type(error).__name__
