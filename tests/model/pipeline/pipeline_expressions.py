# SPDX-License-Identifier: Apache-2.0
"""Expressions of `where` and `derive`, and the same in Python. None is a null; REJECT says that the
row is rejected."""

from decimal import Decimal

from pipeline_reference import REJECT, Values

LIMIT = Decimal(10) ** 10


def positive(r: Values) -> object:
    return None if r["amount"] is None else r["amount"] > 0


def not_b(r: Values) -> object:
    return None if r["kind"] is None else r["kind"] != "b"


def a_or_flag(r: Values) -> object:
    return r["kind"] == "a" or r["flag"] is True


FILTERS = [
    ("amount > 0", positive),
    ("not (kind = 'b')", not_b),
    ("kind = 'a' or flag", a_or_flag),
    ("coalesce(points, 0) >= 2", lambda r: (r["points"] or 0) >= 2),
    ("kind in ('a', 'ab', 'zażółć')", lambda r: r["kind"] in ("a", "ab", "zażółć")),
    (
        "score is not null and points is null",
        lambda r: r["score"] is not None and r["points"] is None,
    ),
    ("kind like 'a%'", lambda r: r["kind"] is not None and r["kind"].startswith("a")),
    ("points > 1000000", lambda r: r["points"] is not None and r["points"] > 1_000_000),
]


def doubled(r: Values) -> object:
    return None if r["amount"] is None else r["amount"] * 2


def label(r: Values) -> object:
    return "plus" if r["amount"] is not None and r["amount"] > 0 else r["kind"]


def more_points(r: Values) -> object:
    return (r["points"] or 0) + 1


def halved(r: Values) -> object:
    return None if r["score"] is None else r["score"] / 2


def negated(r: Values) -> object:
    return None if r["flag"] is None else not r["flag"]


def huge(r: Values) -> object:
    """Overflows a decimal(12,2) from 10^10 on."""
    if r["amount"] is None:
        return None
    value = r["amount"] * 20_000_000
    return REJECT if abs(value) >= LIMIT else value


# (column, type, expression, function)
DERIVED = [
    ("amount", "decimal(18,2)", "amount * 2", doubled),
    ("kind", "text", "case when amount > 0 then 'plus' else kind end", label),
    ("points", "int64", "coalesce(points, 0) + 1", more_points),
    ("score", "double", "score / 2", halved),
    ("turned", "bool", "not flag", negated),
    ("huge", "decimal(12,2)", "amount * 20000000", huge),
]
