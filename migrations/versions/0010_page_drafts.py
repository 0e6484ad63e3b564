"""Drafts of more pages than notes: which page a draft is of."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"

_OLD = "uq_note_drafts_partnership_id_case_id_user_id"
_NEW = "uq_note_drafts_partnership_id_case_id_user_id_page"


def upgrade() -> None:
    """Add the page; what is there are notes."""
    with op.batch_alter_table("note_drafts") as table:
        table.add_column(sa.Column("page", sa.String(length=60), nullable=False, server_default="note"))
        table.drop_constraint(op.f(_OLD), type_="unique")
        table.create_unique_constraint(op.f(_NEW), ["partnership_id", "case_id", "user_id", "page"])
    with op.batch_alter_table("note_drafts") as table:
        table.alter_column("page", existing_type=sa.String(length=60), existing_nullable=False, server_default=None)


def downgrade() -> None:
    """Take the page away, with the drafts of pages that had none before."""
    op.execute(sa.text("delete from note_drafts where page <> 'note'"))
    with op.batch_alter_table("note_drafts") as table:
        table.drop_constraint(op.f(_NEW), type_="unique")
        table.drop_column("page")
        table.create_unique_constraint(op.f(_OLD), ["partnership_id", "case_id", "user_id"])
