"""Messages that were refused and wait for another try are found without reading all that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
_REFUSED = sa.text("state in ('waiting', 'sending') and answer <> ''")


def upgrade() -> None:
    """Add the index. What is sent at its first try never stands in it."""
    op.create_index(
        "ix_deliveries_refused", "deliveries", ["next_try_at"], postgresql_where=_REFUSED, sqlite_where=_REFUSED
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_deliveries_refused", "deliveries")
