# SPDX-License-Identifier: Apache-2.0
"""Masked means masked: words planted in masked columns turn up nowhere but in the source.

Rows are fine, ill-typed, too long, wrongly encoded, refused by an expression, by user code and by a
constraint, left, and changed after they were processed. Every command that prints is run; then all
files, all output and all tables are searched for the planted words in clear, escaped, as base64 and
as hex digits. A word in a column without a mask must turn up wherever the others might have: that is
how the search is known to find what is there.
"""

import csv
import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
from masked_ground import (
    COLUMNS,
    HASH,
    LOG_KINDS,
    ROW_COUNT,
    SEED,
    Place,
    Words,
    bad_values,
    broken_lines,
    constrain,
    good_row,
    make_place,
    masked,
    search,
)


@pytest.fixture
def words() -> Words:
    print("seed", SEED)
    return Words(random.Random(SEED))


@pytest.fixture(params=["sqlite", "csv", "postgres"])
def place(
    request: pytest.FixtureRequest, tidemill: Path, tmp_path: Path, words: Words
) -> Iterator[Place]:
    sink, logs = request.param, []
    if sink == "postgres":
        sink = f"postgres:{request.getfixturevalue('postgres_database')}"
        logs = [request.getfixturevalue("postgres").log]
    yield make_place(tidemill, tmp_path, sink, words, logs)


def rejected(place: Place) -> set[str]:
    """The stages that rejected something."""
    stages = {b"decode", b"step", b"load"}
    names = [(name, content) for name, content in place.written() if "said" not in name]
    return {s.decode() for s in stages if any(b"p\t" + s in c for _, c in names)}


def test_what_is_planted_in_masked_columns_turns_up_nowhere(place: Place, words: Words) -> None:
    assert b"warning" not in place.run("check")
    place.project(until="2024-03-02")
    place.go()
    if place.sink.startswith("postgres:"):
        constrain(place)
    place.project(stop=4000)
    place.run("state", "p", "accept")
    for _ in LOG_KINDS:
        place.go(codes=(1,))  # the step stops it
        assert words.shown.encode() in place.said[-1]
    place.project()
    place.run("state", "p", "accept")
    place.go()
    place.look()
    if place.sink.startswith("postgres:"):
        assert rejected(place) == {"decode", "step", "load"}
    # A row changed that was processed: `fail` fails on it.
    place.write("in/b.ndjson", json.dumps({**good_row(words, 7), "n": 99}) + "\n")
    place.project(late="fail")
    place.run("state", "p", "accept")
    place.go(codes=(1,))
    # Too many rejects, and a table that does not fit.
    place.project(max_rejects=1)
    place.run("state", "p", "accept")
    place.go(codes=(6,))
    place.go("--json", codes=(6,))
    place.project(steps=[])
    place.go(codes=(1, 2))
    place.look(codes=(0, 1, 2))
    found = search(place, words.forms())
    assert not found, sorted(found)
    told = {name for name, _ in search(place, {b"the masked value of": "told"})}
    assert told  # and so the rejects are there
    shown = {name for name, _ in search(place, {words.shown.encode(): "shown"})}
    assert "what was said" in shown
    assert shown >= {f"run.{kind}.log" for kind in LOG_KINDS}, shown
    expected = {"sqlite": "out.sqlite", "csv": "out/tidemill.sqlite"}
    wanted = {"events as text", "events_rejects as text"}
    assert shown >= ({expected[place.sink]} if place.sink in expected else wanted), shown


# Of these init tells the range, if they are written as what they are.
TOLD = ("born", "pin", "level", "rate", "score", "met", "moved")


def sampled_row(words: Words, i: int) -> dict:
    """Without keys that are values, and the number as text: ranges of numbers and times are told."""
    row = good_row(words, i)
    texts = {name: str(row[name]) for name in ("card", "salary")}
    texts |= {name: f"{words.secret} {row[name]}" for name in TOLD}
    return {
        **row,
        **texts,
        "extra": {"of": [words.secret]},
    }


