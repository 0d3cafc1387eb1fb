# SPDX-License-Identifier: Apache-2.0
"""`tidemill rejects retry`: what the table refused is loaded once its cause is mended - each row
exactly once, in the order of its series and days."""

import json
from pathlib import Path

import pytest
from reject_ground import Ground, make_ground, make_rows

KINDS = ["postgres", "sqlite"]


@pytest.fixture(params=KINDS)
def ground(
    request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path, postgres_database: str
) -> Ground:
    return make_ground(
        tmp_path, tidemill, postgres_database if request.param == "postgres" else None
    )


def refused(rows: list[dict], *kinds: int) -> list[dict]:
    return [row for row in rows if row["kind"] in kinds]


def as_table(rows: list[dict]) -> list[tuple]:
    return sorted(((r["who"], r["n"], r["kind"]) for r in rows), key=repr)


@pytest.mark.parametrize("deferred", [False, True])
def test_rows_are_loaded_in_order_and_once(ground: Ground, deferred: bool) -> None:
    rows = make_rows()
    ground.write(rows)
    ground.create(deferred=deferred)
    ground.ordered()
    counts = ground.project.record()["counts"]
    assert counts["refused"] == len(refused(rows, 1, 2))
    assert ground.table() == as_table(refused(rows, 0))
    last = ground.rows("select max(load_order) from t where kind = 0")[0][0]

    ground.mend(1)
    told = ground.retry(code=0)
    loaded, left = refused(rows, 1), refused(rows, 2)
    assert told == {
        "pipeline": "p",
        "run": 2,
        "tried": len(loaded) + len(left),
        "loaded": len(loaded),
        "superseded": 0,
        "refused": len(left),
        "unreadable": 0,
        "first_unreadable": None,
    }
    order = ground.rows(f"select n from t where load_order > {last} order by load_order")
    assert [n for (n,) in order] == sorted(r["n"] for r in loaded)
    assert len(ground.rejects()) == len(left)

    ground.mend(2)
    assert ground.retry()["loaded"] == len(left)
    assert ground.table() == as_table(rows)
    assert ground.rejects() == []
    assert ground.retry()["tried"] == 0
    counts = ground.project.record()["counts"]
    assert (counts["seen"], counts["emitted"]) == (len(rows), 0)
    assert ground.table() == as_table(rows)
    assert ground.statuses()[-1] == (1, "complete")
    assert [status for _, status in ground.statuses()] == ["complete", *["retried"] * 3, "complete"]


def test_the_engines_own_columns_are_filled(ground: Ground) -> None:
    """A series and a day that are no output of the steps."""
    rows = make_rows(2, 4)
    ground.write(rows)
    types = ("date", "bigint") if ground.postgres else ("text", "integer")
    ground.execute(
        "create table parent (id integer primary key)",
        "insert into parent values (0)",
        f"create table t (_series_who text not null, _day {types[0]} not null, n {types[1]}, "
        f"kind {types[1]} references parent)",
    )
    step = {"lua": "step.lua", "output": {"n": "int64", "kind": "int64"}}
    ground.project.write(
        "step.lua", "return {row = function(r) return {n = r.n, kind = r.kind} end}"
    )
    ground.ordered(steps=[step])
    ground.project.record()
    ground.mend(1, 2)
    assert ground.retry()["refused"] == 0
    found = ground.rows("select _series_who, _day, n from t order by n")
    wanted = sorted((r["n"], r["who"], r["at"][:10]) for r in rows)
    assert [(n, who, str(day)) for who, day, n in found] == wanted


@pytest.mark.parametrize("mode", ["streamed", "merge"])
def test_without_a_series(ground: Ground, mode: str) -> None:
    rows = make_rows(2, 20)
    ground.write(rows)
    ground.create(key="n" if mode == "merge" else "")
    ground.configure(sink={"mode": "merge", "key": "n", "newest": "at"} if mode == "merge" else {})
    assert ground.project.record()["counts"]["refused"] == len(refused(rows, 1, 2))
    ground.mend(1, 2)
    assert ground.retry()["loaded"] == len(refused(rows, 1, 2))
    assert ground.table() == as_table(rows)
    assert ground.rejects() == []


def test_a_merge_keeps_the_newest(ground: Ground) -> None:
    def row(n: int, minute: int, kind: int, who: str) -> dict:
        return {"who": who, "at": f"2024-03-01T00:{minute:02}:00Z", "n": n, "kind": kind}

    ground.create(key="n")
    ground.configure(sink={"mode": "merge", "key": "n", "newest": "at"})
    ground.write([row(1, 5, 1, "refused"), row(2, 5, 1, "refused"), row(3, 5, 1, "refused")])
    assert ground.project.record()["counts"]["refused"] == 3
    ground.write([row(1, 4, 0, "older"), row(2, 6, 0, "newer")], "in2.ndjson")
    ground.project.record()
    ground.mend(1)
    told = ground.retry()
    assert (told["loaded"], told["superseded"], told["refused"]) == (2, 1, 0)
    assert ground.table() == [("newer", 2, 0), ("refused", 1, 1), ("refused", 3, 1)]
    assert ground.rejects() == []


