# SPDX-License-Identifier: Apache-2.0
"""merge against a naive reference, on seeded random rows with ties, nulls, NaN and -0."""

import decimal
import functools
import math
import random

import psycopg
import pytest
from sink_driver import Sink

COLUMNS = {
    "k1": "text",
    "v": "double",
    "k2": "int32",
    "at": "timestamp",
    "note": "text",
    "n": "decimal(6,2)",
    "j": "json",
    "b": "bool",
}
KEY = ("k1", "k2")
NAMES = list(COLUMNS)
TEXTS = ["", "a", "A", "Z", "z", "ä", "Ą", "\U00010000", "\uffff", "a b", "a-b", "ab", None]


def random_row(random_: random.Random) -> tuple:
    return (
        random_.choice(["x", "X", "ż", "", "x "]),
        random_.choice([0.0, -0.0, math.nan, math.inf, -math.inf, 1.5, 1.0, None]),
        random_.randrange(4),
        random_.choice([None, 0, 0, 1]),
        random_.choice(TEXTS),
        random_.choice([None, decimal.Decimal("-1.00"), decimal.Decimal("2.50")]),
        random_.choice([None, '{"a": 1}', '{"a":1}', "[]"]),
        random_.choice([None, True, False]),
    )


def rank(value):
    """Null least, NaN greatest, -0 = 0, text by bytes."""
    match value:
        case None:
            return (0,)
        case float():
            return (2, 0) if math.isnan(value) else (1, value + 0.0)
        case str():
            return (1, value.encode())
    return (1, value)


def strength(row: tuple) -> tuple:
    """By newest, then all columns as declared."""
    return (rank(row[NAMES.index("at")]), *(rank(value) for value in row))


def reference(rows: list[tuple]) -> dict:
    best: dict[tuple, tuple] = {}
    for row in rows:
        key = (row[0], row[2])
        if key not in best or strength(row) > strength(best[key]):
            best[key] = row
    return best


def read_table(database: str) -> dict:
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select k1, v, k2, (extract(epoch from at) * 1000000)::bigint, note, n, j::text, b "
            "from t"
        ).fetchall()
    return {(row[0], row[2]): row for row in rows}


def show(rows: dict) -> dict:
    """Values with their last bit: -0 and NaN as text."""
    return {key: tuple(repr(value) for value in row) for key, row in rows.items()}


def expected(rows: list[tuple]) -> dict:
    """Equal rows are stored in one form: -0 as 0."""

    def canonical(value):
        return value + 0.0 if isinstance(value, float) else value

    return show({k: tuple(canonical(v) for v in row) for k, row in reference(rows).items()})


def row_versions(database: str) -> dict:
    with psycopg.connect(database) as connection:
        return dict(connection.execute("select (k1, k2)::text, (xmin, ctid)::text from t"))


def merge_sink(database: str, **options) -> Sink:
    return Sink(database, COLUMNS, mode="merge", key=KEY, newest="at", **options)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("existing", [False, True])
def test_merge_equals_the_reference_and_a_second_run_changes_nothing(
    postgres_database, seed, existing
):
    print("seed", seed)
    random_ = random.Random(seed)
    if existing:  # a table whose own order of text is not by bytes
        with psycopg.connect(postgres_database, autocommit=True) as connection:
            connection.execute(
                'create table t (b boolean, note text collate "en-x-icu", n numeric(8,2), j json, '
                'k2 bigint, k1 text collate "en-x-icu", v float8, at timestamptz, more serial, '
                "unique (k2, k1))"
            )
    rows = [random_row(random_) for _ in range(400)]
    for order in range(2):
        with merge_sink(postgres_database, pipeline=f"p{order}") as sink:
            sink.begin()
            random_.shuffle(rows)
            before = row_versions(postgres_database)
            emitted = list(rows)
            sums = [0, 0, 0]
            number = 0
            while emitted:
                size = random_.choice([1, 7, 40, 200])
                counts = sink.load(f"u{number}", emitted[:size])
                sums = [a + b for a, b in zip(sums, counts, strict=True)]
                emitted = emitted[size:]
                number += 1
            assert sum(sums) == len(rows)
            assert sums[2] == 0
        assert show(read_table(postgres_database)) == expected(rows)
        if order == 1:
            assert sums[0] == 0
            assert row_versions(postgres_database) == before


