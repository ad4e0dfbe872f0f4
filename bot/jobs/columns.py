"""Column values shared by the rows of jobs and drafts."""

from dataclasses import asdict
from typing import Any

from bot.core.clock import now
from bot.core.message_ref import MessageRef
from bot.creations.models import PaintRequest
from bot.database.tables import DraftRow, JobRow
from engine.api.messages import GenerationParameters


def request_columns(new: PaintRequest) -> dict[str, Any]:
    """Return the values of the columns that JobRow and DraftRow share, with the current time as `created_at`."""
    return {
        "user_id": new.user_id,
        "guild_id": new.place.guild_id,
        "channel_id": new.place.channel_id,
        "message_id": new.place.message_id,
        "interaction_token": new.place.interaction_token,
        "request": asdict(new.parameters),
        "image_key": new.image_key,
        "mask_key": new.mask_key,
        "note": new.note,
        "parent_id": new.parent_id,
        "style_key": new.style_key,
        "style": new.style,
        "created_at": now(),
    }


def request_fields(row: JobRow | DraftRow) -> dict[str, Any]:
    """Return the fields of a PaintRequest that a row keeps, all but `source_ids`."""
    return {
        "user_id": row.user_id,
        "place": MessageRef(row.guild_id, row.channel_id, row.message_id, row.interaction_token),
        "parameters": GenerationParameters(**row.request),
        "image_key": row.image_key,
        "mask_key": row.mask_key,
        "note": row.note,
        "parent_id": row.parent_id,
        "style_key": row.style_key,
        "style": row.style,
    }
