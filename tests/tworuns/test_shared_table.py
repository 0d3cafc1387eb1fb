# SPDX-License-Identifier: Apache-2.0
"""Two pipelines merge into one table at the same time, in two processes with several workers each:
no deadlock, and each key's row is the greatest by newest. Where triggers of the user's make deadlocks,
units are done again.

TIDEMILL_SHARED_SEED chooses other rows.
"""

import os
import random

import psycopg
import pytest
from pipelines import engine, files
from pipelines.engine import Project

SEED = int(os.environ.get("TIDEMILL_SHARED_SEED", "1"))
KEYS, ROWS, BUCKETS = 300, 6000, 5
COLUMNS = {"a": "text", "b": "int64", "at": "int64", "code": "text", "points": "int64"}
# `code` is unique as its key is, so the second index refuses nothing, and is locked all the same.
TABLE = """
create table best (a text not null, b bigint not null, at bigint, code text, points bigint,
    primary key (a, b));
create unique index on best (code);
create index on best (points);
"""
# Units last long enough to meet, and a circle is noticed at once.
SLOW = """
create function slow_down() returns trigger language plpgsql as $$ begin
    perform pg_sleep(0.0005); return new; end $$;
create trigger slow before insert on best for each row execute function slow_down();
"""
# Rows of the same units touch the buckets in no order.
TRIGGER = """
create table buckets (bucket int primary key, n bigint not null default 0);
insert into buckets select generate_series(0, %d);
create function count_up() returns trigger language plpgsql as $$ begin
    update buckets set n = n + 1 where bucket = new.points %% %d; return new; end $$;
create trigger counting before insert on best for each row execute function count_up();
"""


def make_rows(rng: random.Random) -> list[dict]:
    rows = []
    for _ in range(ROWS):
        key = rng.randrange(KEYS)
        row = {"a": f"k{key % 17}", "b": key, "at": rng.randrange(200), "code": f"c{key}"}
        rows.append({**row, "points": rng.randrange(1000)})
    return rows


def expected(rows: list[dict]) -> list[tuple]:
    """The greatest by (newest, then the columns as declared); code is a function of the key."""
    best: dict = {}
    for row in rows:
        key, rank = (row["a"], row["b"]), (row["at"], row["code"], row["points"])
        best[key] = max(best.get(key, rank), rank)
    return sorted((*key, *rank) for key, rank in best.items())


def pipeline(name: str, conninfo_name: str) -> dict:
    return {
        "source": {"files": f"{name}/*.ndjson", "split_bytes": 60_000},
        "columns": COLUMNS,
        "partitions": 4,
        "sink": {
            "connection": conninfo_name,
            "table": "best",
            "mode": "merge",
            "key": ["a", "b"],
            "newest": "at",
        },
    }


@pytest.fixture
def project(tidemill, tmp_path, postgres_database) -> Project:
    """The rows of `down` go by falling keys, those of `up` by rising ones."""
    rng = random.Random(SEED)
    print(f"\nseed {SEED}")
    made = Project(tidemill, tmp_path)
    made.content = {
        "connections": {"sink": {"postgres": postgres_database}},
        "pipelines": {name: pipeline(name, "sink") for name in ("up", "down")},
    }
    made.write()
    made.rows = []
    for name in ("up", "down"):
        rows = sorted(make_rows(rng), key=lambda row: row["b"], reverse=name == "down")
        text = b"".join(map(files.ndjson_line, rows))
        files.compress(tmp_path / name / "rows.ndjson", text)
        made.rows += rows
    made.database = postgres_database
    execute(made, TABLE)
    name = psycopg.conninfo.conninfo_to_dict(postgres_database)["dbname"]
    execute(made, f"alter database {name} set deadlock_timeout = '10ms'")
    return made


def execute(project: Project, statement: str) -> None:
    with psycopg.connect(project.database, autocommit=True) as connection:
        connection.execute(statement)


def query(project: Project, statement: str) -> list[tuple]:
    with psycopg.connect(project.database) as connection:
        return connection.execute(statement).fetchall()


def deadlocks(project: Project) -> int:
    sql = "select deadlocks from pg_stat_database where datname = current_database()"
    return query(project, sql)[0][0]


def run_both(project: Project) -> list[engine.Execution]:
    """At the same time, three workers each."""
    runs = [project.start("--workers", "3", name) for name in ("up", "down")]
    return [engine.finish(run) for run in runs]


def test_merges_of_two_pipelines_never_deadlock(project):
    execute(project, SLOW)
    for _ in range(3):
        for done in run_both(project):
            assert done.code == 0, done.describe()
        found = query(project, "select a, b, at, code, points from best")
        assert sorted(found) == expected(project.rows)
        assert deadlocks(project) == 0
        execute(project, "truncate best, tidemill_runs, tidemill_pipelines, tidemill_units")


def test_deadlocks_of_triggers_are_done_again(project):
    execute(project, SLOW)
    execute(project, TRIGGER % (BUCKETS - 1, BUCKETS))
    for done in run_both(project):
        assert done.code == 0, done.describe()
    assert sorted(query(project, "select a, b, at, code, points from best")) == expected(
        project.rows
    )
    assert deadlocks(project) > 0
