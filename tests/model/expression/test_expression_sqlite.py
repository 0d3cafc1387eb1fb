# SPDX-License-Identifier: Apache-2.0
"""Seeded random expressions against SQLite, where it means the same: logic, comparisons, integers
that stay small, texts. No server is needed. TIDEMILL_MODEL_SEED and TIDEMILL_EXPRESSION_CASES
choose the seed and how many.
"""

import os
import random
import sqlite3
from collections import Counter

from expression_driver import Driver, Refused

SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
CASES = int(os.environ.get("TIDEMILL_EXPRESSION_CASES", "4000"))
ROWS = 60
SCHEMA = {
    "a": "int32",
    "b": "int64",
    "x": "double",
    "s": "text",
    "u": "text",
    "f": "bool",
    "g": "bool",
}
BY_KIND = {"int": ["a", "b"], "double": ["x"], "text": ["s", "u"], "bool": ["f", "g"]}
TEXTS = ["", "app", "web", "App", "a%b", "zażółć", " x ", "日本", "ab", "appapp"]


def random_row(rng: random.Random) -> tuple:
    row = (
        rng.randint(-5, 5),
        rng.randint(-1000, 1000),
        rng.randint(-100, 100) / 4,
        rng.choice(TEXTS),
        rng.choice(TEXTS),
        rng.random() < 0.5,
        rng.random() < 0.5,
    )
    return tuple(None if rng.random() < 0.15 else cell for cell in row)


def cell(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


class Generator:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def any(self, kind: str, depth: int) -> str:
        if depth <= 0:
            return self.rng.choice(BY_KIND[kind]) if self.rng.random() < 0.7 else self.literal(kind)
        if self.rng.random() < 0.2:
            a, b, c = (self.any(kind, depth - 1) for _ in range(3))
            when = self.any("bool", depth - 1)
            return self.rng.choice(
                [
                    f"case when {when} then {a} else {b} end",
                    f"coalesce({a}, {b}, {c})",
                    f"nullif({a}, {b})",
                ]
            )
        return getattr(self, kind)(depth - 1)

    def literal(self, kind: str) -> str:
        if kind == "int":
            return str(self.rng.randint(0, 9))
        if kind == "double":
            return self.rng.choice(["0.5e0", "2e0", "0e0"])
        if kind == "text":
            return "'" + self.rng.choice(TEXTS) + "'"
        return self.rng.choice(["true", "false"])

    def int(self, depth: int) -> str:
        a, b = self.any("int", depth), self.any("int", min(depth, 1))
        text = self.any("text", depth)
        # SQLite gives null for a division by zero: never reached here.
        return self.rng.choice(
            [
                f"({a} + {b})",
                f"({a} - {b})",
                f"({a} * a)",
                f"case when {b} <> 0 then {a} / {b} end",
                f"case when {b} <> 0 then {a} % {b} end",
                f"(- {a})",
                f"abs({a})",
                f"length({text})",
                f"sign({a})" if sqlite3.sqlite_version_info >= (3, 35) else f"abs({a})",
            ]
        )

    def double(self, depth: int) -> str:
        a, b = self.any("double", depth), self.any("double", depth)
        operator = self.rng.choice("+-*")
        return self.rng.choice([f"({a} {operator} {b})", f"(- {a})", f"abs({a})"])

    def text(self, depth: int) -> str:
        a, b, c = (self.any("text", depth) for _ in range(3))
        n, m = self.rng.randint(1, 4), self.rng.randint(0, 4)
        return self.rng.choice(
            [
                f"({a} || {b})",
                f"lower({a})",
                f"upper({a})",
                f"substr({a}, {n})",
                f"substr({a}, {n}, {m})",
                f"trim({a})",
                f"ltrim({a}, {self.literal('text')})",
                f"rtrim({a}, {self.literal('text')})",
                # SQLite takes an empty text to look for before it takes a null.
                f"replace({a}, '{self.rng.choice(['a', 'pp', 'ż'])}', {c})",
            ]
        )

    def bool(self, depth: int) -> str:
        kind = self.rng.choice(list(BY_KIND))
        a, b, c = (self.any(kind, depth) for _ in range(3))
        p, q = self.any("bool", depth), self.any("bool", depth)
        operator = self.rng.choice(
            ["=", "<>", "<", "<=", ">", ">=", "is distinct from", "is not distinct from"]
        )
        negation = self.rng.choice(["", "not "])
        pattern = "".join(
            self.rng.choice(["%", "_", "a", "p", "ż", "b"]) for _ in range(self.rng.randint(0, 4))
        )
        return self.rng.choice(
            [
                f"({p} and {q})",
                f"({p} or {q})",
                f"(not {p})",
                f"({a} {operator} {b})",
                f"({a} {operator} {b})",
                f"({a} is {negation}null)",
                f"({p} is {negation}{self.rng.choice(['true', 'false'])})",
                f"({a} {negation}between {b} and {c})",
                f"({a} {negation}in ({b}, {c}, {self.literal(kind)}))",
                f"({self.any('text', depth)} {negation}like '{pattern}')",
            ]
        )


def for_sqlite(text: str) -> str:
    return text.replace("is not distinct from", "is").replace("is distinct from", "is not")


def same(ours: str | None, theirs: object, kind: str) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    if kind == "bool":
        return ours == ("true" if theirs else "false")
    if kind == "text":
        return ours == theirs
    return float(ours) == float(theirs)


def test_random_expressions() -> None:
    rng = random.Random(SEED)
    rows = [random_row(rng) for _ in range(ROWS)]
    driver = Driver(SCHEMA, [tuple(cell(value) for value in row) for row in rows])
    database = sqlite3.connect(":memory:")
    database.execute("pragma case_sensitive_like = on")
    database.execute(
        "create table cases"
        " (id integer primary key, a int, b int, x real, s text, u text, f int, g int)"
    )
    for number, row in enumerate(rows):
        database.execute("insert into cases values (?, ?, ?, ?, ?, ?, ?, ?)", (number, *row))
    counts: Counter[str] = Counter()
    for _ in range(CASES):
        kind = rng.choice(list(BY_KIND))
        text = Generator(rng).any(kind, rng.randint(1, 4))
        result = driver.evaluate(text)
        assert result.error is None, f"seed {SEED}: {text}: {result.error}"
        theirs = database.execute(f"select ({for_sqlite(text)}) from cases order by id").fetchall()
        for number, (ours, (their,)) in enumerate(zip(result.values, theirs)):
            row = dict(zip(SCHEMA, rows[number]))
            place = f"seed {SEED}\n{text}\nrow {row}\nours {ours!r}, SQLite {their!r}"
            if isinstance(ours, Refused):
                # What leaves int64 goes on as a floating-point number there.
                assert "does not fit int64" in ours.reason, place
                counts["refused"] += 1
                continue
            assert same(ours, their, kind), place
            counts["null" if ours is None else "value"] += 1
    driver.close()
    print(f"seed {SEED}: {CASES} expressions, {dict(counts)}")
    assert counts["value"] > counts["null"] > 0
