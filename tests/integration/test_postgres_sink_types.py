# SPDX-License-Identifier: Apache-2.0
"""What the PostgreSQL sink writes is what another client reads, for every type at its limits."""

import datetime
import decimal
import math
import random
import struct
import uuid

import psycopg
import pytest
from sink_driver import Sink, SinkError, cell

D = decimal.Decimal
decimal.getcontext().prec = 60

COLUMNS = {
    "b": "bool",
    "i": "int32",
    "l": "int64",
    "d": "double",
    "n": "decimal(12,2)",
    "s": "text",
    "y": "bytes",
    "c": "date",
    "t": "timestamp",
    "u": "uuid",
    "j": "json",
}
UTC = datetime.timezone.utc
LIMITS = [
    [True, False, None],
    [2**31 - 1, -(2**31), 0, None],
    [2**63 - 1, -(2**63), 0, None],
    [1.7976931348623157e308, 5e-324, -0.0, math.inf, -math.inf, math.nan, 0.1, None],
    [D("9999999999.99"), D("-9999999999.99"), D("0.00"), D("0.01"), D("-0.10"), None],
    ["", "zażółć gęślą jaźń", "\U0001f980", "tab\tline\nback\\slash", "x" * 100_000, None],
    [b"", b"\x00\xff", bytes(range(256)), None],
    [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(2000, 2, 29), None],
    [
        datetime.datetime(1, 1, 1, tzinfo=UTC),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC),
        datetime.datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
        None,
    ],
    [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID(int=0x1234567890ABCDEF << 32), None],
    ['{"a": [1, 2.50, "ż"]}', "null", '"text"', "[]", None],
]


def rows_of(database: str, query: str) -> list[tuple]:
    with psycopg.connect(database) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(query).fetchall()


def same(a, b) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    return a == b and type(a) is type(b)


def test_every_type_at_its_limits_reads_back(postgres_database):
    count = max(len(values) for values in LIMITS)
    rows = [[values[i % len(values)] for values in LIMITS] for i in range(count * 3)]
    with Sink(postgres_database, {"k": "int32"} | COLUMNS) as sink:
        sink.begin()
        assert sink.load("u", [[i, *row] for i, row in enumerate(rows)]) == (len(rows), 0, 0)
    columns = "b, i, l, d, n, s, y, c, t, u, j::text"
    read = rows_of(postgres_database, f"select {columns} from t order by k")
    assert len(read) == len(rows)
    for wrote, got in zip(rows, read, strict=True):
        for name, a, b in zip(COLUMNS, wrote, got, strict=True):
            assert same(a, b), (name, a, b)


def test_types_of_a_created_table(postgres_database):
    with Sink(postgres_database, COLUMNS | {"m": "decimal(38,0):not_null"}) as sink:
        sink.begin()
    types = rows_of(
        postgres_database,
        "select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute "
        "where attrelid = 't'::regclass and attnum > 0 order by attnum",
    )
    assert [(name, kind) for name, kind, _ in types] == [
        ("b", "boolean"),
        ("i", "integer"),
        ("l", "bigint"),
        ("d", "double precision"),
        ("n", "numeric(12,2)"),
        ("s", "text"),
        ("y", "bytea"),
        ("c", "date"),
        ("t", "timestamp with time zone"),
        ("u", "uuid"),
        ("j", "jsonb"),
        ("m", "numeric(38,0)"),
    ]
    assert [name for name, _, not_null in types if not_null] == ["m"]


