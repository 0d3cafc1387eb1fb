# SPDX-License-Identifier: Apache-2.0
"""Masked means masked: words planted in masked columns turn up nowhere but in the source.

Rows are fine, ill-typed, too long, wrongly encoded, refused by an expression, by user code and by a
constraint, left, and changed after they were processed. Every command that prints is run; then all
files, all output and all tables are searched for the planted words in clear, escaped, as base64 and
as hex digits. A word in a column without a mask must turn up wherever the others might have: that is
how the search is known to find what is there.
"""

import base64
import hmac
import json
import os
import random
import signal
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import servers
from pipelines.engine import ROWS_BYTES

SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
KEY = "k3y-of-the-tests-0123456789abcdef"
HASH = {"hash": "${TIDEMILL_TEST_KEY}"}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROW_COUNT = 6000
DAY_SECONDS = 86_400
START = 1_709_280_000  # 2024-03-01T08:00:00Z

COLUMNS = {
    "who": {"type": "text", "mask": HASH},
    "at": {"type": "timestamp", "format": "epoch_seconds"},
    "n": "int64",
    "seen": "text",
    "mail": {"type": "text", "mask": "redact"},
    "name": {"type": "text", "mask": {"truncate": 2}},
    "card": {"type": "int64", "mask": HASH},
    "salary": {"type": "decimal(20,2)", "mask": {"truncate": "10000000000"}},
    "token": {"type": "uuid", "mask": HASH},
    "born": {"type": "date", "mask": {"truncate": "year"}},
    "photo": {"type": "bytes", "mask": None},
    "extra": {"type": "json", "mask": "redact"},
    "tags": {"type": "text", "array": "json", "mask": HASH},
    "flag": {"type": "bool", "mask": "redact"},
}


