# SPDX-License-Identifier: Apache-2.0
"""What an append without `series` must know of the rows in its table: which of them it has read, and
that they are there still. Where it does not know it says so, and loads nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from open_run_ground import (
    ALL,
    DATABASES,
    REPLACE,
    SERIES,
    Ground,
    SearchGround,
    in_sinks,
    line,
    make_ground,
    make_search,
)

AGAIN = {"again": "append"}


@pytest.fixture
def ground(request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path) -> Ground:
    return make_ground(request, tidemill, tmp_path)


@pytest.fixture
def search(elasticsearch_8, tidemill: Path, tmp_path: Path) -> Iterator[SearchGround]:
    with make_search(elasticsearch_8, tidemill, tmp_path) as made:
        yield made


# Rows of an open run that are taken away.


def write_six(ground: Ground) -> None:
    for n in range(1, 7):
        ground.write(f"in/b{n}", line(n))


@pytest.mark.parametrize("how", ["emptied", "dropped"])
@pytest.mark.parametrize("sink", [{}, AGAIN], ids=["once", "again"])
@in_sinks(*ALL)
def test_rows_that_an_open_run_has_loaded_are_missed(ground: Ground, sink: dict, how: str) -> None:
    """To go on would be to leave out what it had committed."""
    write_six(ground)
    ground.configure(sink=sink)
    loaded = ground.kill_after(2)
    assert len(loaded) == 2
    ground.take_rows(how)
    for _ in range(2):
        said = ground.fails("E8000")
        assert "run --new" in said
        assert re.search(r"\bt\b", said)
        assert ground.numbers() == []
    ground.run("run", "--new")
    assert ground.numbers() == [1, 2, 3, 4, 5, 6]
    assert ground.statuses() == ["abandoned", "complete"]
    if not sink:
        ground.holds(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("how", ["emptied", "dropped"])
@in_sinks(*ALL)
def test_rows_of_a_run_that_has_committed_nothing_are_not_missed(ground: Ground, how: str) -> None:
    write_six(ground)
    ground.configure()
    assert ground.kill_after(0) == []
    if ground.kind != "csv":
        ground.take_rows(how)
    ground.run("run")
    ground.holds(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("how", ["emptied", "dropped"])
def test_documents_that_an_open_run_has_loaded_are_missed(search: SearchGround, how: str) -> None:
    for n in (1, 2, 3):
        search.load(n, index=f"open-{n}")
    search.search()
    assert len(search.kill_after(1)) == 1
    search.take_rows(how)
    assert "run --new" in search.fails("E8000")
    search.run("run", "--new")
    search.holds(1, 2, 3)


# A series that is taken away.


def with_series(ground: Ground, registry: bool, until: int) -> None:
    ground.configure({"registry": registry}, until=f"2024-03-{until:02}", **SERIES)


@pytest.fixture(
    params=[(True, 5), (False, 5), (True, 2), (False, 2)],
    ids=["registry", "sums", "registry-left", "sums-left"],
)
def was_series(request: pytest.FixtureRequest, ground: Ground) -> Ground:
    """Loaded with a series, with the registry or without; rows are left up to the second day."""
    registry, until = request.param
    ground.own_table()
    ground.write("in/a", line(1, day=1) + line(2, day=2))
    with_series(ground, registry, until)
    ground.run("run")
    ground.configure()
    return ground


@in_sinks(*ALL)
def test_without_its_series_a_pipeline_is_not_gone_on_with(was_series: Ground) -> None:
    loaded = was_series.numbers()
    assert loaded in ([1], [1, 2])
    was_series.write("in/b", line(3, day=3))
    for _ in range(2):
        said = was_series.fails("E8000")
        assert "state p reset" in said or "state p accept" in said
        assert was_series.numbers() == loaded


@in_sinks(*ALL)
def test_without_its_series_a_pipeline_starts_over(was_series: Ground) -> None:
    was_series.write("in/b", line(3, day=3))
    was_series.fails("E8000")
    was_series.reset()
    was_series.run("run")
    was_series.holds(1, 2, 3)


@in_sinks(*ALL)
def test_without_its_series_a_pipeline_is_accepted(was_series: Ground) -> None:
    was_series.fails("E8000")
    was_series.accept()
    was_series.run("run")
    loaded = was_series.numbers()
    was_series.write("in/b", line(3, day=3))
    was_series.run("run")
    was_series.holds(*loaded, 3)


@in_sinks(*ALL)
def test_a_series_that_is_put_back_goes_on(ground: Ground) -> None:
    ground.own_table()
    ground.write("in/a", line(1, day=1) + line(2, day=2))
    with_series(ground, True, 5)
    ground.run("run")
    ground.configure()
    ground.fails("E8000")
    ground.write("in/b", line(3, day=3))
    with_series(ground, True, 5)
    ground.run("run")
    ground.holds(1, 2, 3)


def test_with_a_cursor_a_series_is_not_taken_away_either(search: SearchGround) -> None:
    search.own_table()
    search.load(1, 2)
    search.search(until="2024-03-02", **SERIES)
    search.run("run")
    assert search.numbers() == [1]
    search.search()
    search.load(3)
    search.fails("E8000")
    assert search.numbers() == [1]
    search.reset()
    search.run("run")
    search.holds(1, 2, 3)


# `again: append`, for once.


@pytest.fixture(params=[False, True], ids=["first", "then"])
def was_again(request: pytest.FixtureRequest, ground: Ground) -> Ground:
    """`again: append` has run - after a run that kept account, or not - and is taken back."""
    ground.write("in/a", line(1))
    numbers = [1, 2]
    if request.param:
        ground.configure()
        ground.run("run")
        numbers.append(1)
    ground.write("in/b", line(2))
    ground.configure(sink=AGAIN)
    ground.run("run")
    assert ground.numbers() == sorted(numbers)
    ground.configure()
    return ground


@in_sinks(*ALL)
def test_what_was_appended_again_is_not_appended_to(was_again: Ground) -> None:
    loaded = was_again.numbers()
    said = was_again.fails("E8000")
    assert "state p reset" in said or "state p accept" in said
    assert was_again.numbers() == loaded
    was_again.configure(sink=AGAIN)
    was_again.run("run")
    assert was_again.numbers() == sorted([*loaded, 1, 2])


@in_sinks(*ALL)
def test_what_was_appended_again_is_accepted(was_again: Ground) -> None:
    was_again.fails("E8000")
    was_again.accept()
    was_again.run("run")
    loaded = was_again.numbers()
    was_again.write("in/c", line(3))
    was_again.run("run")
    was_again.holds(*loaded, 3)


@in_sinks(*ALL)
def test_what_was_appended_again_is_loaded_anew(was_again: Ground) -> None:
    was_again.fails("E8000")
    was_again.reset()
    was_again.run("run")
    was_again.holds(1, 2)


@in_sinks("sqlite", "postgres")
def test_what_was_appended_again_is_emptied_by_hand(was_again: Ground) -> None:
    """Then nothing can be doubled. What a run with an account had read is missed, as ever."""
    had_account = was_again.numbers() == [1, 1, 2]
    was_again.take_rows("emptied")
    if had_account:
        was_again.fails("E8000")
        was_again.reset()
    was_again.run("run")
    was_again.holds(1, 2)


@pytest.mark.parametrize("cure", ["accept", "reset", "emptied"])
def test_a_cursor_does_not_go_on_from_before_an_append_again(
    search: SearchGround, cure: str
) -> None:
    search.load(1, 2)
    search.search()
    search.run("run")
    search.load(3)
    search.search(cursor=False, sink=AGAIN)
    search.run("run")
    search.search()
    search.fails("E8000")
    assert search.numbers() == [1, 1, 2, 2, 3]
    if cure == "accept":
        search.accept()
    elif cure == "reset":
        search.reset()
    else:
        search.take_rows("emptied")
        search.fails("E8000")
        search.reset()
    search.run("run")
    loaded = search.numbers() if cure == "accept" else [1, 2, 3]
    search.load(4)
    search.run("run")
    search.holds(*loaded, 4)


@pytest.fixture
def killed_again(ground: Ground) -> Ground:
    write_six(ground)
    ground.configure(sink=AGAIN)
    assert len(ground.kill_after(2)) == 2
    ground.configure()
    return ground


@in_sinks(*ALL)
def test_a_killed_append_again_is_gone_on_with_as_it_was_begun(killed_again: Ground) -> None:
    loaded = killed_again.numbers()
    assert "--new" in killed_again.fails("E8001")
    assert killed_again.numbers() == loaded
    killed_again.configure(sink=AGAIN)
    killed_again.run("run")
    assert killed_again.numbers() == [1, 2, 3, 4, 5, 6]
    assert killed_again.statuses() == ["complete"]


@in_sinks(*ALL)
def test_a_killed_append_again_is_given_up(killed_again: Ground) -> None:
    """As it is told: what it has committed is there twice then."""
    loaded = killed_again.numbers()
    killed_again.fails("E8001")
    killed_again.run("run", "--new")
    killed_again.holds(*loaded, 1, 2, 3, 4, 5, 6)


@in_sinks(*ALL)
def test_a_killed_append_becomes_none_that_appends_again(ground: Ground) -> None:
    write_six(ground)
    ground.configure()
    loaded = ground.kill_after(2)
    ground.configure(sink=AGAIN)
    assert "--new" in ground.fails("E8001")
    assert ground.numbers() == loaded
    ground.configure()
    ground.run("run")
    ground.holds(1, 2, 3, 4, 5, 6)


# Files of a replace that were not in place yet.


@pytest.mark.parametrize("point", ["csv.finish.after:1", "csv.swap.after:1"])
@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("keys", [{}, SERIES], ids=["plain", "series"])
@in_sinks("csv")
def test_what_was_replaced_is_not_appended_to_before_it_is_in_place(
    ground: Ground, keys: dict, before: bool, point: str
) -> None:
    ground.write("in/a", line(1) + line(2, day=2))
    ground.configure(sink=REPLACE)
    if before:
        ground.run("run")
        ground.write("in/b", line(3))
    ground.kill_at(point)
    ground.configure(**keys)
    numbers = [1, 2, 3] if before else [1, 2]
    for _ in range(2):
        ground.fails("E8000")
        assert ground.numbers() in (numbers, [1, 2], [])
    ground.reset()
    ground.run("run")
    ground.holds(*numbers)


# What it costs to begin anew.


@pytest.mark.parametrize("how", ["gone", "changed"])
@in_sinks(*ALL)
def test_what_a_new_run_appends_once_more_is_told(ground: Ground, how: str) -> None:
    write_six(ground)
    ground.configure()
    loaded = ground.kill_after(2)
    if how == "gone":
        (ground.directory / "in/b5").unlink()
    else:
        ground.write("in/b5", line(7) + line(8))
    said = ground.fails("E2001", code=4)
    assert "in/b5" in said and "--new" in said
    assert re.search(r"\bagain\b|once more", said)
    assert ground.numbers() == loaded
    ground.run("run", "--new")
    ground.holds(*loaded, 1, 2, 3, 4, 6, *([] if how == "gone" else [7, 8]))


@in_sinks(*DATABASES)
def test_an_append_to_another_table_is_resumed_after_a_replace(ground: Ground) -> None:
    """The rows that it finds there are its own."""
    ground.write("in/a", line(1))
    ground.write("in/b", line(2))
    ground.configure(sink={**REPLACE, "table": "u"})
    ground.run("run")
    ground.configure()
    assert ground.kill_after(1) in ([1], [2])
    ground.run("run")
    assert ground.statuses() == ["complete", "complete"]
    ground.holds(1, 2)