@pytest.mark.parametrize("seed", range(4))
def test_random_decimals_are_exact(postgres_database, seed):
    print("seed", seed)
    random_ = random.Random(seed)
    shapes = [(38, 38), (38, 37), (38, 36), (38, 35), (38, 0), (38, 1), (1, 0), (1, 1), (18, 4)]
    shapes += [(p, random_.randint(0, p)) for p in random_.sample(range(2, 39), 8)]
    columns = {f"n{i}": f"decimal({p},{s})" for i, (p, s) in enumerate(shapes)}

    def value(precision: int, scale: int) -> decimal.Decimal:
        digits = random_.randint(0, precision)
        number = random_.choice(
            [random_.randrange(10**digits), 10**digits - 1, 10 ** (digits // 2)]
        )
        number -= number % 10 ** random_.randint(0, digits)  # zeros at the end
        return (D(number) * random_.choice([1, -1])).scaleb(-scale)

    rows = [[i, *(value(p, s) for p, s in shapes)] for i in range(300)]
    with Sink(postgres_database, {"k": "int32"} | columns) as sink:
        sink.begin()
        sink.load("u", rows)
    with psycopg.connect(postgres_database) as connection:
        names = ", ".join(f"{name}::text" for name in columns)
        read = connection.execute(f"select {names} from t order by k").fetchall()
    for row, got in zip(rows, read, strict=True):
        for (_, scale), wrote, text in zip(shapes, row[1:], got, strict=True):
            assert D(text) == wrote
            assert -D(text).as_tuple().exponent == scale
    # The server computes with what it was sent, so its inner form must be right too.
    sums = rows_of(postgres_database, "select sum(n0)::text, sum(n4)::text from t")[0]
    assert D(sums[0]) == sum(row[1] for row in rows)
    assert D(sums[1]) == sum(row[5] for row in rows)


FITTING = [
    ("int32", "bigint", -(2**31), -(2**31)),
    ("int32", "numeric", -20_300, D(-20_300)),
    ("int32", "numeric(12,2)", 2**31 - 1, D("2147483647.00")),
    ("int64", "numeric(19)", 2**63 - 1, D(2**63 - 1)),
    ("int64", "numeric", -(2**63), D(-(2**63))),
    ("decimal(5,2)", "numeric", D("-1.20"), D("-1.20")),
    ("decimal(5,2)", "numeric(10,4)", D("1.20"), D("1.2000")),
    ("text", "varchar(3)", "żół", "żół"),
    ("text", "varchar", "x" * 1000, "x" * 1000),
    ("json", "json", '{"a":  1, "a": 2}', '{"a":  1, "a": 2}'),
    ("json", "text", "[1,  2]", "[1,  2]"),
    ("timestamp", "timestamp", datetime.datetime(2024, 1, 2, 3, tzinfo=UTC), "2024-01-02 03:00:00"),
    ("timestamp", "timestamptz(6)", 0, "1970-01-01 00:00:00+00"),
]


@pytest.mark.parametrize(("ours", "theirs", "wrote", "read"), FITTING)
def test_an_existing_column_of_another_type_that_fits(postgres_database, ours, theirs, wrote, read):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(f"create table t (a {theirs}, b serial)")
    with Sink(postgres_database, {"a": ours}) as sink:
        assert sink.check()[1] == []
        sink.begin()
        assert sink.load("u", [[wrote], [None]]) == (2, 0, 0)
    text = isinstance(read, str)
    query = f"select a{'::text' if text else ''} from t order by b"
    assert rows_of(postgres_database, query) == [(read,), (None,)]


UNFIT = [
    ("int64", "integer"),
    ("int64", "numeric(18)"),
    ("int32", "smallint"),
    ("double", "real"),
    ("double", "numeric"),
    ("decimal(12,2)", "numeric(12,3)"),
    ("decimal(12,2)", "numeric(12,1)"),
    ("decimal(4,2)", "double precision"),
    ("text", "char(10)"),
    ("text", "uuid"),
    ("text", "integer"),
    ("timestamp", "timestamptz(3)"),
    ("timestamp", "date"),
    ("date", "timestamp"),
    ("bool", "integer"),
    ("int32", "integer[]"),
]


@pytest.mark.parametrize(("ours", "theirs"), UNFIT)
def test_a_column_that_does_not_fit_is_explained(postgres_database, ours, theirs):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(f"create table t (amount {theirs})")
        shown = connection.execute(
            "select format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 't'::regclass and attname = 'amount'"
        ).fetchone()[0]
    with Sink(postgres_database, {"amount": ours}) as sink:
        problems = sink.check()[1]
        assert len(problems) == 1
        assert "`amount`" in problems[0]
        assert ours in problems[0]
        assert shown in problems[0]
        assert ";" in problems[0]
        with pytest.raises(SinkError) as raised:
            sink.begin()
        assert raised.value.code == "bad_config"
        assert raised.value.sentence == problems[0]


def test_problems_of_an_existing_table(postgres_database):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(
            "create table t (amuont int, filled int not null default 1, must int not null, "
            "made int generated always as (1) stored, id int generated always as identity)"
        )
    with Sink(postgres_database, {"amount": "int32", "made": "int32"}) as sink:
        facts, problems = sink.check()
    assert facts["exists"] == "1"
    assert facts["empty"] == "1"
    assert len(problems) == 3
    assert "`amount`" in problems[0]
    assert "is it `amuont`?" in problems[0]
    assert 'ADD COLUMN "amount" integer' in problems[0]
    assert "`made` is generated" in problems[1]
    assert "`must`" in problems[2]
    assert "NOT NULL" in problems[2]


def test_values_that_the_types_refuse_never_reach_the_server(postgres_database):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(
            "create table t (k int, s varchar(3), n numeric(5,2), c date, t timestamptz, "
            "m text not null)"
        )
    columns = {
        "k": "int32",
        "s": "text",
        "n": "decimal(5,2)",
        "c": "date",
        "t": "timestamp",
        "m": "text",
    }
    good = ["abc", D("999.99"), 0, 0, "m"]
    bad = [
        ("s", ["abcd", *good[1:]]),
        ("s", ["a\0b", *good[1:]]),
        ("c", [*good[:2], -(2**31), 0, "m"]),
        ("c", [*good[:2], 2**31 - 1, 0, "m"]),
        ("t", [*good[:3], -(2**63), "m"]),
        ("m", [*good[:4], None]),
        ("m", [*good[:4], "nul\0"]),
    ]
    with Sink(postgres_database, columns, max_rejects=100) as sink:
        sink.begin()
        rows = [[0, *good], [1, "żółx"[:3], None, 0, 2**63 - 1, ""]]
        rows += [[10 + i, *row] for i, (_, row) in enumerate(bad)]
        assert sink.load("u", rows) == (2, 0, len(bad))
    assert rows_of(postgres_database, "select k from t order by k") == [(0,), (1,)]
    rejects = rows_of(
        postgres_database,
        "select pipeline, stage, position, column_name, sqlstate, reason, row_values::text "
        "from t_rejects order by split_part(position, '/', 3)::int",
    )
    assert [row[3] for row in rejects] == [column for column, _ in bad]
    assert [row[2] for row in rejects] == [f"S/1970-01-01/{3 + i}" for i in range(len(bad))]
    for i, row in enumerate(rejects):
        assert row[:2] == ("p", "load")
        assert row[4] is None
        assert row[5]
        assert f'"k":{10 + i}' in row[6].replace(" ", "")


def test_decimals_of_38_digits(postgres_database):
    with Sink(postgres_database, {"n": "decimal(38,0)"}) as sink:
        sink.begin()
        assert sink.load("u", [[D(10**38 - 1)], [D(-(10**38) + 1)]]) == (2, 0, 0)
    assert rows_of(postgres_database, "select n from t order by n") == [
        (D(-(10**38) + 1),),
        (D(10**38 - 1),),
    ]


def test_fields_larger_than_the_buffer_go_through(postgres_database):
    big = "ź" * 3_000_000
    with Sink(postgres_database, {"k": "int32", "s": "text", "y": "bytes", "j": "json"}) as sink:
        sink.begin()
        rows = [
            [i, big[: 300_000 * i], b"\0\1" * (200_000 * i), f'"{"q" * 700_000}"']
            for i in (1, 2, 9)
        ]
        assert sink.load("u", rows) == (3, 0, 0)
    read = rows_of(postgres_database, "select k, s, y, j::text from t order by k")
    assert [list(row) for row in read] == rows


def test_names_are_quoted_everywhere(postgres_database):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute('create schema "My ""Schema"')
    name = 'Ta"ble; drop'
    columns = {'a "b"': "int32", "select": "text", "ż'ó": "double"}
    target = {
        "table": f'My "Schema.{name}',
        "pipeline": "pi'pe \"line",
        "state": True,
        "late": {"x y": "text"},
    }
    with Sink(postgres_database, columns, **target) as sink:
        sink.begin()
        sink.send("state", *(cell(v) for v in (1, "s", 0, None, 1, 1, uuid.UUID(int=1), 1.0, None)))
        sink.send("late", "late")
        assert sink.load("u'1", [[1, "x", 2.0]]) == (1, 0, 0)
        assert sink.call("states", 0, 0, 2**64 - 1)[-1] == "1"
        sink.call("finish", 1)
        assert sink.check()[0]["same"] == "1"
    with Sink(postgres_database, columns, **(target | {"mode": "replace"})) as sink:
        sink.begin(2)
        assert sink.load("u'1", [[5, "x", 2.0]]) == (1, 0, 0)
        sink.call("finish", 2)
    schema = '"My ""Schema"'
    assert rows_of(postgres_database, f'select * from {schema}."Ta""ble; drop"') == [(5, "x", 2.0)]
    merged = target | {"table": 'My "Schema.M"', "pipeline": "m", "state": False}
    with Sink(postgres_database, columns, **merged, mode="merge", key=["select"]) as sink:
        sink.begin()
        assert sink.load("u", [[1, "x", 2.0], [2, "x", 0.0]]) == (1, 1, 0)
    assert rows_of(postgres_database, f'select * from {schema}."M"""') == [(2, "x", 0.0)]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"table": "x" * 64}, "the sink's table"),
        ({"table": "x" * 60}, "rejects"),
        ({"table": "x" * 64 + ".t"}, "schema"),
        ({"table": "s."}, "no name"),
        ({"pipeline": "x" * 50, "state": True}, "state table"),
        ({"pipeline": "x" * 50, "staged": True}, "staging"),
        ({"columns": {"c" * 64: "text"}}, "output column"),
    ],
)
def test_names_that_the_server_would_cut_are_refused(postgres_database, options, part):
    columns = options.pop("columns", {"a": "text"})
    with pytest.raises(SinkError) as raised:
        Sink(postgres_database, columns, **options)
    assert raised.value.code == "bad_config"
    assert part in raised.value.sentence