def test_what_a_run_rolled_back_is_not_retried_but_run(ground: Ground) -> None:
    """Over max_rejects the unit is undone: its rejects must not be loaded besides it."""
    rows = make_rows(2, 10)
    ground.write(rows)
    ground.create()
    ground.ordered(max_rejects=2)
    ground.project.run("run", code=6)
    undone = ground.rejects()
    assert len(undone) > 2 and all(bool(row[-1]) for row in undone)
    said = ground.project.run("rejects", "retry", "p", code=1).stderr
    assert "run 1 of `p` has not ended (failed)" in said and "tidemill run p" in said
    ground.mend(1, 2)
    ground.project.record()
    assert ground.table() == as_table(rows)
    assert ground.rejects() == []
    assert ground.retry()["tried"] == 0
    assert ground.table() == as_table(rows)


def test_a_committed_reject_stays_one_when_a_later_unit_is_undone(ground: Ground) -> None:
    rows = make_rows(1, 10)
    ground.write(rows)
    ground.create(key="n")
    merge = {"mode": "merge", "key": "n", "newest": "at"}
    ground.configure(sink=merge)
    ground.project.record()
    before = {position for _, position, *_ in ground.rejects()}
    ground.configure(sink=merge, max_rejects=1)
    ground.write([{**rows[0], "n": 1000, "kind": 7}], "in2.ndjson")
    ground.write([{**r, "n": r["n"] + 500, "kind": 8} for r in rows], "in3.ndjson")
    ground.project.run("run", code=6)
    found = {position: bool(undone) for _, position, _, _, undone in ground.rejects()}
    assert before <= set(found)
    assert not any(found[position] for position in before)


def test_a_table_of_an_earlier_version_gets_its_columns(ground: Ground) -> None:
    rows = make_rows(1, 6)
    ground.write(rows)
    ground.create()
    ground.ordered()
    ground.project.record()
    count = len(refused(rows, 1, 2))
    ground.execute(
        "alter table t_rejects drop column undone", "alter table t_rejects drop column run"
    )
    shown = json.loads(ground.project.run("rejects", "--json").stdout)
    assert (shown["rejects"], shown["retriable"]) == (count, count)
    assert ground.project.run("rejects", "--list", "--since", "1").stdout == ""
    ground.mend(1, 2)
    assert ground.retry()["loaded"] == count
    assert ground.table() == as_table(rows)


def test_an_open_transaction_that_takes_a_reject_away(ground: Ground) -> None:
    """Values may be corrected by hand before the retry, and rejects deleted."""
    rows = make_rows(1, 6)
    ground.write(rows)
    ground.create()
    ground.ordered()
    ground.project.record()
    gone, corrected = sorted(refused(rows, 1, 2), key=lambda r: r["n"])[:2]

    def position(row: dict) -> str:
        at = sorted(r["at"] for r in rows if r["at"][:10] == row["at"][:10]).index(row["at"])
        return f"{row['who']}/{row['at'][:10]}/{at + 1}"

    ground.execute(f"delete from t_rejects where position = '{position(gone)}'")
    values = {"kind": 0, "n": -1, "_day": corrected["at"][:10]}
    values |= {"who": corrected["who"], "at": corrected["at"]}
    ground.execute(
        f"update t_rejects set row_values = '{json.dumps(values)}' "
        f"where position = '{position(corrected)}'"
    )
    ground.mend(1, 2)
    assert ground.retry()["tried"] == len(refused(rows, 1, 2)) - 1
    wanted = [r for r in rows if r not in (gone, corrected)]
    assert ground.table() == as_table([*wanted, {**corrected, "n": -1, "kind": 0}])


BAD_VALUES = {
    '"at": "2024-03-01T00:00:00Z", "n": 1': "column `kind`: is not among",
    '"at": "2024-03-01T00:00:00Z", "n": 1, "kind": 0, "x": 2': "column `x`: the output has no such",
    '"at": "yesterday", "n": 1, "kind": 0': "column `at`: `yesterday`",
    '"at": "", "n": 1, "kind": 0': "column `at`: is empty",
    '"at": null, "n": 1.5, "kind": 0': "column `n`: ",
    '"at": null, "n": {}, "kind": 0': "column `n`: is neither",
    '"at": null, "n": 1, "kind": 0, "who": "S1"': "column `who`: is there twice",
}


