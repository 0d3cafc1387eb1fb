# SPDX-License-Identifier: Apache-2.0
"""A project is edited while a run has not ended: the run goes on only where the result is that of one
pipeline. Else it is closed, and a new run begins."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from open_run_ground import (
    ALL,
    COLUMNS,
    DATABASES,
    MERGE,
    REPLACE,
    SERIES,
    UNIT,
    Ground,
    SearchGround,
    in_sinks,
    line,
    make_ground,
    make_search,
)

CHANGED = "pipeline has changed"
REGISTRY = {"registry": True}


@pytest.fixture
def ground(request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path) -> Ground:
    return make_ground(request, tidemill, tmp_path)


@pytest.fixture
def search(request, elasticsearch_8, tidemill: Path, tmp_path: Path) -> Iterator[SearchGround]:
    with make_search(elasticsearch_8, tidemill, tmp_path) as made:
        made.kind = getattr(request, "param", "sqlite")
        if made.kind == "postgres":
            made.database = request.getfixturevalue("postgres_database")
        yield made


def ordered(ground: Ground, registry: bool, until: int, **keys: object) -> None:
    ground.configure({"registry": registry}, until=f"2024-03-{until:02}", **SERIES | keys)


def switched(ground: Ground, status: str = "complete") -> None:
    """The open run is not gone on with, which is told."""
    ended = ground.run("run")
    assert CHANGED in ended.stdout + ended.stderr
    assert ground.statuses() == ["complete", "abandoned", status]


@pytest.mark.parametrize(("units", "late"), [(0, "report"), (1, "fail"), (2, "report")])
@pytest.mark.parametrize("registry", [False, True])
@in_sinks(*ALL)
def test_the_registry_is_switched(ground: Ground, registry: bool, late: str, units: int) -> None:
    """What is late is not judged by marks of before a run that keeps none, nor by sums of after."""
    ground.write("in/a", line(1, day=1) + line(2, day=2))
    ordered(ground, True, 5, late=late)
    ground.run("run")
    rows = [line(3, day=3), line(4, day=4), line(5, day=1, series="y"), line(6, day=6)]
    ground.write("in/b", "".join(rows))
    ordered(ground, registry, 5, late=late)
    ground.kill_after(units)
    ordered(ground, not registry, 5, late=late)
    switched(ground)
    assert (ground.numbers(), ground.late()) == ([1, 2, 3, 4, 5], [])
    for with_registry in (not registry, True):
        ordered(ground, with_registry, 9, late=late)
        ground.run("run")
        ground.holds(1, 2, 3, 4, 5, 6)


@in_sinks(*ALL)
def test_the_registry_is_taken_away_while_rows_are_left(ground: Ground) -> None:
    """The next run has the day of its own project file, not that of the closed one."""
    ground.write("in/a", line(1, day=1) + line(2, day=2) + line(6, day=6))
    ordered(ground, True, 2)
    ground.run("run")
    ground.write("in/b", line(3, day=3) + line(4, day=4) + line(5, day=1, series="y"))
    ordered(ground, True, 4)
    ground.kill_after(1)
    ordered(ground, False, 9)
    switched(ground)
    ground.holds(1, 2, 3, 4, 5, 6)
    ordered(ground, True, 9)
    ground.holds(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("units", [0, 1])
@pytest.mark.parametrize("registry", [False, True])
@in_sinks(*DATABASES)
def test_the_registry_of_a_merge_is_switched(ground: Ground, registry: bool, units: int) -> None:
    def merge(registry: bool) -> None:
        ground.configure({"registry": registry}, MERGE, partitions=4)

    ground.write("in/a", line(1) + line(2))
    merge(True)
    ground.run("run")
    for n in (3, 4, 5, 6):
        ground.write(f"in/b{n}", line(n, day=2))
    merge(registry)
    ground.kill_after(units)
    ground.write("in/c", line(7))
    merge(not registry)
    switched(ground)
    for with_registry in (not registry, True):
        merge(with_registry)
        ground.run("run")
        ground.holds(*range(1, 8))


@pytest.mark.parametrize("route", ["series", "merge"])
@pytest.mark.parametrize("cursor", [False, True])
def test_the_cursor_is_switched(search: SearchGround, cursor: bool, route: str) -> None:
    keys = SERIES if route == "series" else {"sink": MERGE, "partitions": 4}

    def configure(cursor: bool) -> None:
        search.search(cursor, **keys)

    def allow() -> None:
        if route == "series":
            search.accept()

    search.load(1, 2)
    configure(True)
    search.run("run")
    search.load(3, 4, 5, 6)
    configure(cursor)
    if not cursor:
        allow()
    search.kill_after(1)
    configure(not cursor)
    allow()
    switched(search)
    assert (search.numbers(), search.late()) == ([1, 2, 3, 4, 5, 6], [])
    if cursor:
        configure(True)
        allow()
    search.holds(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("route", ["append", "merge", "series", "replace"])
def test_more_indices_while_nothing_is_committed(search: SearchGround, route: str) -> None:
    keys = {
        "append": {},
        "merge": {"sink": MERGE, "partitions": 4},
        "series": SERIES,
        "replace": {"sink": REPLACE},
    }
    cursor = route != "replace"
    search.load(1, 2)
    search.search(cursor, "open-1", **keys[route])
    search.kill_at("sqlite.begun:1")
    search.load(11, 12, index="open-2")
    search.search(cursor, "open-*", **keys[route])
    search.run("run")
    assert search.statuses() == ["abandoned", "complete"]
    search.holds(1, 2, 11, 12)


NARROWED = {
    "append": {},
    "series": SERIES,
    "merge": {"sink": MERGE},
    "replace": {"sink": REPLACE},
}


def without_junk(ground: Ground, route: str) -> None:
    ground.write("in/0junk", "not json\n" * 3 + line(66))
    ground.write("in/good1", line(1))
    ground.configure({"files": "in/*"}, **NARROWED[route])
    ground.run("run", "--workers", "1", code=6)
    assert ground.numbers() == []
    ground.write("in/good2", line(2))
    ground.configure({"files": "in/good*"}, **NARROWED[route])
    ground.run("run")
    assert ground.statuses() == ["abandoned", "complete"]
    ground.holds(1, 2)


@pytest.mark.parametrize("route", ["append", "series", "replace"])
@in_sinks(*ALL)
def test_a_file_that_is_nothing_but_rejects_is_left_out(ground: Ground, route: str) -> None:
    without_junk(ground, route)


@in_sinks(*DATABASES)
def test_a_file_that_is_nothing_but_rejects_is_left_out_of_a_merge(ground: Ground) -> None:
    without_junk(ground, "merge")


@pytest.mark.parametrize("units", [0, 2])
@pytest.mark.parametrize("registry", [False, True])
@in_sinks(*DATABASES)
def test_a_merge_takes_a_column_from_another_field(
    ground: Ground, registry: bool, units: int
) -> None:
    """Not for the rest of the rows only."""

    def merge(field: str) -> None:
        columns = COLUMNS | {"v": {"type": "int64", "from": field}}
        ground.configure({"registry": registry}, MERGE, columns=columns, partitions=4)

    for n in range(1, 21):
        ground.write(f"in/a{n}", line(n, old=n, new=n + 100))
    merge("old")
    loaded = ground.kill_after(units)
    assert (loaded == []) == (units == 0)
    merge("new")
    ground.run("run")
    assert ground.statuses() == ["abandoned", "complete"]
    assert ground.column("v") == list(range(101, 121))
    ground.holds(*range(1, 21))


KEYED = {"plain": {}, "ordered": SERIES}
MODES = [("plain", "plain"), ("plain", "ordered"), ("ordered", "ordered")]
BEFORE_THE_END = {
    "sqlite": [
        f"sqlite.{at}" for at in ("begun", "commit.before", "commit.after", "finish.before")
    ],
    "csv": [f"csv.{at}" for at in ("begun", "manifest.before", "manifest.after", "finish.before")],
    "postgres": ["postgres.marker", "postgres.finish.before"],
}
POINTS = [(kind, point) for kind, points in BEFORE_THE_END.items() for point in points]


def appended_then_replacing(ground: Ground, append: str, replace: str) -> None:
    ground.own_table()
    ground.write("in/a", line(1, day=1) + line(2, day=2))
    ground.configure(**KEYED[append])
    ground.run("run")
    ground.write("in/b", line(3, day=3) + line(4, day=4))
    ground.configure(sink=REPLACE, **KEYED[replace])


def back_to_append(ground: Ground, append: str) -> None:
    ground.configure(**KEYED[append])
    counts = ground.record()["counts"]
    assert (counts["loaded"], counts["late"]) == (2, 0)
    assert ground.statuses() == ["complete", "abandoned", "complete"]
    ground.holds(1, 2, 3, 4)


@pytest.mark.parametrize(("append", "replace"), MODES)
@pytest.mark.parametrize(("ground", "point"), POINTS, indirect=["ground"])
def test_an_append_is_gone_back_to_from_a_killed_replace(
    ground: Ground, append: str, replace: str, point: str
) -> None:
    """The table is as it was, and so is what is known of it."""
    appended_then_replacing(ground, append, replace)
    ground.kill_at(f"{point}:1")
    back_to_append(ground, append)


@pytest.mark.parametrize(("append", "replace"), MODES)
@in_sinks(*ALL)
def test_an_append_is_gone_back_to_from_a_failed_replace(
    ground: Ground, append: str, replace: str
) -> None:
    appended_then_replacing(ground, append, replace)
    ground.write("in/b", "junk\n")
    ground.run("run", code=6)
    ground.write("in/b", line(3, day=3) + line(4, day=4))
    back_to_append(ground, append)


@pytest.mark.parametrize("again", [False, True])
def test_an_append_that_was_accepted_after_a_killed_replace(ground: Ground, again: bool) -> None:
    """As it is the advice of an error: it goes on with what is new."""
    appended_then_replacing(ground, "plain", "plain")
    ground.kill_at("sqlite.begun:1")
    ground.configure()
    if again:
        ground.run("run")
        ground.write("in/c", line(5))
    ground.accept()
    ground.run("run")
    ground.holds(*range(1, 6 if again else 5))


def test_a_cursor_gives_way_to_files(search: SearchGround) -> None:
    search.own_table()
    search.load(1, 2)
    search.search()
    search.run("run")
    search.write("in/a", line(3))
    search.configure({"registry": True})
    search.accept()
    search.run("run")
    search.holds(1, 2, 3)
    search.write("in/b", line(4))
    search.run("run")
    search.holds(1, 2, 3, 4)


def test_files_give_way_to_a_cursor(search: SearchGround) -> None:
    search.own_table()
    search.write("in/a", line(3))
    search.configure({"registry": True})
    search.run("run")
    search.load(1, 2)
    search.search()
    search.accept()
    search.run("run")
    search.holds(1, 2, 3)
    search.load(4)
    search.run("run")
    search.holds(1, 2, 3, 4)


@in_sinks(*DATABASES)
def test_an_append_is_not_gone_back_to_from_a_killed_merge(ground: Ground) -> None:
    """Rows of the append that was killed before it are in the table."""
    ground.own_table()
    ground.write("in/a", line(1))
    ground.write("in/b", line(2))
    ground.configure()
    assert ground.kill_after(1) in ([1], [2])
    ground.ask("create unique index by_n on t (n)")
    ground.configure(REGISTRY, MERGE)
    ground.kill_after(0)
    ground.configure()
    ground.ask("drop index by_n")
    ground.fails("E8001")
    ground.ask("create unique index by_n on t (n)")
    ground.configure(REGISTRY, MERGE)
    ground.run("run")
    ground.holds(1, 2)


@in_sinks(*ALL)
def test_a_replace_with_a_series_does_not_go_on_with_fewer_files(ground: Ground) -> None:
    ground.write("in/a1", line(1))
    ground.write("in/b1", line(2, day=2))
    ground.configure({"files": "in/a*"}, REPLACE, **SERIES)
    ground.run("run")
    ground.kill_at(f"{UNIT[ground.kind]}:1")
    ground.configure({"files": "in/*"}, REPLACE, **SERIES)
    ground.run("run")
    ground.holds(1, 2)


# An append of documents, by scrolls and then in one instant, or the other way round.


def read_by(search: SearchGround, source: dict) -> None:
    search.search()
    file = search.directory / "tidemill.yaml"
    content = json.loads(file.read_text())
    content["pipelines"]["p"]["source"] |= source
    file.write_text(json.dumps(content))


STAGED = [{"snapshot": "pit"}, {"slices": 2}]


@pytest.mark.parametrize("source", STAGED, ids=["pit", "slices"])
@pytest.mark.parametrize("search", ALL, indirect=True)
def test_a_killed_append_does_not_become_one_of_an_instant(
    search: SearchGround, source: dict
) -> None:
    """What it has loaded is in the table, and would be staged a second time, or the rest alone."""
    search.own_table()
    search.load(1, 2, index="open-1")
    search.load(3, index="open-2")
    search.search()
    loaded = search.kill_after(1)
    assert loaded in ([1, 2], [3])
    read_by(search, source)
    assert "snapshot or slices" in search.fails("E8001")
    assert search.numbers() == loaded
    read_by(search, {})
    search.run("run")
    search.holds(1, 2, 3)


@pytest.mark.parametrize("source", STAGED, ids=["pit", "slices"])
@pytest.mark.parametrize("search", ALL, indirect=True)
def test_a_killed_append_of_an_instant_begins_anew_by_scrolls(
    search: SearchGround, source: dict
) -> None:
    """What it has staged is nothing that the table holds."""
    search.own_table()
    search.load(1, 2, index="open-1")
    search.load(3, index="open-2")
    read_by(search, source)
    assert search.kill_after(1) == []
    read_by(search, {})
    search.run("run")
    assert search.statuses() == ["abandoned", "complete"]
    search.holds(1, 2, 3)


def by_an_older_version(ground: Ground) -> None:
    """Whose plans do not say whether rows are staged."""
    ground.ask(
        "update tidemill_runs set plan = replace(replace(plan, ',\"stages\":1', ''), "
        "',\"stages\":0', '')"
    )


def resumed(ground: Ground, *numbers: int) -> None:
    ground.run("run")
    assert ground.statuses() == ["complete"]
    ground.holds(*numbers)


@in_sinks("sqlite", "csv")
def test_a_replace_of_an_older_version_is_resumed(ground: Ground) -> None:
    ground.write("in/a", line(1))
    ground.write("in/b", line(2))
    ground.configure(sink=REPLACE)
    ground.kill_after(1)
    by_an_older_version(ground)
    resumed(ground, 1, 2)


def test_an_append_of_an_instant_of_an_older_version_is_resumed(search: SearchGround) -> None:
    search.own_table()
    search.load(1, 2, index="open-1")
    search.load(3, index="open-2")
    read_by(search, {"slices": 2})
    assert search.kill_after(1) == []
    by_an_older_version(search)
    resumed(search, 1, 2, 3)
