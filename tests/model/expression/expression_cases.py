# SPDX-License-Identifier: Apache-2.0
"""Seeded random rows and expressions, each written twice: for the engine and for PostgreSQL.

Where PostgreSQL spells a function otherwise, the second text does.
"""

import random
from dataclasses import dataclass

SCHEMA = {
    "i": "int32",
    "k": "int32",
    "j": "int64",
    "n": "decimal(12,2)",
    "m": "decimal(9,4)",
    "w": "decimal(30,6)",
    "x": "double",
    "y": "double",
    "s": "text",
    "u": "text",
    "v": "text",
    "d": "date",
    "e": "date",
    "t": "timestamp",
    "r": "timestamp",
    "f": "bool",
    "g": "bool",
}
# int32 is computed as int64.
POSTGRES_TYPES = {
    "int32": "int8",
    "int64": "int8",
    "double": "float8",
    "text": 'text collate "C"',
    "date": "date",
    "timestamp": "timestamptz",
    "bool": "bool",
}
BY_KIND = {
    "int": ["i", "k", "j"],
    "decimal": ["n", "m", "w"],
    "double": ["x", "y"],
    "text": ["s", "u", "v"],
    "date": ["d", "e"],
    "timestamp": ["t", "r"],
    "bool": ["f", "g"],
}
TEXTS = [
    "",
    "app",
    "web",
    "App store",
    "a%b",
    "a_b",
    "zażółć",
    "gęślą jaźń",
    " x ",
    "web,app,,tv",
    "日本語",
    "50%",
    "\\",
]
NUMBERS = ["0", "1", "-1", "12", "007", "-5", "x", "99999999999"]
INTS = [0, 1, -1, 2, 3, 7, 10, -12, 100, 2147483647, -2147483648]
LONGS = [*INTS, 9223372036854775807, -9223372036854775808, 4611686018427387904, 10**15]
DOUBLES = [
    "0",
    "-0",
    "0.1",
    "1.5",
    "-2.5",
    "1e10",
    "-7.25",
    "3",
    "1e300",
    "NaN",
    "Infinity",
    "-Infinity",
]
# Days on which Warsaw changes its clock, among others.
TIMES = [
    "2024-03-31T00:59:59.999999Z",
    "2024-03-31T01:00:00Z",
    "2024-10-27T00:30:00Z",
    "2024-10-27T01:30:00.5Z",
    "1969-12-31T23:59:59.000001Z",
    "2000-02-29T12:34:56.789Z",
    "2023-12-31T23:30:00Z",
]
DATES = ["2024-02-29", "2024-03-31", "1970-01-01", "1969-12-28", "2023-12-31", "2025-01-01"]


def decimal_text(rng: random.Random, digits: int, scale: int) -> str:
    value = rng.choice([0, 1, -1, 5, 10**scale, rng.randrange(10 ** rng.randint(1, digits))])
    value *= rng.choice([1, -1])
    text = f"{abs(value):0{scale + 1}d}"
    return ("-" if value < 0 else "") + text[:-scale] + "." + text[-scale:]


def random_row(rng: random.Random) -> tuple[str | None, ...]:
    cells = [
        str(rng.choice(INTS)),
        str(rng.randint(-20, 20)),
        str(rng.choice(LONGS)),
        decimal_text(rng, 12, 2),
        decimal_text(rng, 9, 4),
        decimal_text(rng, 30, 6),
        rng.choice(DOUBLES),
        repr(rng.randint(-1000, 1000) / 8),
        rng.choice(TEXTS),
        rng.choice(TEXTS) + rng.choice(["", "x", "ą"]),
        rng.choice(NUMBERS),
        rng.choice(DATES),
        rng.choice(DATES),
        rng.choice(TIMES),
        rng.choice(TIMES),
        rng.choice(["true", "false"]),
        rng.choice(["true", "false"]),
    ]
    return tuple(None if rng.random() < 0.12 else cell for cell in cells)


@dataclass(frozen=True)
class Text:
    """An expression for the engine and for PostgreSQL."""

    ours: str
    theirs: str


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def join(pattern: str, *parts: Text, theirs: str | None = None) -> Text:
    return Text(
        pattern.format(*(part.ours for part in parts)),
        (theirs or pattern).format(*(part.theirs for part in parts)),
    )


