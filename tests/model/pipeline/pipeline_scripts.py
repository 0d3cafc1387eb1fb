# SPDX-License-Identifier: Apache-2.0
"""Lua scripts and the same functions in Python. Each takes and gives the columns of COLUMNS, so
that they can follow each other in any order."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline_reference import Step, Values, lua_days, lua_rows

COLUMNS = {
    "person": "text",
    "used_at": "timestamp",
    "amount": "decimal(18,2)",
    "score": "double",
    "kind": "text",
    "points": "int64",
    "flag": "bool",
}


@dataclass(frozen=True)
class Script:
    name: str
    text: str
    state: dict[str, str]
    extra: dict[str, str]  # output columns beyond COLUMNS
    step: Step


RUNNING_LUA = """
-- A running balance per series; every fifth row gives nothing, every seventh two.
local M = {}
function M.row(r, state)
  state.count = (state.count or 0) + 1
  state.balance = (state.balance or decimal(0)) + (r.amount or decimal(0))
  state.mean = (state.mean or 0) * 0.75 + (r.score or 0.1)
  local before = state.last_kind
  state.last_kind = r.kind
  state.flag = not state.flag
  if state.count % 5 == 0 then
    return nil
  end
  local out = {
    person = r.person, used_at = r.used_at, amount = state.balance, score = state.mean,
    kind = r.kind, points = r.points, flag = state.flag, before = before,
  }
  if state.count % 7 == 0 then
    return {out, {person = r.person, used_at = r.used_at, kind = "extra", points = -state.count}}
  end
  return out
end
return M
"""


def running(r: Values, state: Values) -> list[Values]:
    state["count"] = (state["count"] or 0) + 1
    state["balance"] = (state["balance"] or Decimal(0)) + (r["amount"] or Decimal(0))
    state["mean"] = (state["mean"] or 0) * 0.75 + (0.1 if r["score"] is None else r["score"])
    before = state["last_kind"]
    state["last_kind"] = r["kind"]
    state["flag"] = not state["flag"]
    if state["count"] % 5 == 0:
        return []
    out = {
        "person": r["person"],
        "used_at": r["used_at"],
        "amount": state["balance"],
        "score": state["mean"],
        "kind": r["kind"],
        "points": r["points"],
        "flag": state["flag"],
        "before": before,
    }
    if state["count"] % 7 == 0:
        extra = dict.fromkeys(out) | {
            "person": r["person"],
            "used_at": r["used_at"],
            "kind": "extra",
            "points": -state["count"],
        }
        return [out, extra]
    return [out]


DAILY_LUA = """
-- A row per day with the sum and the greatest amount; days of a multiple of 4 rows give none, and
-- days after a gap of more than 2 days give one more.
local M = {}
function M.day(rows, state)
  local sum, best, kind = decimal(0), nil, nil
  for i = 1, rows.n do
    local amount = rows.amount[i]
    if amount ~= nil then
      sum = sum + amount
      if best == nil or amount > best then
        best, kind = amount, rows.kind[i]
      end
    end
  end
  state.total = (state.total or decimal(0)) + sum
  state.days = (state.days or 0) + 1
  state.first_at = state.first_at or rows.used_at[1]
  local gap = state.last_day_seen and rows.day - state.last_day_seen or nil
  state.last_day_seen = rows.day
  if rows.n % 4 == 0 then
    return nil
  end
  local out = {
    person = rows.person[1], used_at = rows.used_at[rows.n], amount = state.total,
    score = state.days / 7, kind = kind, points = gap, flag = best ~= nil and best > decimal(0),
    best = best, first_at = state.first_at,
  }
  if gap and gap > 2 then
    return {out, {person = rows.person[1], used_at = rows.used_at[1], kind = "gap", points = gap}}
  end
  return out
end
return M
"""


def daily(rows: list[Values], state: Values, day: date) -> list[Values]:
    total, best, kind = Decimal(0), None, None
    for row in rows:
        if row["amount"] is not None:
            total += row["amount"]
            if best is None or row["amount"] > best:
                best, kind = row["amount"], row["kind"]
    state["total"] = (state["total"] or Decimal(0)) + total
    state["days"] = (state["days"] or 0) + 1
    if state["first_at"] is None:
        state["first_at"] = rows[0]["used_at"]
    seen = state["last_day_seen"]
    gap = None if seen is None else (day - seen).days
    state["last_day_seen"] = day
    if len(rows) % 4 == 0:
        return []
    out = {
        "person": rows[0]["person"],
        "used_at": rows[-1]["used_at"],
        "amount": state["total"],
        "score": state["days"] / 7,
        "kind": kind,
        "points": gap,
        "flag": best is not None and best > 0,
        "best": best,
        "first_at": state["first_at"],
    }
    if gap is not None and gap > 2:
        more = dict.fromkeys(out) | {
            "person": rows[0]["person"],
            "used_at": rows[0]["used_at"],
            "kind": "gap",
            "points": gap,
        }
        return [out, more]
    return [out]


# Without state: may be used where there is no series.
SPREAD_LUA = """
local M = {}
function M.row(r)
  if r.flag == nil then
    return nil
  end
  local out = {
    person = r.person, used_at = r.used_at, amount = r.amount, score = r.score and r.score * 2,
    kind = r.kind and (r.kind .. "!"), points = r.points, flag = r.flag,
  }
  if r.flag then
    return {out, out}
  end
  return out
end
return M
"""


def spread(r: Values, _state: Values) -> list[Values]:
    if r["flag"] is None:
        return []
    out = {
        "person": r["person"],
        "used_at": r["used_at"],
        "amount": r["amount"],
        "score": None if r["score"] is None else r["score"] * 2,
        "kind": None if r["kind"] is None else r["kind"] + "!",
        "points": r["points"],
        "flag": r["flag"],
    }
    return [out, dict(out)] if r["flag"] else [out]


RUNNING_STATE = {
    "count": "int64",
    "balance": "decimal(18,2)",
    "mean": "double",
    "last_kind": "text",
    "flag": "bool",
}
DAILY_STATE = {
    "total": "decimal(18,2)",
    "days": "int64",
    "first_at": "timestamp",
    "last_day_seen": "date",
}

SCRIPTS = {
    script.name: script
    for script in (
        Script(
            "running",
            RUNNING_LUA,
            RUNNING_STATE,
            {"before": "text"},
            lua_rows(running, tuple(RUNNING_STATE)),
        ),
        Script(
            "daily",
            DAILY_LUA,
            DAILY_STATE,
            {"best": "decimal(18,2)", "first_at": "timestamp"},
            lua_days(daily, tuple(DAILY_STATE)),
        ),
        Script("spread", SPREAD_LUA, {}, {}, lua_rows(spread, ())),
    )
}
