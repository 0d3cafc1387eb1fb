# SPDX-License-Identifier: Apache-2.0
"""A retry that is killed at any point: each row is in the table or a reject, never both or neither;
the same command again loads the rest, and the end is that of an undisturbed one."""

import json
import os
import signal
from pathlib import Path

import pytest
from retry_ground import BAD, KINDS, UNITS, RetryGround

# Some of the points of a retry are tried in `make test`; TIDEMILL_KILL_STRIDE=1 tries all.
STRIDE = int(os.environ.get("TIDEMILL_KILL_STRIDE", "9"))


@pytest.fixture(params=KINDS)
def make_ground(request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path, postgres_database):
    def make(name: str) -> RetryGround:
        ground = RetryGround(request.param, tmp_path / name, tidemill, postgres_database, name)
        ground.make()
        return ground

    return make


def test_killed_at_any_point(make_ground, tmp_path: Path) -> None:
    log = tmp_path / "points"
    whole = make_ground("undisturbed")
    before = whole.table()
    told = json.loads(whole.retry(TIDEMILL_FAULT_LOG=str(log), **UNITS))
    assert (told["tried"], told["loaded"]) == (BAD, BAD)
    wanted = whole.table()
    assert len(wanted) == len(before) + BAD and whole.rejects() == []
    points = len(log.read_text().splitlines())
    assert points > 20
    ground = make_ground("killed")
    for point in range(1, points + 1, STRIDE):
        fault = {"TIDEMILL_FAULT": f"*:{point}", **UNITS}
        if point > 1 and len(ground.rejects()) < BAD:  # what is left may not reach the point
            ground = make_ground(f"killed{point}")
        ground.retry(code=-signal.SIGKILL, **fault)
        assert ground.everything() == wanted, point
        # Killed there once more, or not, on its way to the end.
        ground.retry(code=None, **fault)
        assert ground.everything() == wanted, point
    ground.retry(**UNITS)
    assert (ground.table(), ground.rejects()) == (wanted, [])
    *retries, first = [json.loads(line) for line in ground.run("runs", "--json").splitlines()]
    assert (first["run"], first["status"]) == (1, "complete")
    assert all(run["status"] == "retried" and "ended_at" in run for run in retries)
    ground.run("run")
    assert ground.table() == wanted


def test_a_run_after_a_killed_retry(make_ground) -> None:
    """It takes no retry for a run to be resumed."""
    ground = make_ground("interrupted")
    before = ground.table()
    everything = sorted(before + ground.rejects())
    point = (
        "csv.manifest.after:2"
        if ground.kind == "csv"
        else ("sqlite.commit.after:2" if ground.kind == "sqlite" else "postgres.commit.after:4")
    )
    ground.retry(code=-signal.SIGKILL, TIDEMILL_FAULT=point, **UNITS)
    assert ground.everything() == everything
    ground.run("run")
    lines = [json.loads(line) for line in ground.run("runs", "--json").splitlines()]
    assert [(run["run"], run["status"]) for run in lines] == [
        (3, "complete"),
        (2, "retried"),
        (1, "complete"),
    ]
    assert all("ended_at" in run for run in lines)
    told = json.loads(ground.retry(**UNITS))
    assert told["loaded"] + told["superseded"] == told["tried"]
    assert (ground.table(), ground.rejects()) == (everything, [])
