"""In which style a picture is, and which pictures are on the sheets of digests."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HAS_STYLE = sa.text("style IS NOT NULL")
WAYS = (("style", "id"), ("style", "score", "id"))
# A style's words are the end of the prompt; a member's own style counts before the server's.
STYLES = """
UPDATE creations SET style = (
    SELECT name FROM styles
    WHERE styles.guild_id = creations.guild_id AND styles.user_id IN (0, creations.user_id) AND words <> ''
    AND substr(creations.request ->> 'prompt', length(creations.request ->> 'prompt') - length(words) - 1)
        = ', ' || words
    ORDER BY styles.user_id DESC, length(words) DESC LIMIT 1
)
WHERE guild_id IN (SELECT guild_id FROM styles)
"""


def upgrade() -> None:
    for table in ("jobs", "drafts"):
        op.add_column(table, sa.Column("style", sa.String(32), server_default="", nullable=False))
    op.add_column("creations", sa.Column("style", sa.String(32), nullable=True))
    op.execute(STYLES)
    for way in WAYS:
        columns = ["guild_id", *way]
        op.create_index(_name(way), "creations", columns, sqlite_where=HAS_STYLE, postgresql_where=HAS_STYLE)
    op.create_table(
        "digest_pictures",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("creation_id", ROW_ID, nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["creation_id"], ["creations.id"], name="fk_digest_pictures_creation_id"),
        sa.PrimaryKeyConstraint("message_id", "creation_id", name="pk_digest_pictures"),
    )
    op.create_index("ix_digest_pictures_creation_id", "digest_pictures", ["creation_id"])


def downgrade() -> None:
    op.drop_table("digest_pictures")
    for way in WAYS:
        op.drop_index(_name(way), "creations")
    for table in ("creations", "drafts", "jobs"):
        op.drop_column(table, "style")


def _name(way: tuple[str, ...]) -> str:
    return f"ix_creations_guild_id_{'_'.join(way)}"