class Generator:
    """Expressions of a wanted kind, as deep as asked for."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def any(self, kind: str, depth: int) -> Text:
        if depth <= 0 or self.rng.random() < 0.1:
            return self.leaf(kind)
        if self.rng.random() < 0.25:
            return self.choice(kind, depth)
        return getattr(self, kind)(depth - 1)

    def same(self, text: str) -> Text:
        return Text(text, text)

    def leaf(self, kind: str) -> Text:
        if self.rng.random() < 0.7:
            return self.same(self.rng.choice(BY_KIND[kind]))
        return self.literal(kind)

    def literal(self, kind: str) -> Text:
        """PostgreSQL must not take it for a constant: it would compute with it when it plans, fail for
        rows that never come there, and leave out whatever meets a null."""
        text = self.constant(kind)
        return Text(text.ours, f"(case when id < 0 then null else {text.theirs} end)")

    def constant(self, kind: str) -> Text:
        rng = self.rng
        if kind == "int":
            value = rng.choice([0, 1, 2, 3, 7, 10, 100])
            return Text(str(value), f"{value}::int8")
        if kind == "decimal":
            return self.same(rng.choice(["0.5", "1.25", "0.01", "100.0", "3.3333"]))
        if kind == "double":
            value = rng.choice(["0e0", "1.5e0", "2e0", "1e3"])
            return Text(value, f"{value}::float8")
        if kind == "text":
            value = quote(rng.choice(TEXTS))
            return Text(value, f"{value}::text")
        if kind == "date":
            return self.same("date " + quote(rng.choice(DATES)))
        if kind == "timestamp":
            value = quote(rng.choice(TIMES))
            return Text(f"timestamp {value}", f"timestamptz {value}")
        return self.same(rng.choice(["true", "false"]))

    def choice(self, kind: str, depth: int) -> Text:
        def sub() -> Text:
            return self.any(kind, depth - 1)

        what = self.rng.choice(["case", "simple", "coalesce", "nullif", "least", "greatest"])
        if what == "case":
            when = self.any("bool", depth - 1)
            again = self.any("bool", depth - 1)
            return join(
                "case when {} then {} when {} then {} else {} end", when, sub(), again, sub(), sub()
            )
        if what == "simple":
            other = self.rng.choice(["int", "text", "date"])
            value, a, b = (self.any(other, depth - 2) for _ in range(3))
            return join("case {} when {} then {} when {} then {} end", value, a, sub(), b, sub())
        if what == "nullif":
            return join("nullif({}, {})", sub(), sub())
        if what == "coalesce":
            return join("coalesce({}, {}, {})", sub(), sub(), sub())
        return join(what + "({}, {}, {})", sub(), sub(), sub())

    def int(self, depth: int) -> Text:
        def sub() -> Text:
            return self.any("int", depth)

        what = self.rng.randrange(13)
        if what < 3:
            return join(self.rng.choice(["({} + {})", "({} - {})", "({} * {})"]), sub(), sub())
        if what == 3:
            divisor = self.rng.choice(
                [self.same("k"), self.same("i"), join("({} + k)", self.literal("int"))]
            )
            return join(self.rng.choice(["({} / {})", "({} % {})", "mod({}, {})"]), sub(), divisor)
        if what == 4:
            return join(self.rng.choice(["(- {})", "abs({})"]), sub())
        if what == 5:
            return join("length({})", self.any("text", depth), theirs="length({})::int8")
        if what == 6:
            return join(
                "strpos({}, {})",
                self.any("text", depth),
                self.any("text", depth - 1),
                theirs="strpos({}, {})::int8",
            )
        if what == 7:
            part = self.rng.choice(["year", "month", "day"])
            kind = self.rng.choice(["date", "timestamp"])
            return join(
                part + "({})", self.any(kind, depth), theirs="extract(" + part + " from {})::int8"
            )
        if what == 8:
            kind = self.rng.choice(["date", "timestamp"])
            return join("dow({})", self.any(kind, depth), theirs="extract(isodow from {})::int8")
        if what == 9:
            part = self.rng.choice(["hour", "minute", "second"])
            return join(
                part + "({})",
                self.any("timestamp", depth),
                theirs="floor(extract(" + part + " from {}))::int8",
            )
        if what == 10:
            return join(
                "({} - {})",
                self.any("date", depth),
                self.any("date", depth),
                theirs="({} - {})::int8",
            )
        if what == 11:
            return join(
                "epoch_millis({})",
                self.any("timestamp", depth),
                theirs="floor(extract(epoch from {}) * 1000)::int8",
            )
        return join("{}::int64", self.same("v"), theirs="{}::int8")

    def decimal(self, depth: int) -> Text:
        def sub() -> Text:
            return self.any(self.rng.choice(["decimal", "decimal", "int"]), depth)

        what = self.rng.randrange(9)
        if what < 4:
            pattern = self.rng.choice(["({} + {})", "({} - {})", "({} * {})"])
            return join(pattern, self.any("decimal", depth), sub())
        if what == 4:
            divisor = self.rng.choice([self.same("n"), self.same("m"), self.same("k")])
            return join("({} % {})", self.any("decimal", depth), divisor)
        if what == 5:
            return join(self.rng.choice(["abs({})", "(-{})"]), self.any("decimal", depth))
        if what == 6:
            return join(
                self.rng.choice(["floor({})", "ceil({})", "round({})", "trunc({})"]),
                self.any("decimal", depth),
            )
        if what == 7:
            digits = self.rng.choice([-2, -1, 0, 1, 2, 3])
            return join(
                self.rng.choice(["round", "trunc"]) + "({}, " + str(digits) + ")",
                self.any("decimal", depth),
            )
        return join(
            "seconds_between({}, {})",
            self.any("timestamp", depth),
            self.any("timestamp", depth),
            theirs="(- extract(epoch from {}) + extract(epoch from {}))",
        )

    def double(self, depth: int) -> Text:
        def sub() -> Text:
            return self.any("double", depth)

        what = self.rng.randrange(6)
        if what < 3:
            return join(self.rng.choice(["({} + {})", "({} - {})", "({} * {})"]), sub(), sub())
        if what == 3:
            return join("({} / {})", sub(), self.same(self.rng.choice(["y", "x"])))
        if what == 4:
            return join(
                self.rng.choice(["abs({})", "(-{})", "floor({})", "ceil({})", "trunc({})"]), sub()
            )
        return join(
            "{}::double", self.any(self.rng.choice(["int", "decimal"]), depth), theirs="{}::float8"
        )

    def text(self, depth: int) -> Text:
        def sub() -> Text:
            return self.any("text", depth)

        def number() -> Text:
            value = self.rng.choice([-3, -1, 0, 1, 2, 3, 5, 100])
            return self.same(str(value)) if value >= 0 else self.same(f"({value})")

        what = self.rng.randrange(14)
        if what == 0:
            return join("({} || {})", sub(), sub())
        if what == 1:
            name = self.rng.choice(["lower", "upper"])
            return join(name + "({})", sub(), theirs=name + '({} collate "C")')
        if what == 2:
            return join("substr({}, {})", sub(), number())
        if what == 3:
            count = self.rng.choice([Text("k", "k::int4"), self.same("2"), self.same("0")])
            return join("substr({}, {}, {})", sub(), number(), count)
        if what == 4:
            return join(self.rng.choice(["left({}, {})", "right({}, {})"]), sub(), number())
        if what == 5:
            name = self.rng.choice(["trim", "ltrim", "rtrim"])
            return join(name + "({})", sub())
        if what == 6:
            name = self.rng.choice(["trim", "ltrim", "rtrim"])
            theirs = "btrim" if name == "trim" else name
            return join(name + "({}, {})", sub(), self.literal("text"), theirs=theirs + "({}, {})")
        if what == 7:
            return join("replace({}, {}, {})", sub(), sub(), self.literal("text"))
        if what == 8:
            part = self.rng.choice(
                [Text("k", "k::int4"), self.same("1"), self.same("2"), self.same("(-1)")]
            )
            return join("split_part({}, {}, {})", sub(), self.literal("text"), part)
        if what == 9:
            return join(self.rng.choice(["lpad", "rpad"]) + "({}, {})", sub(), number())
        if what == 10:
            return join(
                self.rng.choice(["lpad", "rpad"]) + "({}, {}, {})",
                sub(),
                number(),
                self.literal("text"),
            )
        if what == 11:
            return join("concat({}, {}, {})", sub(), self.any("int", depth), sub())
        if what == 12:
            return join("{}::text", self.any(self.rng.choice(["int", "date", "bool"]), depth))
        return join("({} || {}::text)", sub(), self.same(self.rng.choice(BY_KIND["decimal"])))

    def date(self, depth: int) -> Text:
        what = self.rng.randrange(4)
        if what == 0:
            return self.shifted(depth)
        if what == 1:
            return join("date({})", self.any("timestamp", depth), theirs="({})::date")
        if what == 2:
            unit = self.rng.choice(["year", "quarter", "month", "week", "day"])
            return join(
                "date_trunc('" + unit + "', {})",
                self.any("date", depth),
                theirs="date_trunc('" + unit + "', {})::date",
            )
        return join("{}::text::date", self.any("date", depth))

    def shifted(self, depth: int) -> Text:
        pattern = self.rng.choice(["({} + {})", "({} - {})"])
        days = self.rng.choice(
            [Text("k", "k::int4"), self.same("31"), Text("length(s)", "length(s)")]
        )
        return join(pattern, self.any("date", depth), days)

    def timestamp(self, depth: int) -> Text:
        what = self.rng.randrange(3)
        if what == 0:
            unit = self.rng.choice(
                ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]
            )
            return join("date_trunc('" + unit + "', {})", self.any("timestamp", depth))
        if what == 1:
            return join("{}::timestamp", self.any("date", depth), theirs="{}::timestamptz")
        return join(
            "add_seconds({}, {})",
            self.any("timestamp", depth),
            self.same("m"),
            theirs="({} + make_interval(secs => {}))",
        )

    def bool(self, depth: int) -> Text:
        def sub() -> Text:
            return self.any("bool", depth)

        def some() -> str:
            return self.rng.choice(list(BY_KIND))

        what = self.rng.randrange(12)
        if what == 0:
            return join(self.rng.choice(["({} and {})", "({} or {})"]), sub(), sub())
        if what == 1:
            return join(
                self.rng.choice(["({} and {} and {})", "({} or {} or {})", "({} or {} and {})"]),
                sub(),
                sub(),
                sub(),
            )
        if what == 2:
            return join("(not {})", sub())
        if what < 6:
            kind = some()
            operator = self.rng.choice(["=", "<>", "<", "<=", ">", ">="])
            if kind in ("int", "decimal", "double") and self.rng.random() < 0.3:
                other = self.rng.choice(["int", "decimal", "double"])
                return join(
                    "({} " + operator + " {})", self.any(kind, depth), self.any(other, depth)
                )
            return join("({} " + operator + " {})", self.any(kind, depth), self.any(kind, depth))
        if what == 6:
            test = self.rng.choice(["is null", "is not null"])
            return join("({} " + test + ")", self.any(some(), depth))
        if what == 7:
            test = self.rng.choice(["is true", "is not true", "is false", "is not false"])
            return join("({} " + test + ")", sub())
        if what == 8:
            kind = some()
            test = self.rng.choice(["is distinct from", "is not distinct from"])
            return join("({} " + test + " {})", self.any(kind, depth), self.any(kind, depth))
        if what == 9:
            kind = some()
            test = self.rng.choice(["between", "not between"])
            return join("({} " + test + " {} and {})", *(self.any(kind, depth) for _ in range(3)))
        if what == 10:
            return self.in_list(depth)
        return self.like(depth)

    def in_list(self, depth: int) -> Text:
        kind = self.rng.choice(["int", "text", "decimal", "date", "double", "timestamp"])
        items = [self.literal(kind) for _ in range(self.rng.randint(1, 12))]
        if self.rng.random() < 0.3:
            items.append(self.same("null"))
        self.rng.shuffle(items)
        if self.rng.random() < 0.3:
            # The engine looks at literals first, wherever they are.
            items.append(self.any(kind, depth - 1))
        test = self.rng.choice(["in", "not in"])
        return join(
            "({} " + test + " (" + ", ".join(["{}"] * len(items)) + "))",
            self.any(kind, depth),
            *items,
        )

    def like(self, depth: int) -> Text:
        test = self.rng.choice(["like", "not like"])
        if self.rng.random() < 0.5:
            pieces = [
                self.rng.choice(["%", "_", "a", "ą", "x", "app", "web", "\\%", "\\_", " "])
                for _ in range(self.rng.randint(0, 4))
            ]
            return join(
                "({} " + test + " {})", self.any("text", depth), self.same(quote("".join(pieces)))
            )
        if self.rng.random() < 0.5:
            return join(
                "({} " + test + " {})", self.any("text", depth), self.same("replace(u, '\\', '%')")
            )
        return join("({} " + test + " 'a#%%' escape '#')", self.any("text", depth))
