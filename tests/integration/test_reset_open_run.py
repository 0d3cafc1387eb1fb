# SPDX-License-Identifier: Apache-2.0
"""`state reset` starts over: a run that has not ended is closed by it, and the next one reads
everything, whatever the closed one had planned to read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from open_run_ground import (
    ALL,
    DATABASES,
    MERGE,
    REPLACE,
    SERIES,
    Ground,
    SearchGround,
    in_sinks,
    line,
    make_ground,
    make_search,
)


@pytest.fixture
def ground(request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path) -> Ground:
    return make_ground(request, tidemill, tmp_path)


@pytest.fixture
def search(elasticsearch_8, tidemill: Path, tmp_path: Path) -> Iterator[SearchGround]:
    with make_search(elasticsearch_8, tidemill, tmp_path) as made:
        yield made


ROUTES = {
    "append": {},
    "again": {"sink": {"again": "append"}},
    "series": SERIES,
    "registry": SERIES | {"source": {"registry": True}},
    "replace": {"sink": REPLACE},
}
MERGES = {
    "merge": {"sink": MERGE, "partitions": 4},
    "registered merge": {"sink": MERGE, "partitions": 4, "source": {"registry": True}},
}


def starts_over(ground: Ground, route: dict, before: bool, kept: int) -> None:
    """A run is killed - the first one, or the second - and everything is emptied."""
    rows = {n: line(n, day=n) for n in range(1, 9)}
    ground.configure(**route)
    if before:
        for n in (1, 2, 3):
            ground.write(f"in/a{n}", rows[n])
        ground.run("run")
    for n in rows:
        ground.write(f"in/a{n}", rows[n])
    ground.kill_after(kept)
    ground.reset()
    begun = ["complete"] if before else []
    assert ground.statuses() == [*begun, "abandoned"]
    assert ground.numbers() == []
    ground.run("run")
    assert ground.statuses() == [*begun, "abandoned", "complete"]
    assert (ground.numbers(), ground.late()) == (list(rows), [])
    assert ground.record()["counts"]["late"] == 0


@pytest.mark.parametrize(("before", "kept"), [(False, 2), (True, 0)])
@pytest.mark.parametrize("route", ROUTES)
@in_sinks(*ALL)
def test_a_new_run_reads_everything(ground: Ground, route: str, kept: int, before: bool) -> None:
    starts_over(ground, ROUTES[route], before, kept)
    everything = list(range(1, 9))
    again = 2 if route == "again" else 1
    assert ground.numbers() == sorted(everything * again)


@pytest.mark.parametrize(("before", "kept"), [(False, 1), (True, 0)])
@pytest.mark.parametrize("route", MERGES)
@in_sinks(*DATABASES)
def test_a_new_merge_reads_everything(ground: Ground, route: str, kept: int, before: bool) -> None:
    starts_over(ground, MERGES[route], before, kept)
    ground.holds(*range(1, 9))


@pytest.mark.parametrize("route", ["append", "series", "registry"])
@in_sinks(*ALL)
def test_a_file_that_is_gone_is_missed_no_more(ground: Ground, route: str) -> None:
    ground.write("in/a", line(1, day=1) + line(2, day=2))
    ground.write("in/b", line(3, day=1) + line(4, day=4))
    ground.configure(**ROUTES[route])
    assert ground.kill_after(1) != []
    (ground.directory / "in/b").unlink()
    assert "is gone" in ground.run("run", code=4).stderr
    ground.reset()
    assert ground.statuses() == ["abandoned"]
    ground.run("run")
    assert ground.statuses() == ["abandoned", "complete"]
    ground.holds(1, 2)


@in_sinks(*ALL)
def test_another_day_to_run_up_to_holds_for_the_new_run(ground: Ground) -> None:
    ground.write("in/a", "".join(line(n, day=n) for n in range(1, 7)))
    ground.configure(until="2024-03-05", **ROUTES["registry"])
    assert ground.kill_after(1) == [1]
    ground.configure(until="2024-03-09", **ROUTES["registry"])
    ground.reset()
    ground.run("run")
    assert ground.statuses() == ["abandoned", "complete"]
    ground.holds(*range(1, 7))


@pytest.mark.parametrize("route", ["append", "series", "replace"])
@in_sinks(*ALL)
def test_a_failed_run_is_closed_too(ground: Ground, route: str) -> None:
    """It would go on as a killed one does."""
    ground.write("in/a", line(1))
    ground.configure(**ROUTES[route])
    ground.run("run")
    ground.write("in/b", line(2, day=2))
    ground.write("in/c", "junk\n")
    ground.run("run", "--workers", "1", code=6)
    ground.write("in/c", line(3, day=3))
    ground.reset()
    assert ground.statuses() == ["complete", "abandoned"]
    ground.run("run")
    assert ground.statuses() == ["complete", "abandoned", "complete"]
    ground.holds(1, 2, 3)


@pytest.mark.parametrize("route", ["append", "merge", "series"])
def test_a_cursor_begins_anew(search: SearchGround, route: str) -> None:
    """The closed run was to read what came since the one before it: the rest is gone by now."""
    keys = {"append": {}, "merge": {"sink": MERGE, "partitions": 4}, "series": SERIES}
    search.load(1, 2)
    search.search(**keys[route])
    search.run("run")
    search.load(3, 4)
    search.load(5, 6, index="open-2")
    search.kill_after(1)
    search.reset()
    assert search.statuses() == ["complete", "abandoned"]
    search.run("run")
    assert search.statuses() == ["complete", "abandoned", "complete"]
    search.holds(1, 2, 3, 4, 5, 6)
