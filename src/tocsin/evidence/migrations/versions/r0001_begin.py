"""Runs, rounds, measures, events: rows are added and never changed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEYS = {
    "runs": ("id",),
    "rounds": ("run", "round"),
    "measures": ("run", "round", "probe", "group", "moment", "by"),
    "events": ("run", "seq"),
}


def upgrade() -> None:
    """Build the four tables, and the triggers that keep them append-only."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("study", sa.JSON, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("tocsin", sa.String, nullable=False),
        sa.Column("packages", sa.JSON, nullable=False),
        sa.Column("commit", sa.String, nullable=True),
        sa.Column("machine", sa.JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rounds",
        sa.Column("run", sa.String, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("record", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "measures",
        sa.Column("run", sa.String, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String, primary_key=True) for name in ("probe", "group", "moment", "by")),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("squares", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        sa.Column("run", sa.String, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("time", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    for table, keys in KEYS.items():
        stop = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {stop}")
        # INSERT OR REPLACE deletes without a word to the DELETE trigger.
        same = " AND ".join(f'"{key}" = NEW."{key}"' for key in keys)
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {stop}"
        )
