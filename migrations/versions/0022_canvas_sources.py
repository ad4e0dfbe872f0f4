"""The picture of the gallery that a challenge's canvas is."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("challenges", sa.Column("source_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("challenges", "source_id")