def test_the_password_is_in_no_message(postgres_database):
    secret = "hunter2secret"
    for conninfo in (
        f"{postgres_database} password={secret} {secret}",
        f"postgresql://u:{secret}@127.0.0.1:notaport/db",
        f"host=127.0.0.1 port=1 password={secret}",
    ):
        with pytest.raises(SinkError) as raised, Sink(conninfo, {"a": "text"}) as sink:
            sink.check()
        assert raised.value.code in ("bad_config", "remote")
        assert secret not in raised.value.sentence


@pytest.mark.parametrize("states", [1, 5000])
def test_states_of_a_range_come_in_order_of_hash(postgres_database, states):
    random_ = random.Random(states)
    flip = 1 << 63
    rows = {}
    for i in range(states):
        hash_ = (
            random_.choice([0, 1, 2**64 - 1, flip, flip - 1])
            if i % 50 == 0
            else (random_.getrandbits(64))
        )
        rows[f"series {i} ż"] = (hash_, i - 100, None if i % 3 else i, i * 0.5, f'{{"i":  {i}}}')

    def send(sink: Sink) -> None:
        for name, (hash_, day, previous, balance, seen) in rows.items():
            stored = (hash_ ^ flip) - (1 << 64) if (hash_ ^ flip) >= flip else hash_ ^ flip
            values = (stored, name, day, previous, 1, 2, uuid.UUID(int=hash_), balance, seen)
            sink.send("state", *(cell(value) for value in values))

    with Sink(postgres_database, {"a": "int32"}, state=True) as sink:
        sink.begin()
        send(sink)
        sink.load("u1")
        send(sink)  # upserted
        sink.load("u2")
        for first, last in ((0, 2**64 - 1), (0, 2**62), (flip - 5, flip + 5), (7, 7)):
            lines = sink.call("states", 0, first, last)
            got = [int(line.split("\t")[0]) for line in lines[:-1]]
            assert got == sorted(h for h, *_ in rows.values() if first <= h <= last)
        line = next(x for x in sink.call("states", 0, 0, 2**64 - 1) if "series 0 ż" in x)
        assert '"i":  0' in line
    query = "select series, s1_balance, s1_seen::text, _previous_day from tidemill_state_p"
    read = {name: rest for name, *rest in rows_of(postgres_database, query)}
    assert read.keys() == rows.keys()
    for name, (_, _, previous, balance, seen) in rows.items():
        day = None if previous is None else datetime.date(1970, 1, 1) + datetime.timedelta(previous)
        assert read[name] == [balance, seen, day]


def test_states_with_neighbouring_hashes_come_all(postgres_database):
    """Pages end and begin between any two of them; some hashes are shared by several series."""
    hashes = sorted(i // 3 for i in range(3000))
    with Sink(postgres_database, {"a": "int32"}, state=True) as sink:
        sink.begin()
        for i, hash_ in enumerate(hashes):
            stored = hash_ - (1 << 63)
            values = (stored, f"series {i}", 0, None, 1, 2, uuid.UUID(int=1), 0.0, None)
            sink.send("state", *(cell(value) for value in values))
        sink.load("u")
        lines = sink.call("states", 0, 0, 2**64 - 1)
        assert [int(line.split("\t")[0]) for line in lines[:-1]] == hashes
        assert len({line.split("series")[2] for line in lines[:-1]}) == 3000
