"""The tables of the database; `migrations/` creates and upgrades them. Rows hold ids and plain values."""

import enum
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bot.database.states import Ballot, CaseKind, ChallengeKind, ChallengeState, JobStatus, RuleKind, Verdict

# SQLite autoincrements only INTEGER primary keys.
RowId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite itself stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware datetime to UTC before it is stored."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Mark a naive datetime from the database as UTC."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Base class of all tables; constraints get names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        int: BigInteger,
        # A VARCHAR(16) without a CHECK, as these columns have always been: a new state needs no migration. Without
        # `values_callable`, names would be written, and the values in existing rows could not be read.
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            create_constraint=False,
            length=16,
            values_callable=lambda states: [each.value for each in states],
        ),
    }


class GuildRow(Base):
    """A guild that has used Atelier, and its settings."""

    __tablename__ = "guilds"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    digest_due_at: Mapped[datetime | None]


class MemberRow(Base):
    """A user who has used Atelier, and their preferences."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


UNDELIVERED = text("delivered_at IS NULL")
HAS_STYLE = text("style IS NOT NULL")


class OriginRow(Base):
    """A set of channels that pictures of a gallery come from; see `bot.core.audience.Origin`.

    `channels` holds the channel ids, sorted and separated by commas. A gallery has about as many origins as channels.
    """

    __tablename__ = "origins"
    __table_args__ = (UniqueConstraint("guild_id", "channels", "is_restricted", "is_recorded"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    channels: Mapped[str] = mapped_column(Text)
    is_restricted: Mapped[bool]
    is_recorded: Mapped[bool]


class JobRow(Base):
    """An accepted job; see `bot.database.states.JobStatus` for its states."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "status"),
        # Jobs whose result is not delivered yet, unfinished ones included: few of all rows.
        Index("ix_jobs_undelivered", "id", sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED),
        Index(None, "user_id", "status"),
        Index(None, "guild_id", "created_at"),
        Index(None, "guild_id", "user_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    channel_id: Mapped[int]
    message_id: Mapped[int]
    interaction_token: Mapped[str] = mapped_column(String(512))
    request: Mapped[dict[str, Any]]
    image_key: Mapped[str] = mapped_column(String(80))
    mask_key: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[JobStatus]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    margins: Mapped[list[int]] = mapped_column(JSON, server_default="[0, 0, 0, 0]")
    # No foreign key: creations refer to jobs, and a parent may be removed for good.
    parent_id: Mapped[int | None] = mapped_column(index=True)
    style_key: Mapped[str] = mapped_column(String(80), server_default="")
    # The name of its style, from `styles` or from the parent picture.
    style: Mapped[str] = mapped_column(String(32), server_default="")
    # The number of times it was started: a worker that lost its lease cannot finish the job. See `bot.jobs.leases`.
    lease: Mapped[int] = mapped_column(server_default="0")
    holder: Mapped[str] = mapped_column(String(32), server_default="")
    lease_until: Mapped[datetime | None]
    # No foreign key, here and in `creations`: SQLite could add one only by recreating the table.
    origin_id: Mapped[int | None]


class JobSourceRow(Base):
    """A picture that a job is made from; see `bot.creations.source_store`."""

    __tablename__ = "job_sources"

    job_id: Mapped[int] = mapped_column(RowId, ForeignKey("jobs.id"), primary_key=True)
    # No foreign key: a source may be deleted permanently while pictures made from it stay.
    creation_id: Mapped[int] = mapped_column(RowId, primary_key=True, index=True)
    # False for sources of its sources, at any depth.
    is_direct: Mapped[bool] = mapped_column(server_default=true())


class DraftRow(Base):
    """A draft: an image, a mask and a prompt that a member prepares and has not submitted yet."""

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    channel_id: Mapped[int]
    message_id: Mapped[int]
    interaction_token: Mapped[str] = mapped_column(String(512))
    request: Mapped[dict[str, Any]]
    image_key: Mapped[str] = mapped_column(String(80))
    mask_key: Mapped[str] = mapped_column(String(80))
    feather: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    nonce: Mapped[str] = mapped_column(String(32))
    parent_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
    style_key: Mapped[str] = mapped_column(String(80), server_default="")
    style: Mapped[str] = mapped_column(String(32), server_default="")
    source_ids: Mapped[list[int]] = mapped_column(JSON, server_default="[]")


class CreationRow(Base):
    """A picture in a guild's gallery; removed and held pictures keep their row."""

    __tablename__ = "creations"
    # One index for each order and filter of a gallery.
    __table_args__ = (
        Index(None, "guild_id", "id"),
        Index(None, "guild_id", "score", "id"),
        Index(None, "guild_id", "user_id", "id"),
        Index(None, "guild_id", "kind", "id"),
        Index(None, "guild_id", "kind", "score", "id"),
        # Partial indexes, because few pictures have a style.
        Index(None, "guild_id", "style", "id", sqlite_where=HAS_STYLE, postgresql_where=HAS_STYLE),
        Index(None, "guild_id", "style", "score", "id", sqlite_where=HAS_STYLE, postgresql_where=HAS_STYLE),
        Index(None, "guild_id", "created_at"),
        Index(None, "guild_id", "id", "phash"),
        Index(None, "guild_id", "prompt_id"),
        # Finds a member's upload among the pictures of the gallery.
        Index(None, "guild_id", "file_key"),
        # Pictures that `bot.gallery.similarity` has not processed yet.
        Index(
            "ix_creations_unhashed", "id", sqlite_where=text("phash IS NULL"), postgresql_where=text("phash IS NULL")
        ),
        Index(
            "ix_creations_unread",
            "id",
            sqlite_where=text("prompt_id IS NULL"),
            postgresql_where=text("prompt_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), index=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    channel_id: Mapped[int]
    message_id: Mapped[int] = mapped_column(index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    # Copied from the job to filter a gallery by it; see `bot.creations.models.Kind`.
    kind: Mapped[str] = mapped_column(String(16), server_default="imagined")
    # Copied from the job.
    style: Mapped[str | None] = mapped_column(String(32))
    request: Mapped[dict[str, Any]]
    seed: Mapped[int]
    model: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    file_key: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    # Number of members who like the message that shows it; updated by `bot.showcase.reaction_store`.
    score: Mapped[int] = mapped_column(server_default="0")
    # The classifier's score that it is not safe for work, 0 to 1, and its effect: held until a moderator approves it,
    # or shown as a spoiler.
    safety: Mapped[float] = mapped_column(server_default="0")
    held_at: Mapped[datetime | None]
    is_spoiler: Mapped[bool] = mapped_column(server_default=false())
    # Its perceptual hash, see `bot.imaging.phash`, and the `prompt_vectors` row of its prompt; both are computed later.
    phash: Mapped[int | None]
    # No foreign key: SQLite could add one only by recreating the table. For removed pictures the row may be missing.
    prompt_id: Mapped[int | None]
    # Copied from the job.
    origin_id: Mapped[int | None]


def is_shown(creation: Any = CreationRow) -> ColumnElement[bool]:
    """Return the condition that a picture is neither removed nor held; `creation` may be an alias of its table."""
    return creation.deleted_at.is_(None) & creation.held_at.is_(None)


def is_held(creation: Any = CreationRow) -> ColumnElement[bool]:
    """Return the condition that a picture is held for moderators and not removed."""
    return creation.deleted_at.is_(None) & creation.held_at.is_not(None)


class ShowingRow(Base):
    """Another message that shows a picture, besides the message of its job."""

    __tablename__ = "showings"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int]
    creation_id: Mapped[int] = mapped_column(ForeignKey("creations.id"), index=True)


class DigestPictureRow(Base):
    """A picture in the contact sheet of a digest message; `place` is its rank, from 1, at the time of posting."""

    __tablename__ = "digest_pictures"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creation_id: Mapped[int] = mapped_column(RowId, ForeignKey("creations.id"), primary_key=True, index=True)
    channel_id: Mapped[int]
    place: Mapped[int]


class PromptVectorRow(Base):
    """The embedding of a prompt of a guild: a unit vector in float16; `digest` is a hash of the prompt."""

    __tablename__ = "prompt_vectors"
    __table_args__ = (UniqueConstraint("guild_id", "digest"), Index(None, "guild_id", "id"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class ReactionRow(Base):
    """A user's reaction to a message with an emoji that counts as a like."""

    __tablename__ = "reactions"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    emoji: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]


class ShowcaseRow(Base):
    """A job in its server's showcase, at most once; `message_id` is null until the post is sent."""

    __tablename__ = "showcases"

    job_id: Mapped[int] = mapped_column(RowId, ForeignKey("jobs.id"), primary_key=True)
    channel_id: Mapped[int]
    message_id: Mapped[int | None]
    shown_score: Mapped[int]
    created_at: Mapped[datetime]


class ChallengeRow(Base):
    """A challenge; `bot.challenges.models` explains its columns."""

    __tablename__ = "challenges"
    __table_args__ = (Index(None, "state"), Index(None, "guild_id", "id"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    channel_id: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    title: Mapped[str] = mapped_column(String(100))
    theme: Mapped[str] = mapped_column(Text)
    rules: Mapped[str] = mapped_column(Text)
    kind: Mapped[ChallengeKind]
    ballot: Mapped[Ballot]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    voting_ends_at: Mapped[datetime]
    entries_each: Mapped[int]
    member_days: Mapped[int]
    role_id: Mapped[int]
    image_key: Mapped[str] = mapped_column(String(80))
    mask_key: Mapped[str] = mapped_column(String(80))
    every_days: Mapped[int]
    themes: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[ChallengeState]
    shown_state: Mapped[ChallengeState | None]
    message_id: Mapped[int | None]
    podium_message_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    source_id: Mapped[int | None]


class EntryRow(Base):
    """A picture entered in a challenge; see `bot.challenges.models.Entry`."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("challenge_id", "creation_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id"))
    creation_id: Mapped[int] = mapped_column(ForeignKey("creations.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    place: Mapped[int] = mapped_column(default=0)
    votes: Mapped[float] = mapped_column(default=0.0)
    disqualified: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class VoteRow(Base):
    """A member's vote: a star for an entry if `other_id` is 0, else the preferred one of two entries."""

    __tablename__ = "votes"

    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(RowId, ForeignKey("entries.id"), primary_key=True, index=True)
    other_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chosen_id: Mapped[int]
    created_at: Mapped[datetime]


class FavouriteRow(Base):
    """A picture that a member has saved as a favourite."""

    __tablename__ = "favourites"

    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    creation_id: Mapped[int] = mapped_column(RowId, ForeignKey("creations.id"), primary_key=True, index=True)
    created_at: Mapped[datetime]


class CritiqueRow(Base):
    """A member's critique of a picture by another member."""

    __tablename__ = "critiques"
    __table_args__ = (Index(None, "guild_id", "helpful_at"),)

    creation_id: Mapped[int] = mapped_column(RowId, ForeignKey("creations.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    works: Mapped[str] = mapped_column(Text)
    better: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    # When the picture's maker marked it as helpful.
    helpful_at: Mapped[datetime | None]


class PermitRow(Base):
    """A request for consent to remix a picture; see `bot.consent.store`. The message is the one that asks the maker."""

    __tablename__ = "permits"

    creation_id: Mapped[int] = mapped_column(RowId, ForeignKey("creations.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]
    is_allowed: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    channel_id: Mapped[int] = mapped_column(server_default="0")
    message_id: Mapped[int] = mapped_column(server_default="0")


class StyleRow(Base):
    """A named style: words to add to a prompt, or an image; `user_id` is 0 for a style of the whole server."""

    __tablename__ = "styles"
    __table_args__ = (UniqueConstraint("guild_id", "user_id", "name"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    user_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(Text)
    negative_words: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    image_key: Mapped[str] = mapped_column(String(80), server_default="")
    # The creation whose file the style's image is, if it comes from the gallery.
    source_id: Mapped[int | None]


IS_OUTDATED = text("is_outdated")


class CaseRow(Base):
    """A moderation case; see `bot.moderation.models.Case`.

    A user can report a picture once; `by_user_id` is 0 for the classifier.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("kind", "creation_id", "by_user_id"),
        Index(None, "guild_id", "id"),
        Index(None, "creation_id"),
        # Partial index, because few cases are outdated at any time.
        Index("ix_cases_outdated", "id", sqlite_where=IS_OUTDATED, postgresql_where=IS_OUTDATED),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    kind: Mapped[CaseKind]
    creation_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("creations.id"))
    about_user_id: Mapped[int]
    by_user_id: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    verdict: Mapped[Verdict | None]
    decided_by: Mapped[int] = mapped_column(default=0)
    decided_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text, default="")
    channel_id: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[int | None]
    is_told: Mapped[bool] = mapped_column(server_default=true())
    created_at: Mapped[datetime]
    # Whether its card must be redrawn, because it shows an old state.
    is_outdated: Mapped[bool] = mapped_column(server_default=false())


class LeftoverRow(Base):
    """A message that still shows deleted content and that no other row refers to; deleted once the message is edited.

    `guild_id` is 0 in direct messages.
    """

    __tablename__ = "leftovers"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int]
    guild_id: Mapped[int]


class KeptOutRow(Base):
    """A removed picture whose copies its guild refuses; see `bot.imaging.phash.Fingerprint` for the two hashes.

    `creation_id` is the id of the removed picture, whose own row may be gone.
    """

    __tablename__ = "kept_out"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"), index=True)
    creation_id: Mapped[int]
    pixels: Mapped[bytes] = mapped_column(LargeBinary(32))
    phash: Mapped[int]
    by: Mapped[int]
    created_at: Mapped[datetime]


class BlockRow(Base):
    """A block: the member may not use Atelier in the guild; see `bot.moderation.models.Block`."""

    __tablename__ = "blocks"

    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[int]
    created_at: Mapped[datetime]


class PromptRuleRow(Base):
    """A rule that forbids words in a server's prompts; see `bot.prompt_rules.matching`."""

    __tablename__ = "prompt_rules"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"), index=True)
    kind: Mapped[RuleKind]
    text: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    created_at: Mapped[datetime]


# A `shown_score` that no job has: the showcase post shows a removed picture and must be redrawn.
OUTDATED = -1
