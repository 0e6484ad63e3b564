"""What is being typed on the page of a standing item at a meeting, until it is recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "item_drafts",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fields_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id", "item_id"],
            ["agenda_items.partnership_id", "agenda_items.id"],
            name=op.f("fk_item_drafts_partnership_id_item_id_agenda_items"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id", "meeting_id"],
            ["meetings.partnership_id", "meetings.id"],
            name=op.f("fk_item_drafts_partnership_id_meeting_id_meetings"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_item_drafts_partnership_id_partnerships")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_item_drafts_user_id_users")),
        sa.PrimaryKeyConstraint("partnership_id", "id", name=op.f("pk_item_drafts")),
        sa.UniqueConstraint(
            "partnership_id", "item_id", "user_id", name=op.f("uq_item_drafts_partnership_id_item_id_user_id")
        ),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("item_drafts")
