# SPDX-License-Identifier: Apache-2.0
"""Events of people with amounts, and a step that carries each one's balance from day to day: what
campaigns of kills, faults and broken wires load in their different ways."""

COLUMNS = {
    "event_id": "text",
    "person": "text",
    "used_at": {"type": "timestamp", "format": "epoch_seconds"},
    "amount": "decimal(12,2)",
    "kind": "text",
    "points": "int64",
    "note": "text",
}
TYPES = {
    "event_id": "text",
    "person": "text",
    "used_at": "timestamp",
    "amount": "decimal",
    "kind": "text",
    "points": "int64",
    "note": "text",
    "day": "date",
    "balance": "decimal",
    "days_active": "int64",
    "rows": "int64",
    "s1_balance": "decimal",
    "s1_days_active": "int64",
}

SCRIPT = """
local M = {}
function M.day(rows, state)
  local sum = decimal(0)
  for i = 1, rows.n do
    sum = sum + (rows.amount[i] or decimal(1))
  end
  state.balance = (state.balance or decimal(0)) + sum
  state.days_active = (state.days_active or 0) + 1
  return {
    kind = rows.kind[rows.n], used_at = rows.used_at[rows.n], balance = state.balance,
    days_active = state.days_active, points = rows.points[1], rows = rows.n,
  }
end
return M
"""
LUA_STEP = {
    "lua": "day.lua",
    "state": {"balance": "decimal(18,2)", "days_active": "int64"},
    "output": {
        "person": {"from": "series"},
        "day": {"from": "day"},
        "kind": "text",
        "used_at": "timestamp",
        "balance": "decimal(18,2)",
        "days_active": "int64",
        "points": "int64",
        "rows": "int64",
    },
}
KEY = {"key": ["person", "kind"], "newest": "used_at"}
ZONE = "Europe/Warsaw"
SERIES = {"series": "person", "time": "used_at", "timezone": ZONE}
