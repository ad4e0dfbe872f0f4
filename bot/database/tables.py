"""The tables. Rows hold ids and plain values; `migrations/` brings a database to this shape."""

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

# SQLite counts up by itself only for INTEGER primary keys.
RowId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite itself keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as UTC."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """The tables' common base; constraints have names, so that migrations can change them."""

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
    """A server that has used Atelier, and its settings."""

    __tablename__ = "guilds"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    digest_due_at: Mapped[datetime | None]


class MemberRow(Base):
    """A person who has used Atelier, and their preferences."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


UNDELIVERED = text("delivered_at IS NULL")
HAS_STYLE = text("style IS NOT NULL")


class OriginRow(Base):
    """Channels that pictures of a gallery come from; see `bot.core.audience.Origin`.

    `channels` holds their ids in order, with commas between them. A gallery has about as many origins as channels.
    """

    __tablename__ = "origins"
    __table_args__ = (UniqueConstraint("guild_id", "channels", "is_restricted", "is_recorded"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    channels: Mapped[str] = mapped_column(Text)
    is_restricted: Mapped[bool]
    is_recorded: Mapped[bool]


class JobRow(Base):
    """Work that was accepted; see `bot.database.states.JobStatus` for its life."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "status"),
        # What has yet to be shown, the unfinished too: few among all there ever were.
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
    # The name of its style, of `styles` or of the picture that it goes on from.
    style: Mapped[str] = mapped_column(String(32), server_default="")
    # How often it was started: whoever started it before can't write how it ended. See `bot.jobs.leases`.
    lease: Mapped[int] = mapped_column(server_default="0")
    holder: Mapped[str] = mapped_column(String(32), server_default="")
    lease_until: Mapped[datetime | None]
    # No foreign key, here and in `creations`: SQLite could add one only by making the table anew.
    origin_id: Mapped[int | None]


class JobSourceRow(Base):
    """A picture that a job is made from; see `bot.creations.source_store`."""

    __tablename__ = "job_sources"

    job_id: Mapped[int] = mapped_column(RowId, ForeignKey("jobs.id"), primary_key=True)
    # No foreign key: a picture may be deleted for good while others made from it stay.
    creation_id: Mapped[int] = mapped_column(RowId, primary_key=True, index=True)
    # The others are sources of its sources, up to the first of all.
    is_direct: Mapped[bool] = mapped_column(server_default=true())


class DraftRow(Base):
    """A picture, a region and a prompt that a member has begun and not yet handed in."""

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
    """A picture in a guild's gallery."""

    __tablename__ = "creations"
    # One for each way through a gallery.
    __table_args__ = (
        Index(None, "guild_id", "id"),
        Index(None, "guild_id", "score", "id"),
        Index(None, "guild_id", "user_id", "id"),
        Index(None, "guild_id", "kind", "id"),
        Index(None, "guild_id", "kind", "score", "id"),
        # Few pictures have a style.
        Index(None, "guild_id", "style", "id", sqlite_where=HAS_STYLE, postgresql_where=HAS_STYLE),
        Index(None, "guild_id", "style", "score", "id", sqlite_where=HAS_STYLE, postgresql_where=HAS_STYLE),
        Index(None, "guild_id", "created_at"),
        Index(None, "guild_id", "id", "phash"),
        Index(None, "guild_id", "prompt_id"),
        # Whether a file that a member gives is a picture of the gallery.
        Index(None, "guild_id", "file_key"),
        # What `bot.gallery.similarity` has yet to look at.
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
    # The job's, see `bot.creations.models.Kind`; here too, because a gallery is looked through by it. A plain text, so
    # that a kind that this version doesn't know stops no page of the gallery.
    kind: Mapped[str] = mapped_column(String(16), server_default="imagined")
    # The job's too.
    style: Mapped[str | None] = mapped_column(String(32))
    request: Mapped[dict[str, Any]]
    seed: Mapped[int]
    model: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    file_key: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    # How many people like the message that shows it; kept true by `bot.showcase.reaction_store`.
    score: Mapped[int] = mapped_column(server_default="0")
    # How likely it is not safe for work, 0 to 1, and what followed from that: held back until a moderator lets it, or
    # shown as a spoiler.
    safety: Mapped[float] = mapped_column(server_default="0")
    held_at: Mapped[datetime | None]
    is_spoiler: Mapped[bool] = mapped_column(server_default=false())
    # How it looks, see `bot.imaging.phash`, and the prompt of its guild that it shares; both are found out later.
    phash: Mapped[int | None]
    # No foreign key: SQLite could add one only by making the table anew. Of what was removed it may name nothing.
    prompt_id: Mapped[int | None]
    # The job's.
    origin_id: Mapped[int | None]


def is_shown(creation: Any = CreationRow) -> ColumnElement[bool]:
    """Return the condition under which a picture may be shown to anyone; `creation` may be an alias of its table."""
    return creation.deleted_at.is_(None) & creation.held_at.is_(None)


def is_held(creation: Any = CreationRow) -> ColumnElement[bool]:
    """Return the condition under which a picture waits for moderators."""
    return creation.deleted_at.is_(None) & creation.held_at.is_not(None)


class ShowingRow(Base):
    """A message that shows a picture once more, beside the message of its job."""

    __tablename__ = "showings"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int]
    creation_id: Mapped[int] = mapped_column(ForeignKey("creations.id"), index=True)