@dataclass
class Words:
    """What is planted: a word for columns with a mask, and one for the column without."""

    rng: random.Random
    secret: str = field(init=False)
    shown: str = field(init=False)
    number: int = field(init=False)
    node: str = field(init=False)
    born: str = field(init=False)

    def __post_init__(self) -> None:
        self.secret = "".join(self.rng.choices(LETTERS, k=18))
        self.shown = "".join(self.rng.choices(LETTERS, k=18))
        self.number = self.rng.randrange(3 * 10**17, 9 * 10**17)
        self.node = f"{self.rng.getrandbits(47) | 1 << 46:012x}"
        self.born = f"19{self.rng.randrange(10, 99)}-{self.rng.randrange(2, 12):02d}-17"

    def forms(self) -> dict[bytes, str]:
        """Every form in which a masked word may turn up, with its name."""
        found: dict[bytes, str] = {}
        texts = [self.secret, str(self.number), str(self.number // 100), self.node, self.born]
        for text in texts:
            found |= text_forms(text)
        for order in ("little", "big"):
            found[self.number.to_bytes(8, order)] = f"{self.number} {order}"
        found[bytes.fromhex(self.node)] = f"{self.node} as bytes"
        return found


def masked(value: str) -> str:
    return hmac.new(KEY.encode(), value.encode(), "sha256").hexdigest()


def text_forms(text: str) -> dict[bytes, str]:
    raw = text.encode()
    escaped = "".join(f"\\u{ord(c):04x}" for c in text).encode()
    forms = {raw: text, escaped: f"{text} escaped", text.encode("utf-16-le"): f"{text} as UTF-16"}
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # Less the digits that hold bits of neighbours.
            digits = alphabet(bytes(shift) + raw)
            forms[digits[4 if shift else 0 : len(digits) - 4]] = f"{text} as base64, {shift}"
    forms[raw.hex().encode()] = forms[raw.hex().upper().encode()] = f"{text} as hex digits"
    return forms


def good_row(words: Words, i: int) -> dict:
    rng, secret = words.rng, words.secret
    return {
        "who": f"{secret}{i % 40}",
        "at": START + (i // 40 % 20) * DAY_SECONDS + rng.randrange(3600),
        "n": i + 1,
        "seen": f"{words.shown}{rng.getrandbits(400):x}",
        "mail": f"ż{secret}@example.org",
        "name": f"{secret[:2]}{secret}",
        "card": words.number,
        "salary": f"{words.number // 100}.{words.number % 100:02d}",
        "token": str(uuid.UUID(rng.getrandbits(64).to_bytes(10, "big").hex() + words.node)),
        "born": words.born,
        "photo": base64.b64encode(secret.encode()).decode(),
        "extra": {"of": [secret, {"it": secret}], secret: 1},
        "tags": [secret, rng.choice([secret, 1])],
        "flag": True,
    }


def bad_values(words: Words) -> Iterator[tuple[str, object]]:
    """(column, what it can't take)."""
    secret = words.secret
    for column in ("card", "salary", "token", "born", "photo", "flag"):
        yield column, f"{secret}?"
        yield column, [secret]
        yield column, {secret: secret}
        yield column, secret * 30
    yield "card", str(words.number) * 3
    yield "card", f"{words.number}.5"
    yield "salary", f"{words.number}.123"
    yield "born", f"{words.born}T10:00:00.1234567890Z"
    yield "born", words.number
    yield "token", words.number
    yield "mail", f"{secret}\0"
    yield "mail", {"in": secret}
    yield "name", [secret]
    yield "photo", words.secret + "="


def broken_lines(words: Words) -> list[bytes]:
    """Records that are no JSON, or hold what is no character."""
    line = json.dumps(good_row(words, 0))
    secret = words.secret
    return [
        line[:-20].encode(),
        line.encode() + b" " + secret.encode(),
        line.replace(secret, secret + "\\ud800").encode(),
        line.encode().replace(b"@example", b"\xff\xfe@example"),
        line.replace("1709", "17zz09").replace('"mail": "', '"mail": "\\x').encode(),
        secret.encode(),
        json.dumps([secret]).encode(),
    ]


def rows_of(words: Words) -> list[dict]:
    rows = [good_row(words, i) for i in range(ROW_COUNT)]
    for column, value in bad_values(words):
        rows.append({**good_row(words, len(rows)), column: value})
    rows.append({**good_row(words, len(rows)), "n": 0})  # the expression fails
    rows.append({**good_row(words, len(rows)), "n": -13})  # the constraint refuses it
    rows.append({**good_row(words, len(rows)), "at": START + 15 * 365 * DAY_SECONDS})  # left
    rows.append({**good_row(words, len(rows)), "at": START + 500 * 365 * DAY_SECONDS})  # future
    rows.append({**good_row(words, len(rows)), "at": None})  # has no place in the order
    rows.append({**good_row(words, len(rows)), "who": {"in": words.secret}})
    return rows


SCRIPT = """
return {row = function(r, state)
  state.sum = (state.sum or 0) + r.n
  state.last = r.who
  if r.n == STOP then error("stopped at " .. r.seen .. " " .. r.mail .. " " .. r.card) end
  return {who = r.who, n = r.n, seen = r.seen, mail = r.mail, name = r.name, card = r.card,
          token = r.token, born = r.born, tags = r.tags, salary = r.salary}
end}
"""
OUTPUT = {
    "who": "text",
    "n": "int64",
    "seen": "text",
    "mail": "text",
    "name": "text",
    "card": "text",
    "token": "uuid",
    "born": "date",
    "tags": "text",
    "salary": "decimal(20,2)",
}


@dataclass
class Place:
    """A folder with a project; what its commands have said is kept."""

    directory: Path
    binary: Path
    sink: str
    words: Words
    said: list[bytes] = field(default_factory=list)
    connections: dict[str, dict] = field(default_factory=dict)
    logs: list[Path] = field(default_factory=list)  # of servers

    def write(self, name: str, content: str | bytes) -> None:
        path = self.directory / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def project(self, stop: int = -1, **keys: object) -> None:
        self.write("step.lua", SCRIPT.replace("STOP", str(stop)))
        step = {"lua": "step.lua", "state": {"sum": "int64", "last": "text"}, "output": OUTPUT}
        pipeline = {
            "source": {"files": "in/*.ndjson", "split_bytes": "256KB"},
            "columns": COLUMNS,
            "series": "who",
            "time": "at",
            "max_future": "36500 days",
            "max_rejects": 1000,
            "steps": [{"where": "100 / n <> 77"}, step],
            "sink": {"connection": "out", "table": "events", "mode": "append"},
            **keys,
        }
        kind = self.sink.split(":")[0]
        connection = {"postgres": self.sink.partition(":")[2]} if kind == "postgres" else None
        connection = connection or {kind: "out.sqlite" if kind == "sqlite" else "out"}
        self.write(
            "tidemill.yaml",
            json.dumps(
                {
                    "connections": {"out": connection, **self.connections},
                    "pipelines": {"p": pipeline},
                }
            ),
        )

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,), **environment: str) -> bytes:
        result = subprocess.run(
            [self.binary, *arguments],
            cwd=self.directory,
            env={**os.environ, "TIDEMILL_TEST_KEY": KEY, **environment},
            capture_output=True,
            timeout=120,
        )
        self.said.append(result.stdout + result.stderr)
        assert result.returncode in codes, (result.returncode, result.stdout, result.stderr)
        return self.said[-1]

    def go(self, *arguments: str, **rest: object) -> bytes:
        """A run in which rows spill."""
        spill = self.directory / "spill"
        spill.mkdir(exist_ok=True)
        rest = {"TIDEMILL_ROWS_BYTES": ROWS_BYTES, **rest}
        return self.run("run", "--spill", str(spill), *arguments, **rest)

    def look(self, codes: tuple[int, ...] = (0,)) -> None:
        """Every command that prints."""
        for arguments in (["check"], ["plan"], ["runs"], ["show", "p"], ["state", "p"]):
            self.run(*arguments, codes=codes)
            self.run(*arguments, "--json", codes=codes)
        self.run("check", "--offline")

    def written(self) -> Iterator[tuple[str, bytes]]:
        """Everything but the source, under a name."""
        for path in sorted(self.directory.rglob("*")):
            if path.is_file() and "in" not in path.relative_to(self.directory).parts:
                yield str(path.relative_to(self.directory)), path.read_bytes()
        yield "what was said", b"\n".join(self.said)
        yield from ((path.name, path.read_bytes()) for path in self.logs)
        if self.sink.startswith("postgres:"):
            yield from dumped(self.sink.partition(":")[2])


def dumped(conninfo: str) -> Iterator[tuple[str, bytes]]:
    """All tables of the database, as COPY has them in text and binary."""
    tables = "select quote_ident(tablename) from pg_tables where schemaname = 'public'"
    with psycopg.connect(conninfo) as connection:
        for (name,) in connection.execute(tables).fetchall():
            for kind in ("text", "binary"):
                with connection.cursor().copy(f"copy {name} to stdout (format {kind})") as copy:
                    yield f"{name} as {kind}", b"".join(bytes(part) for part in copy)


def search(place: Place, forms: dict[bytes, str]) -> set[tuple[str, str]]:
    """(where, what) of each form that is found."""
    return {
        (name, what)
        for name, content in place.written()
        for form, what in forms.items()
        if form in content
    }


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
    made = Place(tmp_path, tidemill, sink, words, logs=logs)
    (tmp_path / "in").mkdir()
    lines = [json.dumps(row).encode() for row in rows_of(words)] + broken_lines(words)
    words.rng.shuffle(lines)
    made.write("in/a.ndjson", b"\n".join(lines) + b"\n")
    made.project()
    yield made


def constrain(place: Place) -> None:
    """A constraint that only the server knows."""
    conninfo = place.sink.partition(":")[2]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("alter table events add constraint lucky check (n <> -13)")


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
    expected = {"sqlite": "out.sqlite", "csv": "out/tidemill.sqlite"}
    wanted = {"events as text", "events_rejects as text"}
    assert shown >= ({expected[place.sink]} if place.sink in expected else wanted), shown


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
