"""Choices of an option while a member types it."""

from collections.abc import Iterable

from discord import app_commands

Choices = list[app_commands.Choice[str]]

# Discord's limit for one option: https://discord.com/developers/docs/interactions/application-commands
MOST_CHOICES = 25


def choices(values: Iterable[str]) -> Choices:
    """Return values as choices that are named like them, at most `MOST_CHOICES`."""
    return named_choices((value, value) for value in values)


def named_choices(pairs: Iterable[tuple[str, str]]) -> Choices:
    """Return choices from pairs of name and value, at most `MOST_CHOICES`."""
    return [app_commands.Choice(name=name, value=value) for name, value in list(pairs)[:MOST_CHOICES]]