def test_one_unit_sends_each_key_once(postgres_database):
    with Sink(
        postgres_database, {"k": "int64", "v": "double"}, mode="merge", key=["k"], newest="v"
    ) as sink:
        sink.begin()
        rows = [(i % 20_000, float(i // 20_000)) for i in range(50_000)]
        random.Random(1).shuffle(rows)
        assert sink.load("u1", rows) == (20_000, 30_000, 0)
        assert sink.load("u2", rows) == (0, 50_000, 0)
    with psycopg.connect(postgres_database) as connection:
        assert connection.execute("select count(*), sum(v) from t").fetchone() == (20_000, 30_000)


def test_a_null_in_the_key_is_a_reject(postgres_database):
    with merge_sink(postgres_database, max_rejects=5) as sink:
        sink.begin()
        good = ("x", 1.0, 1, 0, "a", None, None, True)
        assert sink.load("u", [good, (None, *good[1:]), (*good[:2], None, *good[3:])]) == (1, 0, 2)
    with psycopg.connect(postgres_database) as connection:
        rejects = connection.execute("select column_name from t_rejects order by 1").fetchall()
    assert rejects == [("k1",), ("k2",)]


def test_a_table_of_nothing_but_keys(postgres_database):
    columns = {"a": "int32", "b": "text"}
    with Sink(postgres_database, columns, mode="merge", key=["a", "b"], newest="a") as sink:
        sink.begin()
        assert sink.load("u1", [(1, "x"), (1, "x"), (2, "x")]) == (2, 1, 0)
        assert sink.load("u2", [(1, "x"), (3, "x")]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("index", "good"),
    [
        ("unique (k2, k1)", True),
        ("unique (k1)", False),
        ("unique (k1, k2, v)", False),
        ("unique (k1, k2) deferrable", False),
        ("check (true)", False),
    ],
)
def test_merge_asks_for_a_unique_index_on_the_key(postgres_database, index, good):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(
            "create table t (k1 text, v float8, k2 int, at timestamptz, note text, n numeric(6,2), "
            f"j json, b bool, {index})"
        )
        connection.execute("create unique index on t (k1, k2) where v > 0")
        connection.execute("create unique index on t (k1, k2, lower(note))")
    with merge_sink(postgres_database) as sink:
        problems = sink.check()[1]
    assert problems == [] if good else len(problems) == 1 and "unique index" in problems[0]


def test_refusals_of_a_merge_are_found(postgres_database):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("create table t (k int primary key, v float8 check (v < 900))")
    with Sink(
        postgres_database,
        {"k": "int32", "v": "double"},
        mode="merge",
        key=["k"],
        newest="v",
        max_rejects=200,
    ) as sink:
        sink.begin()
        assert sink.load("u", [(i, float(i)) for i in range(1000)]) == (900, 0, 100)
    with psycopg.connect(postgres_database) as connection:
        assert connection.execute("select count(*) from t").fetchone() == (900,)
        rejects = connection.execute("select sqlstate, count(*) from t_rejects group by 1")
        assert rejects.fetchall() == [("23514", 100)]


def test_comparing_by_the_reference_is_a_total_order():
    """The reference itself: no two rows that it calls equal differ but in -0."""
    random_ = random.Random(7)
    rows = [random_row(random_) for _ in range(300)]
    ordered = sorted(
        rows,
        key=functools.cmp_to_key(
            lambda a, b: -1 if strength(a) < strength(b) else strength(a) > strength(b)
        ),
    )
    assert [strength(row) for row in ordered] == sorted(strength(row) for row in rows)
