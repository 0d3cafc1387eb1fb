# SPDX-License-Identifier: Apache-2.0
"""A unit with everything that one may carry, loaded by the PostgreSQL sink, and what must come of it
whatever is lost in between."""

import uuid

import psycopg
from sink_driver import Sink, cell

COLUMNS = {"k": "int32", "v": "text"}
ROWS = [(i, f"value {i}") for i in range(500)]


def fetch(database: str, query: str, *parameters) -> list[tuple]:
    with psycopg.connect(database) as connection:
        return connection.execute(query, parameters or None).fetchall()


def execute(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def open_sink(database: str, **options) -> Sink:
    options = {"max_rejects": 100} | options
    return Sink(database, COLUMNS, state=True, late={"x": "text"}, **options)


def load_unit(sink: Sink, name: str = "u", offset: int = 0) -> tuple[int, ...]:
    """Rows, a state, a late row, a reject: everything that a unit may carry."""
    state = (offset, f"series {offset}", 0, None, 1, 1, uuid.UUID(int=1), 1.0, None)
    sink.send("state", *(cell(value) for value in state))
    sink.send("late", f"late {offset}")
    sink.send("reject", "step", f"S/{offset}", "refused by a step")
    return sink.load(name, [(k + offset, v) for k, v in ROWS])


def contents(database: str) -> list:
    """Everything that must not depend on what was lost in between."""
    return [
        fetch(database, "select * from t order by k"),
        fetch(database, "select * from t_late order by 1"),
        fetch(database, "select * from t_rejects order by position"),
        fetch(database, "select * from tidemill_state_p order by 1"),
    ]


def load_undisturbed(database: str) -> list:
    """What it must all come to; the database is empty afterwards."""
    with open_sink(database) as sink:
        sink.begin()
        assert load_unit(sink) == (500, 0, 0)
        sink.call("finish", 1)
    expected = contents(database)
    assert len(expected[0]) == 500
    execute(
        database,
        "drop table t, t_late, t_rejects, tidemill_state_p, tidemill_runs, tidemill_units, "
        "tidemill_lease, tidemill_pipelines",
    )
    return expected
