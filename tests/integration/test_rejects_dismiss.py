# SPDX-License-Identifier: Apache-2.0
"""`tidemill rejects dismiss`: what was mended elsewhere is forgotten - exactly those that were shown,
all or none, and nothing without being told to."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from project import Project
from reject_ground import Ground, make_ground, make_rows

BAD_LINES = 3


@pytest.fixture(params=["postgres", "sqlite"])
def ground(
    request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path, postgres_database: str
) -> Ground:
    """Two runs: the records that the first could not decode are mended in the second, but one."""
    made = make_ground(
        tmp_path, tidemill, postgres_database if request.param == "postgres" else None
    )
    made.create()
    made.configure()
    rows = make_rows(1, 9)
    for i in range(BAD_LINES):
        rows[i] = {**rows[i], "n": f"{i}x"}
    made.write(rows)
    made.project.record()
    rows[:BAD_LINES] = [{**row, "n": 100} for row in rows[:BAD_LINES]]
    made.write([{"n": "y"}, *rows])
    made.project.record("--reread", "in.ndjson")
    # Another pipeline's into the same table.
    made.execute(
        "insert into t_rejects (pipeline, stage, position, reason, row_values, run) "
        "values ('q', 'decode', 'in.ndjson:0', 'no', '{}', 1)"
    )
    return made


def keys(ground: Ground) -> list[tuple]:
    return sorted(ground.rows("select pipeline, stage, position, run from t_rejects"))


def dismiss(ground: Ground, *arguments: str, code: int = 0) -> subprocess.CompletedProcess:
    return ground.project.run("rejects", "dismiss", *arguments, code=code)


def is_old(key: tuple) -> bool:
    return key[0] == "p" and key[1] == "decode" and key[3] < 2


def test_exactly_those_that_are_chosen_go(ground: Ground) -> None:
    before = keys(ground)
    old = [key for key in before if is_old(key)]
    assert len(old) == BAD_LINES - 1  # the one at the beginning of the file was found again
    path = ground.project.directory / "mended.ndjson"
    chosen = ["p", "--stage", "decode", "--before", "2"]
    assert json.loads(ground.project.run("rejects", *chosen, "--json").stdout)["rejects"] == 2
    said = dismiss(ground, *chosen, "--yes", "--export", str(path)).stdout
    assert f"p: 2 rejects dismissed, exported to {path}\n" in said
    assert "2  decode: column `n`: `...` is not of type" in said
    assert keys(ground) == [key for key in before if key not in old]
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted(reject["position"] for reject in kept) == [position for *_, position, _ in old]
    told = json.loads(dismiss(ground, *chosen, "--yes", "--json").stdout)
    assert told == {"pipeline": "p", "dismissed": 0, "exported_to": None}


def test_by_position_column_and_state(ground: Ground) -> None:
    before = keys(ground)
    position = next(key[2] for key in before if is_old(key))
    dismiss(ground, "p", "--position", position, "--stage", "decode", "--yes")
    left = [key for key in before if key[:3] != ("p", "decode", position)]
    assert keys(ground) == left
    dismiss(ground, "p", "--column", "n", "--yes")
    left = [key for key in left if key[:2] != ("p", "decode")]
    assert keys(ground) == left
    loads = [key for key in left if key[1] == "load"]
    assert loads and all(key[0] == "p" for key in loads)
    if ground.postgres:
        assert (
            dismiss(ground, "p", "--sqlstate", "99999", "--yes").stdout
            == "p: 0 rejects dismissed\n"
        )
        dismiss(ground, "p", "--sqlstate", "23503", "--yes")
    else:
        dismiss(ground, "p", "--since", "1", "--yes")
    assert keys(ground) == [key for key in left if key not in loads]
    # What was dismissed is not loaded by anybody any more.
    ground.mend(1, 2)
    assert ground.retry()["tried"] == 0


def ask(ground: Ground, *arguments: str) -> subprocess.Popen:
    """The command, waiting at its question."""
    process = subprocess.Popen(
        [ground.project.binary, "rejects", "dismiss", *arguments],
        cwd=ground.project.directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    asked = b""
    while not asked.endswith(b"to go on: "):
        byte = process.stderr.read(1)
        assert byte, (asked, process.stdout.read())
        asked += byte
    return process


def test_it_asks_and_takes_a_name_for_a_yes(ground: Ground) -> None:
    before = keys(ground)
    count = len([key for key in before if key[0] == "p"])
    loads = len([key for key in before if key[:2] == ("p", "load")])
    said = subprocess.run(
        [ground.project.binary, "rejects", "dismiss", "p"],
        cwd=ground.project.directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 130
    assert f"p: {count} rejects in `t_rejects`" in said.stdout
    assert f"forgets {count} rejects of `p` for good, with {loads} rows" in said.stderr
    assert "nothing was dismissed" in said.stderr
    path = ground.project.directory / "copy.csv"
    process = ask(ground, "p", "--export", str(path))
    process.communicate(b"q\n", timeout=60)
    assert (process.returncode, path.exists()) == (130, False)
    assert keys(ground) == before
    process = ask(ground, "p")
    out, _ = process.communicate(b"p\n", timeout=60)
    assert process.returncode == 0
    assert f"p: {count} rejects dismissed".encode() in out
    assert [key[0] for key in keys(ground)] == ["q"]


@pytest.mark.parametrize("change", ["gone", "found again"])
def test_all_or_none(ground: Ground, change: str) -> None:
    """Somebody changes one of them while it asks."""
    process = ask(ground, "p", "--stage", "decode")
    position = next(key[2] for key in keys(ground) if is_old(key))
    where = f"where pipeline = 'p' and position = '{position}'"
    ground.execute(
        f"delete from t_rejects {where}"
        if change == "gone"
        else f"update t_rejects set run = 3 {where}"
    )
    before = keys(ground)
    _, err = process.communicate(b"p\n", timeout=60)
    assert process.returncode == 5
    assert b"1 of 3 rejects are not in" in err and b"Nothing was dismissed; look again" in err
    assert keys(ground) == before


def test_misuse(ground: Ground) -> None:
    for arguments, said in (
        (["p", "--list"], "no --list"),
        (["p", "--export", "-"], "no --export -"),
        (["p", "--before", "x"], "--before takes the number of a run"),
        (["nobody"], "nobody"),
    ):
        assert said in dismiss(ground, *arguments, code=2).stderr
    assert "--yes belongs to dismiss" in ground.project.run("rejects", "p", "--yes", code=2).stderr


def test_of_a_file_set(tidemill: Path, tmp_path: Path) -> None:
    project = Project(tmp_path, tidemill)
    content = {
        "connections": {"to": {"csv": "out"}},
        "pipelines": {
            "p": {
                "source": {"files": "in.ndjson"},
                "columns": {"n": "int64"},
                "max_rejects": 9,
                "sink": {"connection": "to", "table": "t", "mode": "append"},
            }
        },
    }
    project.write("tidemill.yaml", json.dumps(content))
    project.write("in.ndjson", '{"n": "a"}\n{"n": 1}\n{"n": "b"}\n')
    project.record()
    assert (
        "p: 1 rejects dismissed"
        in project.run("rejects", "dismiss", "p", "--position", "in.ndjson:0", "--yes").stdout
    )
    with closing(sqlite3.connect(tmp_path / "out" / "tidemill.sqlite")) as connection:
        found = connection.execute("select position from t_rejects").fetchall()
    assert found == [("in.ndjson:20",)]
