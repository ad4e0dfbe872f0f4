"""Every column with a member id: what happens to its row on deletion, and which columns of it are exported.

Tests check that no column with a member id is missing, and that each column of these tables is in GIVEN or in WITHHELD.
"""

from typing import Any

from sqlalchemy import case

from bot.database.states import ChallengeState
from bot.database.tables import (
    Base,
    BlockRow,
    CaseRow,
    ChallengeRow,
    CreationRow,
    CritiqueRow,
    DraftRow,
    EntryRow,
    FavouriteRow,
    JobRow,
    KeptOutRow,
    MemberRow,
    PermitRow,
    PromptRuleRow,
    ReactionRow,
    StyleRow,
    VoteRow,
)

NOBODY = 0
Column = tuple[type[Base], str]
# The new values of a row that others still need; None deletes the row.
Fate = dict[str, Any] | None

# Replaces text in columns that must not be empty.
NO_TITLE = "…"
_NO_WORDS = {"request": {"prompt": ""}}
NO_FILES = {"image_key": "", "mask_key": "", "style_key": ""}
# Cleared when the organiser of a challenge is deleted: at once, or when it is over if it is open or in voting.
NO_CHALLENGE_WORDS = {
    "title": NO_TITLE,
    "theme": "",
    "rules": "",
    "reason": "",
    "image_key": "",
    "mask_key": "",
    "source_id": None,
}
_is_running = ChallengeRow.state.in_([ChallengeState.OPEN, ChallengeState.VOTING])

NAMED: dict[Column, Fate] = {
    # The rows of jobs and pictures stay, because derived pictures and the results of challenges refer to them.
    (JobRow, "user_id"): {
        **_NO_WORDS,
        **NO_FILES,
        "interaction_token": "",
        "note": "",
        "reason": "",
        "style": "",
        # So that the message is redrawn even after a crash.
        "delivered_at": None,
    },
    (CreationRow, "user_id"): {
        **_NO_WORDS,
        "file_key": "",
        "seed": 0,
        "model": "",
        "style": None,
        "phash": None,
        "prompt_id": None,
    },
    # A planned challenge is cancelled, a recurring one is not repeated; without `shown_state` its messages are redrawn.
    (ChallengeRow, "user_id"): {
        **{
            name: case((_is_running, getattr(ChallengeRow, name)), else_=none)
            for name, none in NO_CHALLENGE_WORDS.items()
        },
        "state": case(
            (ChallengeRow.state == ChallengeState.PLANNED, ChallengeState.CANCELLED.value), else_=ChallengeRow.state
        ),
        "themes": [],
        "every_days": 0,
        "shown_state": None,
    },
    # The disqualification stays; its reason is about this member, and goes.
    (EntryRow, "user_id"): {"disqualified": case((EntryRow.disqualified != "", NO_TITLE), else_="")},
    # A rule belongs to the server, not to the member who added it.
    (PromptRuleRow, "created_by"): {},
    (KeptOutRow, "by"): {},
    # Texts about the member, and texts that they wrote as a moderator, go; the decision stays.
    (CaseRow, "about_user_id"): {"reason": "", "why": "", "is_outdated": True},
    (CaseRow, "decided_by"): {"why": "", "is_outdated": True},
    (CaseRow, "by_user_id"): None,
    (BlockRow, "by"): {"reason": ""},
    (DraftRow, "user_id"): None,
    (VoteRow, "user_id"): None,
    (FavouriteRow, "user_id"): None,
    (CritiqueRow, "user_id"): None,
    (PermitRow, "user_id"): None,
    (ReactionRow, "user_id"): None,
    (StyleRow, "user_id"): None,
}
# Deletion must not lift a block: it stays until it ends, and with it the member's row in `members`.
KEPT: dict[Column, str] = {
    (BlockRow, "user_id"): "a block lasts as long as the moderators said; what they said of the member goes",
    (MemberRow, "id"): "the row that a block belongs to",
}

