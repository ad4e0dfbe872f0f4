"""Column values shared by the rows of jobs and drafts."""

from dataclasses import asdict
from typing import Any

from bot.core.clock import now
from bot.jobs.models import NewDraft, NewJob


def asked_columns(new: NewJob | NewDraft) -> dict[str, Any]:
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
