# SPDX-License-Identifier: Apache-2.0
"""Pipelines that are rewound, against undisturbed ones.

A random pipeline (test_pipelines.py draws them) runs, is taken back to a random day, its source
changes in the days after it, and it runs again, with other workers, units and memory: the tables are
those of one run over the source as it is then, as pipeline_reference.py has it.

TIDEMILL_MODEL_SEED=41 TIDEMILL_MODEL_CASES=1 repeats case 41.
"""

import json
import os
import subprocess
from datetime import date, timedelta

import pipeline_reference as reference
import pytest
from pipeline_cases import Entry
from pipeline_world import END_OF_TIME, Case, Place, normal, same, same_set, without_digest
from pipelines.tables import sort_rows

FIRST_SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
CASES = int(os.environ.get("TIDEMILL_MODEL_CASES", "12"))
SINKS = ("sqlite", "postgres", "csv")


def draw_case(seed, sink, tidemill, directory, request) -> Case:
    """The first case from a seed on that appends with a series."""
    for drawn in range(1000 * seed, 1000 * seed + 1000):
        case = Case(drawn, tidemill, directory, request.getfixturevalue)
        if case.ordered and case.design.pipeline.mode == "append" and case.source.kind != "search":
            break
    case.place, case.twin = Place(case, sink, f"rewound_{sink}"), None
    case.horizon = END_OF_TIME
    return case


def rewind(case: Case, day: date) -> dict:
    done = subprocess.run(
        [case.binary, "state", case.place.name, "rewind", "--to", str(day), "--yes", "--json"],
        cwd=case.place.project.directory,
        capture_output=True,
        text=True,
        timeout=60,
    )
    print(f"  rewind to {day}: {done.stdout.strip()}{done.stderr}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def day_column(case: Case) -> str:
    return next(name for name, source in case.design.pipeline.filled if source == "day")


def draw_day(case: Case) -> date:
    """Mostly one of the days that there are."""
    days = [series.last_day for series in case.world.state.values()]
    last = max(days, default=date(2020, 1, 1))
    return last - timedelta(days=case.rng.randrange(case.source.events.days + 2))


def is_after(case: Case, entry: Entry, day: date) -> bool:
    used_at = entry.fields["used_at"]
    return used_at is not None and reference.local_day(used_at, case.source.events.zone) > day


def change_after(case: Case, day: date) -> None:
    """Rows of later days change, go and come; rows that can't be decoded do so anywhere."""
    rng = case.rng
    for name, entries in case.source.parts.items():
        kept = []
        for entry in entries:
            free = is_after(case, entry, day) or not entry.is_row()
            if free and rng.random() < 0.2:
                continue
            if free and entry.is_row() and rng.random() < 0.2:
                entry = Entry(entry.id, {**entry.fields, "points": rng.randrange(1000)})
            kept.append(entry)
        case.source.parts[name] = kept
    entries = case.mixed(rng.choice([0, 5, 60]), 0)
    case.source.add_part([e for e in entries if not e.is_row() or is_after(case, e, day)])


def key_of(case: Case, row: dict) -> tuple:
    return tuple(str(row[name]) for name in case.design.pipeline.series)


def compare_with_undisturbed(case: Case, day: date, reached: dict[tuple, date]) -> None:
    content = case.write_source()
    outcome = reference.run(case.design.pipeline, reference.World(), content.rows, END_OF_TIME)
    rejects = dict(content.undecodable)
    rejects |= {position: column for position, column, _ in content.null_keys}
    arguments = case.write_project(case.place, None)
    done = case.place.project.run(*arguments)
    print(f"  {case.place.sink}: {' '.join(arguments)} -> {done.describe()}")
    assert done.code == 0, done.describe()
    counts = done.record["counts"]
    assert counts["read"] == len(content.rows) + len(rejects)
    assert counts["rejected"] == len(rejects)
    after = [r for r in content.rows if is_after(case, Entry("", r.values), day)]
    assert counts["consumed"] == len(after)
    assert counts["rebuilt"] + counts["seen"] == len(content.rows) - len(after)
    assert counts["emitted"] == counts["loaded"]

    found = case.place.reader().read()
    case.world, case.decode_rejects = outcome.world, rejects
    state = without_marks(case, found.state)
    assert {row["_run"] for row in state} <= set(range(1, done.record["run"] + 1))
    same(without_runs(state), without_runs(expected_state(case, reached)))
    same(found.output, sort_rows(case.world.output))
    case.compare_rejects(found)
    assert found.late == []


def expected_state(case: Case, reached: dict[tuple, date]) -> list[dict]:
    """A series that was rewound has been processed up to that day, also where it has no row of it:
    the table may hold days that have lost their rows."""
    rows = case.expected_state()
    return [
        {**row, "_last_day": max(row["_last_day"], reached.get(key_of(case, row), date.min))}
        for row in rows
    ]


def without_marks(case: Case, state: list[dict]) -> list[dict]:
    """A series that has no row any more stays rewound."""
    known = {tuple(map(str, key)) for key in case.world.state}
    for row in state:
        assert (row["_rows"] == -1) == (key_of(case, row) not in known), row
    return [row for row in state if row["_rows"] != -1]


def without_runs(state: list[dict]) -> list[dict]:
    gone = ("_run", "_previous_day")
    return sort_rows(
        [{k: v for k, v in row.items() if k not in gone} for row in without_digest(state)]
    )


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_tables_are_those_of_an_undisturbed_run(seed, sink, tidemill, tmp_path, request):
    case = draw_case(seed, sink, tidemill, tmp_path, request)
    print(f"\nseed {seed}: {case.describe()}")
    case.change_source()
    case.run_and_compare()
    reached: dict[tuple, date] = {}
    for _ in range(case.rng.choice([1, 2])):
        if not case.world.state:
            break
        day = draw_day(case)
        before = case.place.reader().read()
        told = rewind(case, day)
        found = case.place.reader().read()
        column = day_column(case)
        kept = [row for row in before.output if row[column] <= day]
        assert normal(found.output) == normal(kept)
        assert told["rows_deleted"] == len(before.output) - len(kept)
        kept = {r for r in before.rejects if r[0] != "decode" and reject_day(r) <= day}
        same_set(set(found.rejects), kept)
        assert all(row["_last_day"] <= day for row in found.state)
        rewound = [row for row in before.state if row["_last_day"] > day or row["_rows"] == -1]
        marked = [row for row in found.state if row["_rows"] == -1]
        assert len(marked) == len(rewound)
        reached |= {key_of(case, row): row["_last_day"] for row in marked}
        change_after(case, day)
        compare_with_undisturbed(case, day, reached)
    case.check_nothing_left()


def reject_day(reject: tuple) -> date:
    return date.fromisoformat(reject[1].rsplit("/", 2)[1])
