"""When a partnership reminds its people, from a day on; and when backups and tidying were last done."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add both tables, empty: the shipped values hold, and nothing has been noted."""
    op.create_table(
        "last_done",
        sa.Column("what", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_last_done")),
    )
    op.create_table(
        "reminder_settings",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_reminder_settings_partnership_id_partnerships")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_reminder_settings_set_by_users")),
        sa.PrimaryKeyConstraint("partnership_id", "id", name=op.f("pk_reminder_settings")),
    )
    op.create_index("ix_reminder_settings_code", "reminder_settings", ["partnership_id", "code", "valid_from"])
    # So that the daily tidying costs what is old, not what ever was.
    op.create_index("ix_obligations_settled", "obligations", ["settled_at"])
    op.create_index("ix_deliveries_created", "deliveries", ["created_at"])


def downgrade() -> None:
    """Take them away; every partnership goes back to the shipped values."""
    op.drop_index("ix_deliveries_created", "deliveries")
    op.drop_index("ix_obligations_settled", "obligations")
    op.drop_index("ix_reminder_settings_code", "reminder_settings")
    op.drop_table("reminder_settings")
    op.drop_table("last_done")
