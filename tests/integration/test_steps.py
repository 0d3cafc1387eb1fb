# SPDX-License-Identifier: Apache-2.0
"""Steps in a row through the real binary: what each refuses is kept, and where they can't stand."""

from pathlib import Path

import pytest
from project import Project

COLUMNS = {"who": "text", "at": "timestamp", "v": "int64"}
REFUSING = [  # each refuses the first of the rows that it is given
    {"where": "1 / v >= 0"},
    {"where": "1 / (v - 1) >= 0"},
    {"derive": {"z": "1 / (v - 2)"}},
    {"where": "1 / (v - 3) >= -9"},
]
TWICE = "return {row = function(r) return {{v = r.v}, {v = r.v}} end}"
ORDERED = {"series": "who", "time": "at", "sink": "out"}
STREAMED = {
    "sink": {"connection": "lite", "table": "out", "mode": "append", "again": "append"},
}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    lines = [f'{{"who": "a", "at": "2024-03-01T10:00:0{n}Z", "v": {n}}}\n' for n in range(6)]
    made.write("in.ndjson", "".join(lines))
    made.write("twice.lua", TWICE)
    return made


def steps(project: Project, *listed: dict, **keys: object) -> None:
    project.pipeline(source={"files": "in.ndjson"}, columns=COLUMNS, steps=listed, **keys)


REJECTS = "SELECT step, position, row_values FROM out_rejects ORDER BY step, position"


@pytest.mark.parametrize(
    ("keys", "positions"),
    [
        (ORDERED, [f"a/2024-03-01/{n}.1" for n in (1, 2, 3, 4)]),
        (STREAMED, [f"in.ndjson:{51 * n}" for n in range(4)]),
    ],
)
def test_rejects_of_several_steps_are_all_kept(
    project: Project, keys: dict, positions: list[str]
) -> None:
    steps(project, *REFUSING, max_rejects=4, **keys)
    record = project.record()
    assert sum(step["rejected"] for step in record["steps"]) == 4
    rejects = project.rows(REJECTS)
    assert [(step[0], position) for step, position, _ in rejects] == list(
        zip("1234", positions, strict=True)
    )
    assert [f'"v": {n}' in values for n, (_, _, values) in enumerate(rejects)] == [True] * 4


@pytest.mark.parametrize("keys", [ORDERED, STREAMED])
def test_rejects_of_rows_made_of_one_are_all_kept(project: Project, keys: dict) -> None:
    emit = {"lua": "twice.lua", "output": {"v": "int64"}}
    steps(project, emit, *REFUSING, max_rejects=8, **keys)
    record = project.record()
    assert sum(step["rejected"] for step in record["steps"]) == 8
    assert len(project.rows(REJECTS)) == 8


def test_a_day_form_needs_series(project: Project) -> None:
    """Without them it would be called with whatever a batch holds."""
    project.write("day.lua", "return {day = function(rows) return {v = rows.n} end}")
    steps(project, {"lua": "day.lua", "output": {"v": "int64"}}, **STREAMED)
    assert "this step needs `series:` and `time:`" in project.run("run", code=2).stderr


@pytest.mark.parametrize("keys", [ORDERED, STREAMED])
def test_an_error_of_a_script_is_not_one_of_the_source(project: Project, keys: dict) -> None:
    project.write("bad.lua", "return {row = function(r) error('mine') end}")
    steps(project, {"lua": "bad.lua", "output": {"v": "int64"}}, **keys)
    assert "bad.lua:1: mine" in project.run("run", code=1).stderr
