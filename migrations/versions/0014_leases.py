"""Leases: who runs a job, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("lease", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("holder", sa.String(32), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("jobs") as batch:
        for column in ("lease_until", "holder", "lease"):
            batch.drop_column(column)