class DigestPictureRow(Base):
    """A picture on the sheet of a digest's message; `place` counts from 1, as they stood when it was posted."""

    __tablename__ = "digest_pictures"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creation_id: Mapped[int] = mapped_column(RowId, ForeignKey("creations.id"), primary_key=True, index=True)
    channel_id: Mapped[int]
    place: Mapped[int]


class PromptVectorRow(Base):
    """What a prompt of a guild means: a vector of length 1 in float16."""

    __tablename__ = "prompt_vectors"
    __table_args__ = (UniqueConstraint("guild_id", "digest"), Index(None, "guild_id", "id"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class ReactionRow(Base):
    """That somebody likes what a message shows."""

    __tablename__ = "reactions"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    emoji: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]


class ShowcaseRow(Base):
    """A job that stands in its server's showcase, once; `message_id` is empty until it is posted."""

    __tablename__ = "showcases"

    job_id: Mapped[int] = mapped_column(RowId, ForeignKey("jobs.id"), primary_key=True)
    channel_id: Mapped[int]
    message_id: Mapped[int | None]
    shown_score: Mapped[int]
    created_at: Mapped[datetime]


class ChallengeRow(Base):
    """A challenge; see `bot.challenges.models` for what its columns mean."""

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
    """A picture in a challenge."""

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
    """A member's star for an entry, where `other_id` is 0, or which of two entries they like better."""

    __tablename__ = "votes"

    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(RowId, ForeignKey("entries.id"), primary_key=True, index=True)
    other_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chosen_id: Mapped[int]
    created_at: Mapped[datetime]


class FavouriteRow(Base):
    """A picture that a member wants to find again."""

    __tablename__ = "favourites"

    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    creation_id: Mapped[int] = mapped_column(RowId, ForeignKey("creations.id"), primary_key=True, index=True)
    created_at: Mapped[datetime]


class CritiqueRow(Base):
    """What a member says of a picture that somebody else made."""

    __tablename__ = "critiques"
    __table_args__ = (Index(None, "guild_id", "helpful_at"),)

    creation_id: Mapped[int] = mapped_column(RowId, ForeignKey("creations.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"))
    works: Mapped[str] = mapped_column(Text)
    better: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    # When the picture's maker said that it helped.
    helpful_at: Mapped[datetime | None]


class PermitRow(Base):
    """A request to go on from a picture; see `bot.consent.store`. The message is the one that asks the maker."""

    __tablename__ = "permits"

    creation_id: Mapped[int] = mapped_column(RowId, ForeignKey("creations.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]
    is_allowed: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    channel_id: Mapped[int] = mapped_column(server_default="0")
    message_id: Mapped[int] = mapped_column(server_default="0")


class StyleRow(Base):
    """Words with a name; `user_id` is 0 for a style of the whole server."""

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
    # The picture of the gallery that its picture is, where it is one.
    source_id: Mapped[int | None]


IS_OUTDATED = text("is_outdated")


class CaseRow(Base):
    """A case for moderators; see `bot.moderation.models.Case`. One report a picture and user; the classifier is 0."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("kind", "creation_id", "by_user_id"),
        Index(None, "guild_id", "id"),
        Index(None, "creation_id"),
        # Few at any time.
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
    # Whether its card shows what is so no longer.
    is_outdated: Mapped[bool] = mapped_column(server_default=false())


class LeftoverRow(Base):
    """A message that shows what was deleted, and that no other row names; it goes once the message is put right.

    `guild_id` is 0 in direct messages.
    """

    __tablename__ = "leftovers"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int]
    guild_id: Mapped[int]


class KeptOutRow(Base):
    """A removed picture that may not come back to its guild; see `bot.imaging.phash.Fingerprint` for the two hashes.

    `creation_id` is its number, of which no row may be left.
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
    """That a member may not use Atelier in a guild; see `bot.moderation.models.Block`."""

    __tablename__ = "blocks"

    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[int]
    created_at: Mapped[datetime]


class PromptRuleRow(Base):
    """What a server doesn't want in prompts; see `bot.prompt_rules.matching`."""

    __tablename__ = "prompt_rules"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(ForeignKey("guilds.id"), index=True)
    kind: Mapped[RuleKind]
    text: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    created_at: Mapped[datetime]


# No picture has this score: what shows a picture that is removed is shown anew.
OUTDATED = -1