def test_values_that_are_no_row_stay(ground: Ground) -> None:
    rows = [
        {"who": "S0", "at": f"2024-03-01T00:00:{i:02}Z", "n": i, "kind": 1}
        for i in range(len(BAD_VALUES) + 1)
    ]
    ground.write(rows)
    ground.create()
    ground.ordered()
    ground.project.record()
    for i, values in enumerate(BAD_VALUES):
        whole = '{"who": "S0", "_day": "2024-03-01", ' + values + "}"
        where = f"position = 'S0/2024-03-01/{i + 1}'"
        ground.execute(f"update t_rejects set row_values = '{whole}' where {where}")
    last = f"S0/2024-03-01/{len(rows)}"
    ground.execute(f"update t_rejects set row_values = '[1]' where position = '{last}'")
    before = ground.rejects()
    ground.mend(1)
    for why in [*BAD_VALUES.values(), "no JSON object"]:
        told = ground.retry()
        assert (told["tried"], told["unreadable"]) == (len(before), len(before))
        position = before[0][1]
        assert told["first_unreadable"].startswith(f"{position}: ")
        assert why in told["first_unreadable"]
        assert ground.rejects() == before
        ground.execute(f"delete from t_rejects where position = '{position}'")
        before = before[1:]
    assert ground.table() == []


def test_it_is_refused_where_it_makes_no_sense(ground: Ground) -> None:
    rows = make_rows(1, 6)
    ground.write(rows)
    ground.create()
    ground.ordered(sink={"mode": "replace"})
    assert (
        "each run makes all rows anew" in ground.project.run("rejects", "retry", "p", code=2).stderr
    )
    ground.ordered()
    ground.project.record()
    ground.ordered(steps=[{"where": "n >= 0"}])
    assert "the pipeline has changed" in ground.project.run("rejects", "retry", "p", code=1).stderr
    ground.ordered()
    ground.execute("drop table t")
    said = ground.project.run("rejects", "retry", "p", code=1).stderr
    assert "table `t` does not exist any more" in said


def test_nothing_to_retry(ground: Ground) -> None:
    ground.write(make_rows(1, 2))
    ground.ordered()
    assert ground.project.run("rejects", "retry", "p").stdout == "p: no rejects of loading\n"
    assert ground.project.run("rejects").stdout == "p: no rejects\n"


def test_replace_forgets_rejects_of_rows_that_are_gone(ground: Ground) -> None:
    rows = make_rows(1, 6)
    ground.write(rows)
    ground.create()
    ground.configure(sink={"mode": "replace"})
    ground.project.record()
    assert len(ground.rejects()) == len(refused(rows, 1, 2))
    ground.mend(1)
    ground.project.record()
    assert len(ground.rejects()) == len(refused(rows, 2))
    assert {row[3] for row in ground.rejects()} == {2}


def test_exit_code_and_limit(ground: Ground) -> None:
    """As many as max_rejects may stay."""
    rows = make_rows(1, 6)
    ground.write(rows)
    ground.create()
    count = len(refused(rows, 1, 2))
    ground.ordered(max_rejects=count)
    ground.project.record()
    assert ground.retry(code=0)["refused"] == count
    ground.ordered(max_rejects=count - 1)
    assert ground.retry(code=6)["refused"] == count


@pytest.mark.parametrize("shape", ["ordered", "streamed", "merge", "replace"])
def test_at_the_limit_and_one_over(ground: Ground, shape: str) -> None:
    rows = make_rows(1, 16)
    ground.write(rows)
    ground.create(key="n" if shape == "merge" else "")
    count = len(refused(rows, 1, 2))
    keys = {
        "ordered": {"series": "who", "time": "at"},
        "streamed": {},
        "merge": {"sink": {"mode": "merge", "key": "n", "newest": "at"}},
        "replace": {"sink": {"mode": "replace"}},
    }[shape]
    ground.configure(max_rejects=count - 1, **keys)
    ground.project.run("run", code=6)
    found = ground.rejects()
    assert 0 < len(found) <= count
    # The unit is undone as a whole; its rejects are there all the same. A merge has several.
    assert any(bool(row[-1]) for row in found)
    if shape != "merge":
        assert ground.table() == []
        assert all(bool(row[-1]) for row in found)
    ground.configure(max_rejects=count, **keys)
    assert ground.project.record()["counts"]["refused"] == count
    assert ground.table() == as_table(refused(rows, 0))
    assert len(ground.rejects()) == count
    assert not any(bool(row[-1]) for row in ground.rejects())
    if shape != "replace":
        ground.mend(1, 2)
        assert ground.retry()["loaded"] == count
        assert ground.table() == as_table(rows)
