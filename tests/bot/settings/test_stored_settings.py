"""Settings and preferences kept as JSON: rows of other versions lack keys, and have keys that this one doesn't know."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.config import Settings
from bot.core.safety_levels import Handling, Level
from bot.database.engine import create_database, migrate
from bot.settings.guild_store import GuildStore
from bot.settings.member_store import MemberStore
from bot.settings.models import GuildSettings, Preferences, WebAccess

GUILD, MEMBER = 10, 20
THEN = "2026-01-01 00:00:00.000000"


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    await migrate(settings.database)
    database = create_database(settings.database)
    yield database
    await database.dispose()


async def store(database: AsyncEngine, table: str, row_id: int, column: str, values: dict[str, Any]) -> None:
    statement = f"INSERT INTO {table} (id, {column}, created_at) VALUES ({row_id}, :stored, '{THEN}')"
    async with database.begin() as connection:
        await connection.execute(text(statement), {"stored": json.dumps(values)})


async def stored(database: AsyncEngine, table: str, column: str) -> dict[str, Any]:
    async with database.connect() as connection:
        [value] = await connection.scalars(text(f"SELECT {column} FROM {table}"))
    return json.loads(value) if isinstance(value, str) else value


@pytest.mark.both_databases
async def test_settings_of_another_version(database: AsyncEngine) -> None:
    kept = {
        "web": "public",
        "safety": "strict",
        "handling": "spoiler",
        "emojis": ["⭐", "🦊"],
        "role_pictures": [[1, 5], [2, 7]],
        "gone": [1],
    }
    await store(database, "guilds", GUILD, "settings", kept)
    guilds = GuildStore(database)
    expected = GuildSettings(
        web=WebAccess.PUBLIC,
        safety=Level.STRICT,
        handling=Handling.SPOILER,
        emojis=("⭐", "🦊"),
        role_pictures=((1, 5), (2, 7)),
    )
    settings = await guilds.settings(GUILD)
    assert settings == expected
    assert isinstance(settings.web, WebAccess)
    assert isinstance(settings.handling, Handling)
    changed = await guilds.change(GUILD, lambda before: replace(before, keep_days=30))
    assert changed == await guilds.settings(GUILD) == replace(expected, keep_days=30)
    assert await guilds.keeping() == {GUILD: 30}
    after = await stored(database, "guilds", "settings")
    assert {name: after[name] for name in kept} == kept
    assert after["keep_days"] == 30


@pytest.mark.both_databases
async def test_preferences_of_another_version(database: AsyncEngine) -> None:
    kept = {"model": "starter", "web": False, "gone": "yes"}
    await store(database, "members", MEMBER, "preferences", kept)
    members = MemberStore(database)
    assert await members.preferences(MEMBER) == Preferences(model="starter", web=False)
    changed = await members.change(MEMBER, lambda before: replace(before, count=3))
    assert changed == await members.preferences(MEMBER) == Preferences(model="starter", web=False, count=3)
    after = await stored(database, "members", "preferences")
    assert {name: after[name] for name in kept} == kept


async def test_who_has_chosen_nothing_has_the_defaults(database: AsyncEngine) -> None:
    assert await GuildStore(database).settings(GUILD) == GuildSettings()
    assert await MemberStore(database).preferences(MEMBER) == Preferences()
    await store(database, "guilds", GUILD, "settings", {})
    await store(database, "members", MEMBER, "preferences", {})
    assert await GuildStore(database).settings(GUILD) == GuildSettings()
    assert await MemberStore(database).preferences(MEMBER) == Preferences()


async def test_a_value_that_is_unknown_is_an_error(database: AsyncEngine) -> None:
    await store(database, "guilds", GUILD, "settings", {"web": "friends"})
    with pytest.raises(ValidationError, match="'off', 'members' or 'public'"):
        await GuildStore(database).settings(GUILD)
