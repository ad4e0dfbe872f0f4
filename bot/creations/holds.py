"""Rows of the moderation cases that a held picture opens."""

from bot.core.clock import now
from bot.database.states import CaseKind
from bot.database.tables import CaseRow, CreationRow


def hold_case(row: CreationRow, copy_of: int = 0) -> CaseRow:
    """Return the row of a new case about a held picture, opened by the bot (user id 0).

    `copy_of` is the id of a kept-out picture that it is a copy of, or 0. It is stored as the case's reason.
    """
    return new_case_row(CaseKind.HOLD, row.guild_id, row.id, row.user_id, 0, str(copy_of or ""))


def new_case_row(kind: CaseKind, guild_id: int, creation_id: int | None, about: int, by: int, reason: str) -> CaseRow:
    """Return the row of a new case; `about` and `by` are ids of users, and `by` is 0 for the bot itself."""
    return CaseRow(
        guild_id=guild_id,
        kind=kind,
        creation_id=creation_id,
        about_user_id=about,
        by_user_id=by,
        reason=reason,
        created_at=now(),
    )
