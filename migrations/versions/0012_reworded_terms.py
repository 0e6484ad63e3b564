"""Entries that a partnership has put into words of its own: only these are not offered newer standard words."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the mark. What was changed at all until now may have been reworded, so it counts as that."""
    op.add_column("terms", sa.Column("reworded", sa.Boolean(), nullable=False, server_default=sa.false()))
    terms = sa.table("terms", sa.column("reworded", sa.Boolean()), sa.column("version", sa.Integer()))
    op.execute(sa.update(terms).where(terms.c.version > 1).values(reworded=True))
    with op.batch_alter_table("terms") as table:
        table.alter_column("reworded", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    """Take it away: everything that was changed counts as reworded again."""
    with op.batch_alter_table("terms") as table:
        table.drop_column("reworded")
