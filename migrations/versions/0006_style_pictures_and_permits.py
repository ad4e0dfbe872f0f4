"""Pictures that lend their style, and who may go on from the pictures of members who want to be asked first."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STYLE_KEY = {"jobs": "style_key", "drafts": "style_key", "styles": "image_key"}


def upgrade() -> None:
    for table, column in STYLE_KEY.items():
        op.add_column(table, sa.Column(column, sa.String(80), nullable=False, server_default=""))
    op.create_table(
        "permits",
        sa.Column("creation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["creation_id"], ["creations.id"], name="fk_permits_creation_id"),
        sa.PrimaryKeyConstraint("creation_id", "user_id", name="pk_permits"),
    )


def downgrade() -> None:
    op.drop_table("permits")
    for table, column in STYLE_KEY.items():
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
