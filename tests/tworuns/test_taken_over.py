# SPDX-License-Identifier: Apache-2.0
"""A run or a command stands still (SIGSTOP) while it holds the lease, another run takes over and
completes, the first goes on (SIGCONT): it ends with exit 5 and `fenced`, and changes nothing.

TIDEMILL_TAKEOVER_SEED chooses other points, TIDEMILL_TAKEOVERS_EACH how many.
"""

import os
import random

import pytest
from embedded import EmbeddedGround, refuse_and_go_on
from kill_ground import PIPELINE
from kill_scenarios import MODES, SEARCH_MODES
from kill_timeline import read_log
from search_takeover import SearchEmbeddedGround, SearchTakeoverGround
from takeover import (
    COMMITS_OF_LEASE,
    Point,
    TakeoverGround,
    check_tables,
    ended_at_last,
    list_points,
    start_command,
    take_over,
    wait_until_stopped,
)

SEED = int(os.environ.get("TIDEMILL_TAKEOVER_SEED", "1"))
EACH = int(os.environ.get("TIDEMILL_TAKEOVERS_EACH", "1"))
COMMANDS = {
    "rewind": ["state", PIPELINE, "rewind", "--to", "2024-03-04", "--yes"],
    "reset": ["state", PIPELINE, "reset", "--yes"],
    "accept": ["state", PIPELINE, "accept"],
}


def make_ground(tidemill, tmp_path, postgres, mode) -> TakeoverGround:
    server = postgres.conninfo().rpartition(" dbname=")[0]
    return TakeoverGround(tidemill, tmp_path, "postgres", mode, SEED, server)


def draw(rng: random.Random, points: list, count: int) -> list:
    """Of different names first: most points are those of units."""
    by_name: dict[str, list] = {}
    for point in points:
        by_name.setdefault(point.name, []).append(point)
    names = rng.sample(sorted(by_name), min(count, len(by_name)))
    drawn = [rng.choice(by_name[name]) for name in names]
    return drawn + rng.choices(points, k=count - len(drawn))


@pytest.mark.parametrize("mode", MODES)
def test_a_run_that_was_stopped(mode, tidemill, tmp_path, postgres):
    print(f"\nseed {SEED}")
    ground = make_ground(tidemill, tmp_path, postgres, mode)
    stop_and_take_over(ground, draw(random.Random(f"{SEED} {mode}"), ground.points, EACH))
    ground.remove()


def stop_and_take_over(ground: TakeoverGround, points: list[Point]) -> None:
    for point in points:
        place = ground.copy("stopped")
        print(point)
        first = place.start(ground.arguments(), {"TIDEMILL_FAULT": f"{point}:stop"})
        with ended_at_last(first):
            assert wait_until_stopped(first), f"it never passed {point}"
            take_over(ground, place, first, f"{ground.mode.name} {point}")
        assert place.project.spilled_files() == []
        place.remove()


@pytest.mark.parametrize("mode", SEARCH_MODES)
def test_a_run_that_was_stopped_with_rows_staged(
    mode, tidemill, tmp_path, postgres, elasticsearch_8
):
    """Those of the first are in a staging table, and its points in time on the server."""
    print(f"\nseed {SEED}")
    server = postgres.conninfo().rpartition(" dbname=")[0]
    ground = SearchTakeoverGround(
        tidemill, tmp_path, "postgres", mode, SEED, server, elasticsearch_8
    )
    last = [point for point in ground.points if point.name == "postgres.finish.after"]
    drawn = draw(random.Random(f"{SEED} {mode}"), ground.points, EACH)
    stop_and_take_over(ground, [*drawn, *first_load(ground.points), *last])
    ground.remove()


def first_load(points: list[Point]) -> list[Point]:
    return [point for point in points if point.name == "postgres.copy.end"][:1]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_was_stopped(command, tidemill, tmp_path, postgres):
    ground = make_ground(tidemill, tmp_path, postgres, "append")
    place = ground.copy("points")
    whole = start_command(place, COMMANDS[command], {"TIDEMILL_FAULT_LOG": str(place.log)})
    _, said = whole.communicate(timeout=60)
    assert whole.returncode == 0, said.decode()
    points = list_points(read_log(place.log), COMMITS_OF_LEASE)
    place.remove()
    assert points
    for point in draw(random.Random(f"{SEED} {command}"), points, EACH):
        place = ground.copy("stopped")
        print(point)
        first = start_command(place, COMMANDS[command], {"TIDEMILL_FAULT": f"{point}:stop"})
        with ended_at_last(first):
            assert wait_until_stopped(first), f"it never passed {point}"
            take_over(ground, place, first, f"{command} {point}")
        place.remove()
    ground.remove()


@pytest.mark.parametrize("sink", ["sqlite", "csv"])
def test_a_file_is_not_taken_from_a_process_that_is_alive(sink, tidemill, tmp_path):
    """At a point where no lock is held; `make torture` draws from all."""
    ground = EmbeddedGround(tidemill, tmp_path, sink, "append", SEED, None)
    check_refused(ground, "processing")


@pytest.mark.parametrize("mode", SEARCH_MODES)
def test_a_file_with_rows_staged_is_not_taken(mode, tidemill, tmp_path, elasticsearch_8):
    ground = SearchEmbeddedGround(tidemill, tmp_path, "sqlite", mode, SEED, None, elasticsearch_8)
    check_refused(ground, "reading")


def check_refused(ground: EmbeddedGround, name: str) -> None:
    point = next(point for point in ground.points if point.name == name)
    place = ground.copy("stopped")
    first = place.start(ground.arguments(), {"TIDEMILL_FAULT": f"{point}:stop"})
    with ended_at_last(first):
        assert wait_until_stopped(first), f"it never passed {point}"
        refuse_and_go_on(ground, place, first, f"{ground.sink} {point}")
    ground.remove()


def test_the_ground_can_tell_a_difference(tidemill, tmp_path, postgres):
    ground = make_ground(tidemill, tmp_path, postgres, "append")
    with pytest.raises(AssertionError):
        check_tables(ground, ground.base, "before the run")
    ground.remove()
