# SPDX-License-Identifier: Apache-2.0
"""A pipeline that reads only what is new is given a series, or loses its state: what it has read
by then it knows, but no state does. Rows are known by their numbers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from open_run_ground import (
    ALL,
    DATABASES,
    MERGE,
    SERIES,
    Ground,
    SearchGround,
    in_sinks,
    line,
    make_ground,
    make_search,
)

REGISTRY = {"registry": True}


@pytest.fixture
def ground(request, tidemill: Path, tmp_path: Path) -> Ground:
    return make_ground(request, tidemill, tmp_path)


@pytest.fixture
def search(elasticsearch_8, tidemill: Path, tmp_path: Path) -> Iterator[SearchGround]:
    with make_search(elasticsearch_8, tidemill, tmp_path) as made:
        yield made


# Where the rows go by then: a table of another name, or one that was taken away.
ELSEWHERE = ["renamed", "dropped", "emptied"]


def go_elsewhere(ground: Ground, how: str) -> dict:
    if how == "renamed":
        return {"table": "u"}
    ground.take_rows(how)
    return {}


@pytest.mark.parametrize("how", ELSEWHERE)
@pytest.mark.parametrize("before", ["append", "merge"])
@in_sinks("sqlite", "postgres")
def test_a_series_and_another_table_do_not_go_on_from_what_was_read(
    ground: Ground, before: str, how: str
) -> None:
    """The rows of before would be in neither."""
    ground.own_table()
    if before == "merge":
        ground.ask("create unique index by_n on t (n)")
    ground.write("in/a", line(1) + line(2, day=2))
    ground.configure(REGISTRY, MERGE if before == "merge" else {})
    ground.run("run")
    sink = go_elsewhere(ground, how)
    ground.write("in/b", line(3, day=3))
    ground.configure(REGISTRY, sink, **SERIES)
    said = ground.fails("E8000")
    assert "earlier runs have read rows into table" in said
    ground.reset()
    ground.run("run")
    for _ in range(2):
        assert ground.column("n", sink.get("table", "t")) == [1, 2, 3]
        ground.run("run")


@in_sinks("csv")
def test_a_series_and_other_files_do_not_either(ground: Ground) -> None:
    ground.write("in/a", line(1) + line(2, day=2))
    ground.configure(REGISTRY)
    ground.run("run")
    ground.take_rows("dropped")
    ground.write("in/b", line(3, day=3))
    ground.configure(REGISTRY, **SERIES)
    ground.fails("E8000")
    ground.reset()
    ground.run("run")
    ground.holds(1, 2, 3)


@in_sinks(*ALL)
def test_a_table_that_nothing_was_loaded_into_may_be_another(ground: Ground) -> None:
    """All rows of the first run are left: the next one reads them again."""
    ground.write("in/a", line(1, day=5))
    ground.configure(REGISTRY, until="2024-03-01", **SERIES)
    ground.run("run")
    if ground.kind != "csv":
        ground.take_rows("dropped")
    ground.write("in/b", line(2, day=5))
    ground.configure(REGISTRY, until="2024-03-09", **SERIES)
    ground.run("run")
    ground.holds(1, 2)


COUNT = """
return {day = function(rows, state)
  state.count = (state.count or 0) + rows.n
  return {n = state.count, ts = rows.ts[1]}
end}
"""
COUNTS = {
    "steps": [
        {
            "lua": "count.lua",
            "state": {"count": "int64"},
            "output": {"c": {"from": "series"}, "ts": "timestamp", "n": "int64"},
        }
    ]
}


def days(*numbers: int) -> str:
    return "".join(line(n, day=n) for n in numbers)


@in_sinks(*DATABASES)
def test_a_merge_whose_state_is_gone_reads_all_of_it_again(ground: Ground) -> None:
    ground.write("count.lua", COUNT)
    ground.write("in/a", days(1, 2, 3))
    merge = {"mode": "merge", "key": ["c"], "newest": "ts"}
    ground.configure(REGISTRY, merge, **SERIES, **COUNTS)
    ground.run("run")
    ground.ask("drop table tidemill_state_p")
    ground.write("in/b", days(4))
    ground.run("run")
    ground.holds(4)


@in_sinks(*DATABASES)
def test_a_merge_that_is_given_a_series_takes_all_rows_through_its_steps(ground: Ground) -> None:
    ground.own_table()
    ground.ask("create unique index by_n on t (n)")
    ground.write("double.lua", "return {row = function(r) return {n = r.n * 2, ts = r.ts} end}")
    ground.write("in/a", days(1, 2))
    ground.configure(REGISTRY, MERGE)
    ground.run("run")
    ground.write("in/b", days(5))
    output = {"c": {"from": "series"}, "ts": "timestamp", "n": "int64"}
    ground.configure(REGISTRY, MERGE, **SERIES, steps=[{"lua": "double.lua", "output": output}])
    ground.run("run")
    assert ground.numbers() == [1, 2, 4, 10]  # the 2 of before, which is newer than the double of 1


def test_files_of_a_series_give_way_to_a_cursor(search: SearchGround) -> None:
    """What marks of files know says nothing about documents: none of them is late."""
    search.own_table()
    search.write("in/a", line(3, day=3))
    search.configure(REGISTRY, **SERIES)
    search.run("run")
    search.load(4, 5)
    search.search(**SERIES)
    search.fails("E8001")
    search.accept()
    search.run("run")
    search.holds(3, 4, 5)


@in_sinks("sqlite", "csv")
def test_a_table_is_not_gone_back_to_after_a_reset_under_another_name(ground: Ground) -> None:
    """Its rows belong to no state any more, and would be loaded beside themselves."""
    ground.write("in/a", line(1))
    ground.configure(**SERIES)
    ground.run("run")
    ground.configure(sink={"table": "u"}, **SERIES)
    ground.reset()
    ground.write("in/b", "junk\n")
    ground.run("run", code=6)
    ground.configure(**SERIES)
    ground.fails("E8000")
    assert ground.numbers() == [1]
