"""The channels that pictures come from, by which it is decided who may see them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ORIGINS = """
INSERT INTO origins (guild_id, channels, is_restricted, is_recorded)
SELECT DISTINCT guild_id, CAST(channel_id AS TEXT), {false}, {false} FROM jobs
"""
FILL = """
UPDATE {table} SET origin_id = (
    SELECT origins.id FROM origins
    WHERE origins.guild_id = {table}.guild_id AND origins.channels = CAST({table}.channel_id AS TEXT)
)
"""


SOURCES = """
SELECT jobs.id, jobs.guild_id, jobs.channel_id, sources.id, sources.channel_id FROM job_sources
JOIN jobs ON jobs.id = job_sources.job_id
JOIN creations ON creations.id = job_sources.creation_id
JOIN jobs AS sources ON sources.id = creations.job_id
ORDER BY jobs.id
"""


def upgrade() -> None:
    op.create_table(
        "origins",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.Column("is_restricted", sa.Boolean(), nullable=False),
        # False for the origins that are written here.
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.id"], name="fk_origins_guild_id"),
        sa.PrimaryKeyConstraint("id", name="pk_origins"),
        sa.UniqueConstraint(
            "guild_id",
            "channels",
            "is_restricted",
            "is_recorded",
            name="uq_origins_guild_id_channels_is_restricted_is_recorded",
        ),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(ORIGINS.format(false="0" if is_sqlite else "false"))
    for table in ("jobs", "creations"):
        op.add_column(table, sa.Column("origin_id", sa.BigInteger(), nullable=True))
        op.execute(FILL.format(table=table))
    _join_sources(op.get_bind())


def _join_sources(connection: sa.Connection) -> None:
    """Give what was made from pictures of other channels the channels of all.

    Jobs are read in the order of their ids, so that the channels of what they are made from are known.
    """
    joined: dict[int, tuple[int, set[int]]] = {}
    for job_id, guild_id, channel_id, source_id, source_channel_id in connection.execute(sa.text(SOURCES)):
        _, channels = joined.setdefault(job_id, (guild_id, {channel_id}))
        channels |= joined[source_id][1] if source_id in joined else {source_channel_id}
    origins: dict[tuple[int, str], int] = {}
    for job_id, (guild_id, channels) in joined.items():
        if len(channels) == 1:
            continue
        key = (guild_id, ",".join(map(str, sorted(channels))))
        if key not in origins:
            values = {"guild_id": key[0], "channels": key[1], "is_restricted": False, "is_recorded": False}
            columns = [sa.column(name) for name in values]
            connection.execute(sa.table("origins", *columns).insert().values(values))
            found = sa.text("SELECT id FROM origins WHERE guild_id = :guild_id AND channels = :channels")
            origins[key] = connection.execute(found, {"guild_id": key[0], "channels": key[1]}).scalar_one()
        for table, column in (("jobs", "id"), ("creations", "job_id")):
            statement = sa.text(f"UPDATE {table} SET origin_id = :origin_id WHERE {column} = :job_id")  # noqa: S608
            connection.execute(statement, {"origin_id": origins[key], "job_id": job_id})


def downgrade() -> None:
    for table in ("creations", "jobs"):
        op.drop_column(table, "origin_id")
    op.drop_table("origins")