def test_init_shows_no_text_of_what_it_samples(
    tidemill: Path, tmp_path: Path, words: Words
) -> None:
    """It looks at values before anybody could mask them."""
    place = Place(tmp_path, tidemill, "sqlite", words)
    (tmp_path / "in").mkdir()
    rows = [sampled_row(words, i) for i in range(300)]
    rows += [{**rows[0], name: value} for name, value in bad_values(words) if name not in TOLD]
    place.write("in/a.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
    with (tmp_path / "in" / "b.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(COLUMNS))
        table.writeheader()
        table.writerows({**row, "card": f"{row['card']}?"} for row in rows[:300])
    broken = [line for line in broken_lines(words) if str(words.number).encode() not in line]
    place.write("in/broken.ndjson", b"\n".join(broken) + b"\n")
    for files in ("in/a.ndjson", "in/b.csv"):
        for options in (["--output", "-"], ["--force", "--json"], ["--force"]):
            place.run("init", "--files", files, *options)
        assert b"salary" in (tmp_path / "tidemill.yaml").read_bytes()
        place.run("check")
    assert broken
    place.run("init", "--files", "in/broken.ndjson", "--output", "-", codes=(0, 1, 2))
    found = search(place, words.forms())
    assert not found, sorted(found)


@pytest.mark.parametrize("nth", [1, 3])
def test_spilled_rows_are_masked(tidemill: Path, tmp_path: Path, words: Words, nth: int) -> None:
    """The run is killed while it spills: what it has written stays."""
    place = Place(tmp_path, tidemill, "sqlite", words)
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "c"):
        rows = [json.dumps(good_row(words, i)) for i in range(4 * ROW_COUNT)]
        place.write(f"in/{name}.ndjson", "\n".join(rows) + "\n")
    place.project()
    fault = f"spill.write.after:{nth}"
    place.go(codes=(-signal.SIGKILL,), TIDEMILL_FAULT=fault)
    spilled = [path for path in (tmp_path / "spill").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in spilled) > 10_000
    found = search(place, words.forms())
    assert not found, sorted(found)
    shown = {name for name, _ in search(place, {words.shown.encode(): "shown"})}
    assert any(name.startswith("spill/") for name in shown)


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in ("at", "n", "seen")])
def test_without_its_mask_each_column_would_be_found(
    tidemill: Path, tmp_path: Path, words: Words, column: str
) -> None:
    """The search can fail: one mask less, and there it is."""
    place = Place(tmp_path, tidemill, "sqlite", words)
    (tmp_path / "in").mkdir()
    rows = [good_row(words, i) for i in range(50)]
    rows += [{**rows[0], name: value} for name, value in bad_values(words) if name == column]
    place.write("in/a.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
    plain = {"type": COLUMNS[column]["type"], "array": COLUMNS[column].get("array", "reject")}
    place.project(
        columns={**COLUMNS, column: plain},
        steps=[],
        sink={"connection": "out", "table": "events", "mode": "append"},
    )
    place.go()
    assert search(place, words.forms())


def test_a_masked_document_id_is_the_mask_all_over(
    tidemill: Path, tmp_path: Path, words: Words, elasticsearch_8: servers.SearchServer
) -> None:
    """In the hidden columns by which rows are told apart, and in the positions of rejects, too."""
    place = Place(tmp_path, tidemill, "sqlite", words)
    place.connections = {"es": {"elasticsearch": elasticsearch_8.url}}
    index = f"masked-{os.getpid()}"
    rows = [good_row(words, i) for i in range(3000)]
    for row in rows:
        row["tags"] = [words.secret]
    rows[5]["n"] = [1]
    rows[6]["n"] = 0
    keyword = {"type": "keyword"}
    elasticsearch_8.create_index(
        index, {"extra": {"type": "object", "enabled": False}, "born": keyword, "at": keyword}
    )
    elasticsearch_8.load(index, ((f"{words.secret}-{i}", row) for i, row in enumerate(rows)))
    columns = {**COLUMNS, "id": {"type": "text", "from": "_id", "mask": HASH}}
    place.project(source={"connection": "es", "index": index}, columns=columns)
    place.go()
    place.look()
    found = search(place, words.forms())
    assert not found, sorted(found)
    position = masked(f"{words.secret}-5").encode()
    assert "out.sqlite" in {name for name, _ in search(place, {position: "position"})}
    plain = {"type": "text", "from": "_id"}
    place.project(source={"connection": "es", "index": index}, columns={**columns, "id": plain})
    place.run("state", "p", "reset", "--yes")
    place.go()
    assert "out.sqlite" in {name for name, _ in search(place, words.forms())}
