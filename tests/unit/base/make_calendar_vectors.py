#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what Python's zoneinfo says about days and instants, as C tables for test_calendar.c.

Made while building, so that both sides read the tz database of the same machine. The bounds of a
day are found by walking through its minutes: nothing of the code under test is repeated here.
"""

import random
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZONES = (
    "UTC",
    "Europe/Warsaw",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Kwajalein",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Pacific/Chatham",
)
OFFSETS = (("+02:00", 120), ("-0330", -210), ("+14", 840), ("+00:00", 0))
FIRST = date(1970, 1, 3)
LAST = date(2037, 12, 30)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
CHANGES_MAX = 40
SEED = 20261121


def micros(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def begin_of(zone, day: date) -> datetime:
    """The first minute whose local date is `day` or later."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    instant = midnight.astimezone(timezone.utc) - timedelta(hours=4)
    while instant.astimezone(zone).date() >= day:
        instant -= timedelta(hours=4)
    while instant.astimezone(zone).date() < day:
        instant += MINUTE
    return instant


def days_of(zone, chance: random.Random) -> list[date]:
    """Days around changes of the offset, and some others."""
    changes = []
    day = FIRST
    before = None
    while day < LAST:
        offset = datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset()
        if before is not None and offset != before:
            changes.append(day)
        before = offset
        day += timedelta(days=1)
    picked = chance.sample(changes, min(CHANGES_MAX, len(changes)))
    days = {day + timedelta(days=shift) for day in picked for shift in (-2, -1, 0, 1)}
    span = (LAST - FIRST).days
    days |= {FIRST + timedelta(days=chance.randrange(span)) for _ in range(20)}
    if getattr(zone, "key", "") == "Pacific/Apia":  # skipped the 30th
        days |= {date(2011, 12, n) for n in (29, 30, 31)}
    return sorted(days)


def micros_c(instant: datetime) -> str:
    return f"INT64_C({micros(instant)})"


def civil_c(t: datetime) -> str:
    """A tide_civil."""
    parts = (t.year, t.month, t.day, t.hour, t.minute, t.second, t.microsecond)
    return "{" + ", ".join(map(str, parts)) + "}"


def vectors(name: str, zone, chance: random.Random):
    """Pairs of a table and a row of it."""
    for day in days_of(zone, chance):
        begin = begin_of(zone, day)
        end = begin_of(zone, day + timedelta(days=1))
        number = (day - EPOCH.date()).days
        yield "days", f'{{"{name}", {number}, {micros_c(begin)}, {micros_c(end)}}},'
        for _ in range(3):
            shift = chance.randrange(-3600 * 10**6, 26 * 3600 * 10**6)
            instant = begin + timedelta(microseconds=shift)
            local = instant.astimezone(zone)
            yield "civils", f'{{"{name}", {micros_c(instant)}, {civil_c(local)}}},'
            # A wall time, existing or not: zoneinfo's fold=0 is the first of two, and in a gap the
            # offset before it.
            seconds = chance.randrange(4 * 3600)
            wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(seconds=seconds)
            instant = wall.astimezone(timezone.utc)
            yield "walls", f'{{"{name}", {micros_c(instant)}, {civil_c(wall)}}},'


def main() -> None:
    chance = random.Random(SEED)
    tables: dict[str, list[str]] = {"days": [], "civils": [], "walls": []}
    zones = [(name, ZoneInfo(name)) for name in ZONES]
    zones += [(name, timezone(timedelta(minutes=minutes))) for name, minutes in OFFSETS]
    for name, zone in zones:
        for table, row in vectors(name, zone, chance):
            tables[table].append(row)
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print(f"/* Made by make_calendar_vectors.py, seed {SEED}. */")
    print('#include "calendar_vectors.h"')
    for table, rows in tables.items():
        kind = "calendar_day" if table == "days" else "calendar_instant"
        print(f"const {kind} calendar_{table}[] = {{")
        print("\n".join(rows))
        print(f"}};\nconst size_t calendar_{table[:-1]}_count = {len(rows)};")


if __name__ == "__main__":
    sys.exit(main())
