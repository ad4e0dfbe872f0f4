"""Deletion of the vectors of prompts that no picture has any more."""

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.database.tables import CreationRow, PromptVectorRow


async def drop_vectors(session: AsyncSession, condition: ColumnElement[bool]) -> None:
    """Drop those vectors of prompts, among the ones that a condition names, that no picture has any more."""
    await session.execute(delete(PromptVectorRow).where(condition, ~is_named()))


def is_named() -> ColumnElement[bool]:
    """Return the condition that a picture still has the prompt of a vector."""
    named = select(CreationRow.id).where(
        CreationRow.guild_id == PromptVectorRow.guild_id,
        CreationRow.prompt_id == PromptVectorRow.id,
        CreationRow.deleted_at.is_(None),
    )
    return named.exists()
