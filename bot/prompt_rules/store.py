"""Storage of prompt rules, as values of `bot.prompt_rules.matching`. Each method is one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select

from bot.core.clock import now
from bot.database.store import DatabaseStore
from bot.database.tables import PromptRuleRow
from bot.database.upserts import ensure_guild, ensure_member
from bot.prompt_rules.matching import Rule, RuleKind


class RuleStore(DatabaseStore):
    """Reads and changes the `prompt_rules` table."""

    async def rules(self, guild_id: int) -> list[Rule]:
        """Return the rules of a guild, oldest first."""
        query = select(PromptRuleRow).where(PromptRuleRow.guild_id == guild_id).order_by(PromptRuleRow.id)
        async with self._session() as session:
            return [_rule(row) for row in await session.scalars(query)]

    async def add(self, guild_id: int, user_id: int, kind: RuleKind, texts: Sequence[str]) -> None:
        """Add rules of one kind to a guild; the caller has removed those that exist already."""
        async with self._session.begin() as session:
            await ensure_guild(session, guild_id)
            await ensure_member(session, user_id)
            session.add_all(
                PromptRuleRow(guild_id=guild_id, kind=kind, text=text, created_by=user_id, created_at=now())
                for text in texts
            )

    async def remove(self, guild_id: int, rule_id: int) -> bool:
        """Delete a rule of a guild; return False if the guild has none with this id."""
        of_guild = (PromptRuleRow.guild_id == guild_id, PromptRuleRow.id == rule_id)
        async with self._session.begin() as session:
            result: Any = await session.execute(delete(PromptRuleRow).where(*of_guild))
            return result.rowcount == 1


def _rule(row: PromptRuleRow) -> Rule:
    return Rule(row.id, row.guild_id, row.kind, row.text, row.created_by, row.created_at)
