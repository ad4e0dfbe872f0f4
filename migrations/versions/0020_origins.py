"""The channels that pictures come from, by which it is decided who may see them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# A picture from before that was made from others has only its own channel: the others' are no longer known for sure.
ORIGINS = """
INSERT INTO origins (guild_id, channels, is_restricted)
SELECT DISTINCT guild_id, CAST(channel_id AS TEXT), {false} FROM jobs
"""
FILL = """
UPDATE {table} SET origin_id = (
    SELECT origins.id FROM origins
    WHERE origins.guild_id = {table}.guild_id AND origins.channels = CAST({table}.channel_id AS TEXT)
)
"""


def upgrade() -> None:
    op.create_table(
        "origins",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.Column("is_restricted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name="fk_origins_guild_id"),
        sa.PrimaryKeyConstraint("id", name="pk_origins"),
        sa.UniqueConstraint("guild_id", "channels", "is_restricted", name="uq_origins_guild_id"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(ORIGINS.format(false="0" if is_sqlite else "false"))
    for table in ("jobs", "creations"):
        op.add_column(table, sa.Column("origin_id", sa.BigInteger(), nullable=True))
        op.execute(FILL.format(table=table))


def downgrade() -> None:
    for table in ("creations", "jobs"):
        op.drop_column(table, "origin_id")
    op.drop_table("origins")
