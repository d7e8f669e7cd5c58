"""Make the first tables.

The types stand here once more, in the form of this revision: what the tables are later must not
change what this makes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "answer",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("wave", NUMBER, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_answer_wave", "answer", ["wave"])
    op.create_table(
        "channel",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("route", WORDS, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_channel"),
    )
    op.create_table(
        "chat_home",
        sa.Column("account", WORDS, nullable=False),
        sa.Column("card", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_chat_home"),
    )
    op.create_table(
        "chat_line",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("conversation", WORDS, nullable=False),
        sa.Column("author", WORDS, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("card", WORDS, nullable=True),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chat_line"),
    )
    op.create_index("ix_chat_line_conversation", "chat_line", ["conversation", "id"])
    op.create_table(
        "comment",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("wave", NUMBER, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_comment_wave", "comment", ["wave"])
    op.create_table(
        "content",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("card", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_content"),
    )
    op.create_table(
        "handled",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("answer", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_handled"),
    )
    op.create_index("ix_handled_at", "handled", ["at"])
    op.create_table(
        "install_state",
        sa.Column("state", WORDS, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_install_state"),
    )
    op.create_table(
        "installation",
        sa.Column("workspace", WORDS, nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("installed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace", name="pk_installation"),
    )
    op.create_table(
        "lane",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("paused_until", MOMENT, nullable=True),
        sa.Column("pause_reason", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lane"),
    )
    op.create_table(
        "person",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("email", WORDS, nullable=False),
        sa.Column("email_key", WORDS, nullable=False),
        sa.Column("department", WORDS, nullable=False),
        sa.Column("zone", WORDS, nullable=False),
        sa.Column("locale", WORDS, nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("preferred", WORDS, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("ix_person_email_key", "person", ["email_key"])
    op.create_table(
        "sealed",
        sa.Column("slot", WORDS, nullable=False),
        sa.Column("wave", NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name="pk_sealed"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sealed_wave", "sealed", ["wave"])
    op.create_table(
        "account",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("person", WORDS, nullable=False),
        sa.Column("route", WORDS, nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_account_person"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )
    op.create_index("ix_account_person", "account", ["person"])
    op.create_table(
        "announcement",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("author", WORDS, nullable=False),
        sa.Column("title", WORDS, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("drafted_at", MOMENT, nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["person.id"], name="fk_announcement_author"),
        sa.PrimaryKeyConstraint("id", name="pk_announcement"),
    )
    op.create_index("ix_announcement_author", "announcement", ["author"])
    op.create_table(
        "delivery",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("lane", WORDS, nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("to_kind", WORDS, nullable=False),
        sa.Column("to_id", WORDS, nullable=False),
        sa.Column("thread", WORDS, nullable=False),
        sa.Column("content", WORDS, nullable=True),
        sa.Column("claimed", WORDS, nullable=True),
        sa.Column("once", WORDS, nullable=True),
        sa.Column("batch", WORDS, nullable=True),
        sa.Column("original", NUMBER, nullable=True),
        sa.Column("message_ref", WORDS, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("owner", WORDS, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["content"], ["content.id"], name="fk_delivery_content"),
        sa.ForeignKeyConstraint(["original"], ["delivery.id"], name="fk_delivery_original"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("once", name="uq_delivery_once"),
    )
    op.create_index(
        "ix_delivery_batch",
        "delivery",
        ["batch", "state"],
        sqlite_where=sa.text("batch IS NOT NULL"),
        postgresql_where=sa.text("batch IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_message_ref",
        "delivery",
        ["message_ref"],
        sqlite_where=sa.text("message_ref IS NOT NULL"),
        postgresql_where=sa.text("message_ref IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["to_id", "thread", "id"],
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "ix_delivery_original",
        "delivery",
        ["original"],
        sqlite_where=sa.text("original IS NOT NULL"),
        postgresql_where=sa.text("original IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_queued",
        "delivery",
        ["due_at", "id", "lane"],
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_delivery_sending",
        "delivery",
        ["lease_until"],
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_table(
        "dialogue",
        sa.Column("person", WORDS, nullable=False),
        sa.Column("step", WORDS, nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_dialogue_person"),
        sa.PrimaryKeyConstraint("person", name="pk_dialogue"),
    )
    op.create_table(
        "need",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("asker", WORDS, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("department", WORDS, nullable=False),
        sa.Column("link", WORDS, nullable=False),
        sa.Column("draft", WORDS, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answer_due", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["asker"], ["person.id"], name="fk_need_asker"),
        sa.PrimaryKeyConstraint("id", name="pk_need"),
    )
    op.create_index("ix_need_asker", "need", ["asker"])
    op.create_index("ix_need_draft", "need", ["draft"])
    op.create_table(
        "wave",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("question", WORDS, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("launched_by", WORDS, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closes_at", MOMENT, nullable=False),
        sa.Column("public_key", WORDS, nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("k", sa.Integer(), nullable=False),
        sa.Column("k_comment", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["launched_by"], ["person.id"], name="fk_wave_launched_by"),
        sa.PrimaryKeyConstraint("id", name="pk_wave"),
    )
    op.create_index("ix_wave_launched_by", "wave", ["launched_by"])
    op.create_table(
        "need_change",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("need", NUMBER, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name="fk_need_change_by"),
        sa.ForeignKeyConstraint(["need"], ["need.id"], name="fk_need_change_need"),
        sa.PrimaryKeyConstraint("id", name="pk_need_change"),
    )
    op.create_index("ix_need_change_by", "need_change", ["by"])
    op.create_index("ix_need_change_need", "need_change", ["need"])
    op.create_table(
        "participation",
        sa.Column("wave", NUMBER, autoincrement=False, nullable=False),
        sa.Column("person", WORDS, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name="fk_participation_person"),
        sa.ForeignKeyConstraint(["wave"], ["wave.id"], name="fk_participation_wave"),
        sa.PrimaryKeyConstraint("wave", "person", name="pk_participation"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_participation_person", "participation", ["person"])


def downgrade() -> None:
    op.drop_table("participation")
    op.drop_table("need_change")
    op.drop_table("wave")
    op.drop_table("need")
    op.drop_table("dialogue")
    op.drop_table("delivery")
    op.drop_table("announcement")
    op.drop_table("account")
    op.drop_table("sealed")
    op.drop_table("person")
    op.drop_table("lane")
    op.drop_table("installation")
    op.drop_table("install_state")
    op.drop_table("handled")
    op.drop_table("content")
    op.drop_table("comment")
    op.drop_table("chat_line")
    op.drop_table("chat_home")
    op.drop_table("channel")
    op.drop_table("answer")
