"""Indexes for large galleries, and words without their accents in PostgreSQL, as SQLite has them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None

# A gallery is a word like any other: what is found is the gallery's alone.
WORDS = (
    "to_tsvector('simple', 'g' || CAST(guild_id AS text) || ' ' || translate(regexp_replace("
    r"normalize(request ->> 'prompt', NFKD), '[\u0300-\u036f]', '', 'g'), '/.@', '   '))"
)
WORDS_BEFORE = "to_tsvector('simple', request->>'prompt')"


def upgrade() -> None:
    _index_words(WORDS)


def downgrade() -> None:
    _index_words(WORDS_BEFORE)


def _index_words(vector: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_creations_words", "creations")
        op.create_index("ix_creations_words", "creations", [sa.text(vector)], postgresql_using="gin")
