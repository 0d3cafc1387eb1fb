# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL: a run that has not ended is closed by the transaction with which the next one begins: killed right
after that, the next one is the only open one, and what the closed one had loaded is none of its rows."""

from pathlib import Path

import pytest
from open_run_ground import MERGE, REPLACE, Ground, in_sinks, line, make_ground

COMMITS_MAX = 8  # of what is committed before a run has begun, and with it
UNITS = "select run, loaded from tidemill_units order by run"


@pytest.fixture
def ground(request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path) -> Ground:
    return make_ground(request, tidemill, tmp_path)


def kill_once_begun(ground: Ground, runs: int, *arguments: str) -> None:
    """At the first COMMIT after which there are so many runs; each earlier one leaves all as it was."""
    for nth in range(1, COMMITS_MAX):
        ground.kill(f"postgres.commit.after:{nth}", *arguments)
        if len(ground.statuses()) == runs:
            return
    raise AssertionError("it has not begun")


@in_sinks("postgres")
def test_new_is_killed_once_it_has_begun(ground: Ground) -> None:
    ground.write("in/a", line(1) + line(2))
    ground.write("in/b", line(3))
    ground.configure()
    assert ground.kill_after(units=1) == [1, 2]
    kill_once_begun(ground, 2, "--new", "--workers", "1")
    assert ground.statuses() == ["abandoned", "started"]
    assert ground.ask(UNITS) == []
    assert ground.record()["loaded_ever"] == 5
    assert ground.numbers() == [1, 1, 2, 2, 3]
    assert ground.statuses() == ["abandoned", "complete"]
    ground.write("in/c", line(4))
    kill_once_begun(ground, 3, "--workers", "1")
    # No rows of the open run are there, to be mixed with others.
    ground.configure(steps=[{"where": "n > 0"}])
    ground.run("run")
    ground.holds(1, 1, 2, 2, 3, 4)
    assert ground.statuses()[:4] == ["abandoned", "complete", "abandoned", "complete"]


@in_sinks("postgres")
def test_an_edit_closes_a_run_and_is_killed_once_it_has_begun(ground: Ground) -> None:
    ground.write("in/a", line(1) + line(2))
    ground.write("in/b", line(3))
    ground.configure(sink=MERGE)
    ground.kill_after(units=1)
    ground.configure(sink=REPLACE)
    kill_once_begun(ground, 2, "--workers", "1")
    assert ground.statuses() == ["abandoned", "started"]
    ground.run("run")
    ground.holds(1, 2, 3)
    assert ground.statuses()[:2] == ["abandoned", "complete"]
