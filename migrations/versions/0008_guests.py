"""Guests of single agenda items; who made a suspension, and what it put to sleep."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "guest_invitations",
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("comes_as", sa.String(length=40), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("fk_guest_invitations_invited_by_users")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "case_id"],
            ["cases.partnership_id", "cases.id"],
            name=op.f("fk_guest_invitations_partnership_id_case_id_cases"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id", "meeting_id"],
            ["meetings.partnership_id", "meetings.id"],
            name=op.f("fk_guest_invitations_partnership_id_meeting_id_meetings"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_guest_invitations_partnership_id_partnerships")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_guest_invitations_user_id_users")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["users.id"], name=op.f("fk_guest_invitations_withdrawn_by_users")),
        sa.PrimaryKeyConstraint("partnership_id", "id", name=op.f("pk_guest_invitations")),
    )
    op.create_index("ix_guest_invitations_user", "guest_invitations", ["user_id"], unique=False)
    op.create_index(
        "uq_guest_invitations_open",
        "guest_invitations",
        ["partnership_id", "meeting_id", "case_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
        sqlite_where=sa.text("withdrawn_at is null"),
    )
    # Older suspensions keep no word of who made them, and so are a coordinator's to lift.
    op.add_column("memberships", sa.Column("suspended_as", sa.String(length=40), nullable=True))
    op.add_column("memberships", sa.Column("suspended_from", sa.String(length=40), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("memberships", "suspended_from")
    op.drop_column("memberships", "suspended_as")
    op.drop_index(
        "uq_guest_invitations_open",
        table_name="guest_invitations",
        postgresql_where=sa.text("withdrawn_at is null"),
        sqlite_where=sa.text("withdrawn_at is null"),
    )
    op.drop_index("ix_guest_invitations_user", table_name="guest_invitations")
    op.drop_table("guest_invitations")
