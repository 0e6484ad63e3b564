"""Versions of agreements that a set-up file put in: no person wrote them here."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Let a version stand without an author. Those that are there keep theirs."""
    with op.batch_alter_table("agreement_versions") as table:
        table.alter_column("created_by", existing_type=sa.Uuid(), nullable=True)


def downgrade() -> None:
    """Versions without an author go back to a coordinator of their partnership, as the program before wrote them."""
    op.execute(
        "update agreement_versions set created_by = (select memberships.user_id from memberships join roles"
        " on roles.partnership_id = memberships.partnership_id and roles.membership_id = memberships.id"
        " where roles.role = 'coordinator' and memberships.partnership_id = agreement_versions.partnership_id"
        " order by memberships.created_at, memberships.id limit 1) where created_by is null"
    )
    with op.batch_alter_table("agreement_versions") as table:
        table.alter_column("created_by", existing_type=sa.Uuid(), nullable=False)
