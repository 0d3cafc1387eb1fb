# SPDX-License-Identifier: Apache-2.0
"""Seeded random expressions over seeded random rows: the engine against PostgreSQL.

Whatever a row comes to, value, null or error, it must come to in both. TIDEMILL_MODEL_SEED and
TIDEMILL_EXPRESSION_CASES choose the seed and how many.
"""

import os
import random
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal
from fractions import Fraction

import psycopg
import pytest
from expression_cases import BY_KIND, POSTGRES_TYPES, SCHEMA, Generator, Text, random_row
from expression_driver import Driver, Refused, Result

SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
CASES = int(os.environ.get("TIDEMILL_EXPRESSION_CASES", "3000"))
ROWS = 40
ZONE = "Europe/Warsaw"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# A decimal ends at 38 digits, numeric does not.
CAPPED = (
    "more digits than a decimal holds",
    "does not fit decimal(38",
    "more digits after the point than decimal(38",
)


class Server:
    """Rows in a table, and expressions over them."""

    def __init__(self, conninfo: str, rows: list[tuple]) -> None:
        self.connection = psycopg.connect(conninfo, autocommit=True)
        self.execute(f"set timezone = '{ZONE}'")
        self.execute("set extra_float_digits = 1")
        columns = ", ".join(
            f"{name} {POSTGRES_TYPES.get(kind, kind.replace('decimal', 'numeric'))}"
            for name, kind in SCHEMA.items()
        )
        self.execute(f"create temporary table cases (id int, {columns})")
        for number, row in enumerate(rows):
            marks = ", ".join(["%s"] * (len(row) + 1))
            self.connection.execute(f"insert into cases values ({marks})", (number, *row))
        self.row_count = len(rows)

    def execute(self, text: str) -> list[tuple]:
        # Without parameters a % is a %.
        cursor = self.connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []

    def evaluate(self, text: str, kind: str) -> list[str | Exception | None]:
        shown = f"({text})::text"
        if kind == "timestamp":
            shown = f"(extract(epoch from ({text})) * 1000000)::int8::text"
        try:
            rows = self.execute(f"select {shown} from cases order by id")
            return [value for (value,) in rows]
        except psycopg.DataError:
            return [self.evaluate_row(shown, number) for number in range(self.row_count)]

    def evaluate_row(self, shown: str, number: int) -> str | Exception | None:
        try:
            return self.execute(f"select {shown} from cases where id = {number}")[0][0]
        except psycopg.DataError as error:
            return error


def micros(text: str) -> int:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    delta = moment - EPOCH
    return (delta.days * 86400 + delta.seconds) * 10**6 + delta.microseconds


def same(kind: str, ours: str, theirs: str) -> bool:
    if kind == "int":
        return int(ours) == int(theirs)
    if kind == "decimal":
        return Decimal(ours) == Decimal(theirs)
    if kind == "double":
        a, b = float(ours), float(theirs)
        return a == b or (a != a and b != b)
    if kind == "timestamp":
        return micros(ours) == int(theirs)
    return ours == theirs


def agree(kind: str, ours: str | Refused | None, theirs: str | Exception | None) -> bool:
    if isinstance(theirs, Exception):
        # Too small for a double is 0 here.
        return isinstance(ours, Refused) or "underflow" in str(theirs)
    if isinstance(ours, Refused):
        return any(reason in ours.reason for reason in CAPPED)
    if ours is None or theirs is None:
        return ours is theirs
    return same(kind, ours, theirs)


@pytest.fixture(scope="module")
def rows() -> list[tuple]:
    rng = random.Random(SEED)
    return [random_row(rng) for _ in range(ROWS)]


def compare(kind: str, text: Text, result: Result, theirs: list, rows: list[tuple]) -> None:
    for number, (our, their) in enumerate(zip(result.values, theirs)):
        assert agree(kind, our, their), (
            f"seed {SEED}\nours   {text.ours}\ntheirs {text.theirs}\n"
            f"row {dict(zip(SCHEMA, rows[number]))}\nours   {our!r}\ntheirs {their!r}"
        )


