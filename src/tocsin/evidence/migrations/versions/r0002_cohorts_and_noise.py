"""Measures of one cohort, and measures with noise in them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEYS = ("run", "round", "probe", "group", "moment", "by", "cohort")
NUMBERS = ("n", "total", "squares")


def upgrade() -> None:
    """Build the table anew, since SQLite cannot change a primary key; it is as append-only as before."""
    for verb in ("update", "delete", "replace"):
        op.execute(f"DROP TRIGGER measures_no_{verb}")
    op.rename_table("measures", "measures_before")
    op.create_table(
        "measures",
        sa.Column("run", sa.String, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String, primary_key=True) for name in KEYS[2:]),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("squares", sa.Double, nullable=False),
        sa.Column("sd", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    kept = ", ".join(f'"{name}"' for name in (*KEYS[:-1], *NUMBERS))
    op.execute(f"INSERT INTO measures ({kept}, cohort, sd) SELECT {kept}, 'all', 0.0 FROM measures_before")
    op.drop_table("measures_before")
    stop = "BEGIN SELECT RAISE(ABORT, 'rows of measures are never changed'); END"
    for verb in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER measures_no_{verb.lower()} BEFORE {verb} ON measures {stop}")
    same = " AND ".join(f'"{key}" = NEW."{key}"' for key in KEYS)
    op.execute(
        "CREATE TRIGGER measures_no_replace BEFORE INSERT ON measures "
        f"WHEN EXISTS (SELECT 1 FROM measures WHERE {same}) {stop}"
    )
