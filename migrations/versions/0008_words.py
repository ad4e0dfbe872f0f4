"""The words of prompts, to be searched: FTS5 in SQLite, an index of a tsvector in PostgreSQL."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FILL = """
INSERT INTO creation_words (rowid, gallery, prompt)
SELECT id, 'g' || guild_id, json_extract(request, '$.prompt') FROM creations
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE creation_words USING fts5(gallery, prompt, tokenize='unicode61 remove_diacritics 2')"
        )
        op.execute(FILL)
    else:
        op.create_index(
            "ix_creations_words",
            "creations",
            [sa.text("to_tsvector('simple', request->>'prompt')")],
            postgresql_using="gin",
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE creation_words")
    else:
        op.drop_index("ix_creations_words", "creations")