def test_random_expressions(postgres_database: str, rows: list[tuple]) -> None:
    server = Server(postgres_database, rows)
    driver = Driver(SCHEMA, rows, ZONE)
    rng = random.Random(SEED + 1)
    counts: Counter[str] = Counter()
    for _ in range(CASES):
        kind = rng.choice(list(BY_KIND))
        text = Generator(rng).any(kind, rng.randint(1, 5))
        result = driver.evaluate(text.ours)
        if result.error is not None:
            assert "digits after the point" in result.error, (
                f"seed {SEED}: {text.ours}: {result.error}"
            )
            counts["too many digits"] += 1
            continue
        theirs = server.evaluate(text.theirs, kind)
        compare(kind, text, result, theirs, rows)
        counts["expressions"] += 1
        counts["values"] += sum(isinstance(value, str) for value in result.values)
        counts["nulls"] += sum(value is None for value in result.values)
        counts["refused"] += sum(isinstance(value, Refused) for value in result.values)
    driver.close()
    print(f"seed {SEED}: {dict(counts)}")
    assert counts["expressions"] > CASES * 0.9
    assert counts["values"] > counts["nulls"] > 0
    assert counts["refused"] > 0


def test_division_is_rounded_to_its_scale(postgres_database: str, rows: list[tuple]) -> None:
    """Ours has a fixed scale; numeric is asked for 60 digits and rounded to it."""
    server = Server(postgres_database, rows)
    driver = Driver(SCHEMA, rows, ZONE)
    rng = random.Random(SEED + 2)
    checked = 0
    for _ in range(max(CASES // 10, 20)):
        generator = Generator(rng)
        a = generator.any("decimal", rng.randint(0, 2))
        b = generator.leaf(rng.choice(["decimal", "int"]))
        result = driver.evaluate(f"{a.ours} / {b.ours}")
        if result.error is not None:
            assert "digits after the point" in result.error
            continue
        tops, bottoms = (server.evaluate(part.theirs, "decimal") for part in (a, b))
        scale = int(result.type.split(",")[1].rstrip(")"))
        for ours, top, bottom in zip(result.values, tops, bottoms):
            if isinstance(ours, Refused):
                zero = isinstance(bottom, str) and Decimal(bottom) == 0
                capped = any(reason in ours.reason for reason in CAPPED)
                assert (
                    capped
                    or zero == ("division by zero" in ours.reason)
                    or isinstance(top, Exception)
                )
            elif ours is None:
                assert top is None or bottom is None
            else:
                checked += 1
                exact = Fraction(top) / Fraction(bottom) * 10**scale
                rounded = int(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)
                assert Fraction(ours) * 10**scale == rounded, (a.ours, b.ours, ours, top, bottom)
    driver.close()
    assert checked > 100


PRECEDENCE = [
    "1 + 2 * 3",
    "2 * 3 % 4",
    "- 2 + 3",
    "-k * 2",
    "1 - 2 - 3",
    "100 / 7 / 2",
    "not f and g",
    "not f or g",
    "f or g and f",
    "not k = 1",
    "k = 1 is null",
    "k > 1 = f",
    "k + 1 > 2",
    "k + 1 between 0 and 2 + 3 and f",
    "k between 1 and 3 or f",
    "not k in (1, 2)",
    "k not in (1, 2) and f",
    "s || 'a' = 'appa'",
    "s || 'x' like 'app%'",
    "not s like 'a%'",
    "f is not true and g",
    "f = g is true",
    "k = 1 or k = 2 and k = 3",
    "k is distinct from 1 and f",
    "- k between -3 and 3",
    "n * -1.5",
    "s || k::text",
    "'1' || '2'::text",
    "case when f then 1 else 2 end + 1",
    "k - -1",
    "k is not distinct from 1 or f",
    "k <> 1 and not g",
    "-k::text",
    "f is null = g",
    "k % 3 = 1",
    "not not f",
    "not f is null",
    "s like 'a%' is true",
    "k in (1, 2) = f",
    "f and g is null",
]


@pytest.mark.parametrize("text", PRECEDENCE)
def test_precedence_is_that_of_sql(postgres_database: str, rows: list[tuple], text: str) -> None:
    server = Server(postgres_database, rows)
    driver = Driver(SCHEMA, rows, ZONE)
    result = driver.evaluate(text)
    driver.close()
    try:
        theirs = server.evaluate(text, "text")
    except psycopg.errors.ProgrammingError:
        assert result.error is not None, text
        return
    assert result.error is None, f"{text}: {result.error}"
    for ours, their in zip(result.values, theirs):
        kind = "decimal" if result.type.startswith(("dec", "int")) else "text"
        assert agree(kind, ours, their), (text, ours, their)
