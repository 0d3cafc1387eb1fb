# SPDX-License-Identifier: Apache-2.0
"""The wire breaks in the second run of a pipeline that reads by a cursor: late, changed and new rows,
those left by the first run, and the marks are as if nothing had been.

A sample of what `tests/wire/torture` does for longer, at one of its servers.
TIDEMILL_WIRE_SEED chooses another one. A failure names its seed: torture --replay repeats it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count

import pytest
from wire_campaign import Campaign, Stage
from wire_checks import WireError
from wire_cursor import EARLIER, NEW, Nights, now_micros
from wire_faults import FAULTS, FOR_EVER, Plan, Strike
from wire_scenarios import CURSOR_ROUTES, Case

SEED = int(os.environ.get("TIDEMILL_WIRE_SEED", "1"))
RUNS = 4
SERVER = "elasticsearch_8"
PAIRS = (("cursor_ordered", "csv"), ("cursor_stream", "sqlite"), ("cursor_merge", "postgres"))


@pytest.fixture(scope="session")
def nights(wire_campaign) -> Iterator[Campaign]:
    campaign = Campaign(wire_campaign.stages, "cursor")
    stage = stage_of(campaign)
    stage.nights = Nights(stage, SEED, PAIRS)
    yield campaign


def stage_of(campaign: Campaign) -> Stage:
    return next(stage for stage in campaign.stages if stage.ground.server.name == SERVER)


def seeds(campaign: Campaign) -> Iterator[int]:
    """Those that draw this server and one of these pairs."""
    for seed in count(SEED * 1000):
        stage, case, _ = campaign.draw(seed)
        if stage is stage_of(campaign) and (case.route, case.sink) in PAIRS:
            yield seed


def case_of(route: str, sink: str, **changes: object) -> Case:
    case = Case(route, sink, "scroll", None, 110, 2, few_rows=True, compressed=False)
    return replace(case, **changes)


@pytest.mark.parametrize("number", range(RUNS))
def test_a_second_run_with_faults(number, nights):
    drawn = seeds(nights)
    seed = [next(drawn) for _ in range(number + 1)][-1]
    print(nights.describe(seed))
    assert nights.run(seed), nights.failures[-1]


@pytest.mark.parametrize(("route", "sink"), PAIRS)
def test_a_source_that_breaks_in_a_second_run_and_the_same_command_resumes(route, sink, nights):
    plan = Plan([Strike(FAULTS["cut in the body"], "next", 12, FOR_EVER, SEED)])
    outcome = stage_of(nights).run(SEED, case_of(route, sink, workers=1), plan)
    assert outcome.code == 4
    assert "retries:" in outcome.said


def test_the_second_run_meets_all_kinds_of_rows(nights):
    """So that there is something to be lost."""
    ground = stage_of(nights).nights.ground
    assert len(ground.documents) > EARLIER + NEW
    counts = ground.reference("cursor_ordered").counts
    assert all(counted > 10 for counted in counts.values()), counts
    for route in CURSOR_ROUTES:
        assert len(ground.read(route)) > NEW


# The checks can fail.


def test_marks_and_files_that_differ_are_noticed(nights):
    stage, case = stage_of(nights), case_of("cursor_ordered", "csv", page_size=1000)
    begun = now_micros()
    assert stage.run(SEED, case, Plan([])).code == 0
    folder = stage.directory / "out"
    stage.nights.check_marks(case, begun, now_micros())
    with pytest.raises(WireError, match="high"):
        stage.nights.check_marks(case, now_micros() + 1000, now_micros() + 2000)
    (high, low) = marks_of(folder)
    change_marks(folder, f"{high} {low + 1000}")
    with pytest.raises(WireError, match="low mark"):
        stage.nights.check_marks(case, begun, now_micros())
    with pytest.raises(WireError, match="after a failure"):
        stage.nights.check_unmoved(case)
    parts = sorted((folder / "loaded").glob("*.csv"))
    (folder / "loaded" / "part-9.csv").write_bytes(parts[0].read_bytes())
    with pytest.raises(WireError, match="too many"):
        stage.compare(case, stage.expected(case))
    with pytest.raises(WireError, match="left"):
        stage.check_left(stage.reader(case))


def marks_of(folder) -> tuple[int, int]:
    with closing(sqlite3.connect(folder / "tidemill.sqlite")) as base:
        ((value,),) = base.execute("select value from tidemill_marks").fetchall()
    high, low, _ = value.split()
    return int(high), int(low)


def change_marks(folder, value: str) -> None:
    with closing(sqlite3.connect(folder / "tidemill.sqlite")) as base:
        base.execute("update tidemill_marks set value = ?", [value])
        base.commit()


def test_late_rows_and_counts_that_differ_are_noticed(nights):
    stage, case = stage_of(nights), case_of("cursor_ordered", "csv")
    expected = stage.expected(case)
    assert expected.late
    assert stage.run(SEED, case, Plan([])).code == 0
    with pytest.raises(WireError, match="late: 1 rows too many"):
        stage.compare(case, replace(expected, late=expected.late[1:]))
    counts = stage.nights.ground.reference(case.route).counts
    with pytest.raises(WireError, match="counts"):
        stage.nights.check_counts(case, {**counts, "seen": counts["seen"] + 1})
    with pytest.raises(WireError, match="went somewhere"):
        stage.nights.check_counts(case, {**counts, "discarded": 0, "read": 1})
