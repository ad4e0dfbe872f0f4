"""The commands as Discord is told them: all of this bot's, and beside them those that only Discord makes."""

import asyncio
from typing import Any

import discord
from discord import app_commands
from discord.http import Route

# Of a command, what Discord takes back of all that it tells.
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
# Discord may ask for a wait of hours; the bot starts without it.
PATIENCE_SECONDS = 60
OURS = tuple(kind.value for kind in discord.AppCommandType)


class CommandsError(Exception):
    """Discord was not told the commands; the message is one sentence with the cause."""


async def tell_commands(tree: app_commands.CommandTree[Any]) -> None:
    """Replace the global commands at Discord by those of a tree. Raises CommandsError.

    A command of a kind that a tree can't have is kept as it is: where Activities are ticked in the developer portal,
    Discord makes an entry point command, and refuses an update without it (HTTP 400, code 50240).
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            theirs = await _made_by_discord(tree.client)
            ours = [await _payload(tree, command) for command in tree.get_commands()]
            _checked(await tree.client.http.bulk_upsert_global_commands(_application(tree.client), [*ours, *theirs]))
    except Exception as error:
        # Discord, or what stands between, may answer anything.
        raise CommandsError(f"the commands could not be brought to Discord: {_cause(error)}") from error


async def _made_by_discord(client: discord.Client) -> list[dict[str, Any]]:
    """Return the commands that no tree can have, as they are to be told again."""
    route = Route("GET", "/applications/{application_id}/commands", application_id=_application(client))
    # Without them, the names in other languages would be lost.
    found = _checked(await client.http.request(route, params={"with_localizations": "true"}))
    theirs = [each for each in found if each.get("type", 1) not in OURS]
    return [{name: each[name] for name in FIELDS if each.get(name) is not None} for each in theirs]


def _checked(answer: Any) -> list[dict[str, Any]]:
    """Return an answer as a list of commands. Raises ValueError where it is something else."""
    commands = [] if answer is None else answer
    if not isinstance(commands, list) or not all(isinstance(each, dict) and "name" in each for each in commands):
        raise ValueError(f"it answered {str(answer)[:100]!r} instead of a list of commands")
    return commands


def _application(client: discord.Client) -> int:
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
