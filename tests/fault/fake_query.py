# SPDX-License-Identifier: Apache-2.0
"""The queries that the search server of fake_search.py understands: those of a cursor. Any other
finds every document."""

from datetime import datetime


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def clauses(body: dict, kind: str) -> list[dict]:
    found = body.get(kind, [])
    return found if isinstance(found, list) else [found]


def finds_bool(body: dict, source: dict) -> bool:
    asked = clauses(body, "filter") + clauses(body, "must")
    wanted = clauses(body, "should")
    return (
        all(finds(query, source) for query in asked)
        and not any(finds(query, source) for query in clauses(body, "must_not"))
        and (not wanted or any(finds(query, source) for query in wanted))
    )


def finds_range(body: dict, source: dict) -> bool:
    ((field, bounds),) = body.items()
    if source.get(field) is None:
        return False
    value = instant(source[field])
    return ("gte" not in bounds or value >= instant(bounds["gte"])) and (
        "lt" not in bounds or value < instant(bounds["lt"])
    )


def finds_field(body: dict, source: dict) -> bool:
    return source.get(body["field"]) is not None


KINDS = {"bool": finds_bool, "range": finds_range, "exists": finds_field}


def finds(query: dict, source: dict) -> bool:
    ((kind, body),) = query.items()
    return kind not in KINDS or KINDS[kind](body, source)
