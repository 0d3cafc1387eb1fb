# SPDX-License-Identifier: Apache-2.0
"""Words that are planted in masked columns, a project whose runs and commands must not let them out,
and the search for them in all that these have written and said."""

import base64
import hmac
import json
import os
import random
import struct
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
from pipelines.engine import ROWS_BYTES

SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
KEY = "k3y-of-the-tests-0123456789abcdef"
HASH = {"hash": "${TIDEMILL_TEST_KEY}"}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROW_COUNT = 6000
LOG_KINDS = ("text", "json")
DAY_SECONDS = 86_400
START = 1_709_280_000  # 2024-03-01T08:00:00Z
# Four bytes turn up by chance in some MB, but not so often.
SHORT_BYTES, SHORT_TIMES = 4, 10
EPOCHS = (datetime(1970, 1, 1, tzinfo=timezone.utc), datetime(2000, 1, 1, tzinfo=timezone.utc))

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
    "pin": {"type": "int32", "mask": HASH},
    "level": {"type": "int32", "mask": {"truncate": 1_000_000_000}},
    "rate": {"type": "double", "mask": HASH},
    "score": {"type": "double", "mask": {"truncate": 100_000_000_000}},
    "met": {"type": "timestamp", "mask": HASH},
    "moved": {"type": "timestamp", "mask": {"truncate": "month"}},
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
    small: int = field(init=False)
    rate: float = field(init=False)
    met: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.secret = "".join(self.rng.choices(LETTERS, k=18))
        self.shown = "".join(self.rng.choices(LETTERS, k=18))
        self.number = self.rng.randrange(3 * 10**17, 9 * 10**17)
        self.node = f"{self.rng.getrandbits(47) | 1 << 46:012x}"
        self.born = f"19{self.rng.randrange(10, 99)}-{self.rng.randrange(2, 12):02d}-17"
        self.small = self.rng.randrange(1_100_000_000, 1_999_000_000)
        self.rate = self.rng.randrange(2 * 10**14, 9 * 10**14) / 1000
        seconds = self.rng.randrange(100_000_000, 400_000_000) * 2 + 1
        self.met = EPOCHS[0] + timedelta(seconds=seconds, microseconds=123_457)

    @property
    def met_text(self) -> str:
        return self.met.isoformat().replace("+00:00", "Z")

    def forms(self) -> dict[bytes, str]:
        """Every form in which a masked word may turn up, with its name."""
        found: dict[bytes, str] = {}
        texts = [self.secret, str(self.number), str(self.number // 100), self.node, self.born]
        texts += [str(self.small), repr(self.rate), str(int(self.rate))]
        texts += [self.met.isoformat(sep)[:19] for sep in "T "]
        moments = [(self.met - epoch) // timedelta(microseconds=1) for epoch in EPOCHS]
        texts += [str(moments[0]), str(moments[0] // 1000)]
        for text in texts:
            found |= text_forms(text)
        for order in ("little", "big"):
            for number in (self.number, *moments):
                found[number.to_bytes(8, order, signed=True)] = f"{number} {order}"
            found[self.small.to_bytes(SHORT_BYTES, order)] = f"{self.small} {order}"
            sign = "<" if order == "little" else ">"
            found[struct.pack(f"{sign}d", self.rate)] = f"{self.rate} {order}"
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
        "pin": words.small,
        "level": words.small,
        "rate": words.rate,
        "score": words.rate,
        "met": words.met_text,
        "moved": words.met_text,
    }


def bad_values(words: Words) -> Iterator[tuple[str, object]]:
    """(column, what it can't take)."""
    secret = words.secret
    numbers, moments = ("pin", "level", "rate", "score"), ("met", "moved")
    for column in ("card", "salary", "token", "born", "photo", "flag", *numbers, *moments):
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
    for column in ("pin", "level"):
        yield column, f"{words.small}.5"
        yield column, words.small * 1_000_000
    for column in ("rate", "score"):
        yield column, f"{words.rate}?"
        yield column, [words.rate]
    for column in ("met", "moved"):
        yield column, f"{words.met_text}?"
        yield column, [words.met_text]
        yield column, words.number
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
          token = r.token, born = r.born, tags = r.tags, salary = r.salary, pin = r.pin,
          level = r.level, rate = r.rate, score = r.score, met = r.met, moved = r.moved}
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
    "pin": "text",
    "level": "int32",
    "rate": "text",
    "score": "double",
    "met": "text",
    "moved": "timestamp",
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
    runs: int = 0

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
        """A run in which rows spill, with a log of text and of JSON by turns."""
        spill = self.directory / "spill"
        spill.mkdir(exist_ok=True)
        rest = {"TIDEMILL_ROWS_BYTES": ROWS_BYTES, **rest}
        kind = LOG_KINDS[self.runs % len(LOG_KINDS)]
        self.runs += 1
        log = ["--log", f"run.{kind}.log", "--log-format", kind]
        return self.run("run", "--spill", str(spill), *log, *arguments, **rest)

    def look(self, codes: tuple[int, ...] = (0,)) -> None:
        """Every command that prints."""
        for arguments in (["check"], ["plan"], ["runs"], ["show", "p"], ["state", "p"]):
            self.run(*arguments, codes=codes)
            self.run(*arguments, "--json", codes=codes)
        self.run("check", "--offline")
        self.run("doctor", codes=(0, 1))
        self.run("doctor", "--json", codes=(0, 1))

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
        if (form in content if len(form) > SHORT_BYTES else content.count(form) >= SHORT_TIMES)
    }


def constrain(place: Place) -> None:
    """A constraint that only the server knows."""
    conninfo = place.sink.partition(":")[2]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("alter table events add constraint lucky check (n <> -13)")


def make_place(binary: Path, directory: Path, sink: str, words: Words, logs: list[Path]) -> Place:
    """Rows of all kinds are there, in the file in/a.ndjson."""
    made = Place(directory, binary, sink, words, logs=logs)
    (directory / "in").mkdir()
    lines = [json.dumps(row).encode() for row in rows_of(words)] + broken_lines(words)
    words.rng.shuffle(lines)
    made.write("in/a.ndjson", b"\n".join(lines) + b"\n")
    made.project()
    return made