# Columns exported of a row, by the column that has the member's id. The other columns name other members, contain their
# text, or give access.
GIVEN: dict[Column, tuple[str, ...]] = {
    (JobRow, "user_id"): (
        *("id", "user_id", "guild_id", "channel_id", "message_id", "parent_id"),
        *("request", "note", "style", "margins", "image_key", "mask_key", "style_key"),
        *("status", "attempts", "reason", "created_at", "started_at", "finished_at", "delivered_at"),
        "origin_id",
    ),
    (CreationRow, "user_id"): (
        *("id", "user_id", "guild_id", "channel_id", "message_id", "job_id"),
        *("request", "kind", "style", "seed", "model", "width", "height", "file_key", "phash", "prompt_id"),
        *("created_at", "deleted_at", "score", "safety", "held_at", "is_spoiler", "origin_id"),
    ),
    (ChallengeRow, "user_id"): (
        *("id", "user_id", "guild_id", "channel_id", "message_id", "podium_message_id"),
        *("title", "theme", "themes", "rules", "kind", "ballot", "image_key", "mask_key", "source_id"),
        *("starts_at", "ends_at", "voting_ends_at", "entries_each", "member_days", "role_id", "every_days"),
        *("state", "shown_state", "created_at"),
    ),
    (EntryRow, "user_id"): ("id", "user_id", "challenge_id", "creation_id", "place", "votes", "created_at"),
    (PromptRuleRow, "created_by"): ("id", "guild_id", "kind", "text", "created_by", "created_at"),
    (KeptOutRow, "by"): ("id", "guild_id", "by", "created_at"),
    (CaseRow, "about_user_id"): (
        *("id", "guild_id", "kind", "creation_id", "about_user_id"),
        *("verdict", "decided_at", "is_told", "created_at"),
    ),
    (CaseRow, "decided_by"): (
        *("id", "guild_id", "kind", "creation_id", "decided_by"),
        *("verdict", "decided_at", "why", "created_at"),
    ),
    (CaseRow, "by_user_id"): (
        *("id", "guild_id", "kind", "creation_id", "by_user_id"),
        *("reason", "verdict", "decided_at", "created_at"),
    ),
    (BlockRow, "by"): ("guild_id", "by", "until", "reason", "created_at"),
    (BlockRow, "user_id"): ("guild_id", "user_id", "until", "created_at"),
    (DraftRow, "user_id"): (
        *("id", "user_id", "guild_id", "channel_id", "message_id", "parent_id"),
        *("request", "note", "style", "feather", "image_key", "mask_key", "style_key", "created_at"),
        "source_ids",
    ),
    (VoteRow, "user_id"): ("user_id", "entry_id", "other_id", "chosen_id", "created_at"),
    (FavouriteRow, "user_id"): ("user_id", "creation_id", "created_at"),
    (CritiqueRow, "user_id"): (
        *("user_id", "guild_id", "creation_id", "works", "better"),
        *("created_at", "helpful_at"),
    ),
    (PermitRow, "user_id"): (
        *("user_id", "creation_id", "channel_id", "message_id"),
        *("is_allowed", "answered_at", "created_at"),
    ),
    (ReactionRow, "user_id"): ("user_id", "message_id", "emoji", "created_at"),
    (StyleRow, "user_id"): (
        *("id", "user_id", "guild_id", "name", "words", "negative_words"),
        *("image_key", "source_id", "created_at"),
    ),
    (MemberRow, "id"): ("id", "preferences", "created_at"),
}
# Columns that are never exported, and why.
WITHHELD: dict[Column, str] = {
    (JobRow, "interaction_token"): "gives access",
    (DraftRow, "interaction_token"): "gives access",
    (DraftRow, "nonce"): "gives access",
    **dict.fromkeys([(JobRow, "lease"), (JobRow, "holder"), (JobRow, "lease_until")], "is about the machine"),
    (ChallengeRow, "reason"): "the words of who cancelled it",
    (EntryRow, "disqualified"): "the words of who disqualified it",
    **dict.fromkeys([(CaseRow, "channel_id"), (CaseRow, "message_id")], "where moderators meet"),
    (CaseRow, "is_outdated"): "is about the moderators' card",
    **dict.fromkeys([(KeptOutRow, name) for name in ("creation_id", "pixels", "phash")], "another member's picture"),
}
