# SPDX-License-Identifier: Apache-2.0
"""Masks of columns: what they make of values (against Python's hmac), and what the commands say."""

import base64
import hmac
import json
import os
import random
import string
import subprocess
import time
import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from project import Project

KEY = "k3y-of-the-tests-0123456789abcdef"
SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
ROW_COUNT = 400
ZONE = ZoneInfo("Europe/Warsaw")
HASH = {"hash": "${TIDEMILL_TEST_KEY}"}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("TIDEMILL_TEST_KEY", KEY)
    return Project(tmp_path, tidemill)


def digest(value: str | bytes, key: str = KEY) -> bytes:
    message = value.encode() if isinstance(value, str) else value
    return hmac.new(key.encode(), message, "sha256").digest()


def masked(value: str | bytes | None, key: str = KEY) -> str | None:
    return None if value is None else digest(value, key).hex()


def masked_uuid(value: uuid.UUID) -> bytes:
    made = bytearray(digest(str(value))[:16])
    made[6] = made[6] & 0x0F | 0x80
    made[8] = made[8] & 0x3F | 0x80
    return bytes(made)


def instant_text(moment: datetime) -> str:
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond % 1000:
        return f"{text}.{moment.microsecond:06d}Z"
    return f"{text}.{moment.microsecond // 1000:03d}Z" if moment.microsecond else f"{text}Z"


def random_value(rng: random.Random, kind: str) -> object:
    """A value as Python has it."""
    if rng.random() < 0.1:
        return None
    if kind == "bool":
        return rng.random() < 0.5
    if kind in ("int32", "int64"):
        bits = int(kind[3:]) - 1
        return rng.choice([rng.randrange(-(2**bits), 2**bits), rng.randrange(-50, 50), -(2**bits)])
    if kind == "double":
        return rng.choice(
            [
                rng.uniform(-1e6, 1e6),
                float(rng.randrange(-99, 99)),
                0.1,
                -0.0,
                2.5e-7,
                rng.random() * 1e-5,
                1e5,
                1e18,
            ]
        )
    if kind == "decimal(12,2)":
        return Decimal(rng.randrange(-(10**12) + 1, 10**12)) / 100
    if kind == "text":
        letters = string.ascii_letters + 'żółć€🙂"\\ ,\n' + "e\u0301"
        return "".join(rng.choices(letters, k=rng.randrange(0, 150)))
    if kind == "bytes":
        return rng.randbytes(rng.randrange(0, 90))
    if kind == "date":
        return date(1900, 1, 1) + timedelta(days=rng.randrange(60000))
    if kind == "timestamp":
        moment = datetime(1950, 1, 1, tzinfo=timezone.utc)
        micros = rng.choice([rng.randrange(10**6), rng.randrange(1000) * 1000, 0])
        return moment + timedelta(seconds=rng.randrange(3 * 10**9), microseconds=micros)
    return uuid.UUID(int=rng.getrandbits(128))


def double_text(value: float) -> str:
    """A whole number as an integer, else the shorter of plain and scientific."""
    if value == int(value) and abs(value) < 2**53:
        return str(int(value))
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = f".{text[1:]}" if len(text) > 1 else ""
    scientific = f"{'-' * sign}{text[0]}{point}e{exponent + len(text) - 1:+03d}"
    plain = f"{Decimal(repr(value)).normalize():f}"
    return plain if len(plain) <= len(scientific) else scientific


def canonical(kind: str, value: object) -> str | bytes | None:
    """The text (or bytes) that is hashed, as the documentation has it."""
    if value is None:
        return None
    if kind == "bool":
        return "true" if value else "false"
    if kind == "decimal(12,2)":
        return f"{value:.2f}"
    if kind == "timestamp":
        return instant_text(value)
    if kind == "double":
        return double_text(value)
    return value if isinstance(value, bytes) else str(value)


def written(rng: random.Random, kind: str, value: object) -> object:
    """The value in one of the ways in which a document may hold it."""
    if value is None:
        return None
    if kind == "bytes":
        text = base64.b64encode(value).decode()
        return rng.choice([text, text.rstrip("=")])
    if kind == "uuid":
        return rng.choice([str(value), value.hex, str(value).upper()])
    if kind == "timestamp":
        zone = rng.choice([timezone.utc, timezone(timedelta(hours=5, minutes=30))])
        return value.astimezone(zone).isoformat()
    if kind == "decimal(12,2)":
        return rng.choice([str(value), f"{value:.4f}"])
    if kind in ("int32", "int64"):
        return rng.choice([value, str(value), f"{value}.0"])
    return str(value) if kind == "date" else value


KINDS = ["bool", "int32", "int64", "double", "decimal(12,2)", "text", "bytes", "date", "timestamp"]


def csv_text(rows: list[dict]) -> str:
    """A null is an empty cell, an empty text a quoted one."""

    def cell(value: object) -> str:
        if value is None:
            return ""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return '"' + text.replace('"', '""') + '"'

    lines = [",".join(rows[0])] + [",".join(map(cell, row.values())) for row in rows]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", ["in.ndjson", "in.csv"])
def test_hashes_are_those_of_python(project: Project, name: str) -> None:
    print("seed", SEED)
    rng = random.Random(f"{SEED} {name}")
    values = [
        {kind: random_value(rng, kind) for kind in [*KINDS, "uuid"]} for _ in range(ROW_COUNT)
    ]
    rows = [
        {"n": i, **{f"c{k}": written(rng, kind, v) for k, (kind, v) in enumerate(row.items())}}
        for i, row in enumerate(values)
    ]
    if name.endswith(".csv"):
        project.write(name, csv_text(rows))
    else:
        project.write(name, "".join(json.dumps(row) + "\n" for row in rows))
    columns = {f"c{k}": {"type": kind, "mask": HASH} for k, kind in enumerate([*KINDS, "uuid"])}
    project.pipeline(
        source={"files": name},
        columns={"n": "int64", **columns},
        sink={"connection": "lite", "table": "out", "again": "append"},
    )
    assert project.record()["counts"]["loaded"] == ROW_COUNT
    for row, found in zip(values, project.rows("select * from out order by n"), strict=True):
        expected = [masked(canonical(kind, row[kind])) for kind in KINDS]
        assert list(found[1:-1]) == expected, row
        got = found[-1]
        wanted = None if row["uuid"] is None else str(uuid.UUID(bytes=masked_uuid(row["uuid"])))
        assert got == wanted, row


def local_floor(moment: datetime, unit: str) -> datetime:
    local = moment.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit != "day":
        local = local.replace(day=1)
    return local.replace(month=1) if unit == "year" else local


def micros(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def test_truncated_values_are_those_of_python(project: Project) -> None:
    print("seed", SEED)
    rng = random.Random(SEED)
    kinds = ["text", "int64", "decimal(12,2)", "date", "timestamp"]
    values = [{kind: random_value(rng, kind) for kind in kinds} for _ in range(ROW_COUNT)]
    rows = [
        {"n": i, **{kind: written(rng, kind, v) for kind, v in row.items()}}
        for i, row in enumerate(values)
    ]
    project.write("in.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
    units = ["day", "month", "year"]
    project.pipeline(
        source={"files": "in.ndjson"},
        columns={
            "n": "int64",
            "t": {"type": "text", "from": "text", "mask": {"truncate": 4}},
            "i": {"type": "int64", "from": "int64", "mask": {"truncate": 500}},
            "d": {"type": "decimal(12,2)", "from": "decimal(12,2)", "mask": {"truncate": "2.5"}},
            "y": {"type": "date", "from": "date", "mask": {"truncate": "month"}},
            **{
                unit: {"type": "timestamp", "from": "timestamp", "mask": {"truncate": unit}}
                for unit in units
            },
        },
        timezone="Europe/Warsaw",
        sink={"connection": "lite", "table": "out", "again": "append"},
    )
    project.record()
    for row, found in zip(values, project.rows("select * from out order by n"), strict=True):
        t, i, d, y, at = row.values()
        amount = None if d is None else (d / Decimal("2.5")).to_integral(ROUND_DOWN)
        assert found[1:5] == (
            None if t is None else t[:4],
            None if i is None else abs(i) // 500 * 500 * (1 if i >= 0 else -1),
            None if d is None else f"{amount * Decimal('2.5') + 0:.2f}",
            None if y is None else str(y.replace(day=1)),
        )
        expected = [None if at is None else micros(local_floor(at, unit)) for unit in units]
        assert list(found[5:]) == expected, at


def test_every_error_of_a_mask_is_told_with_its_place(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEMILL_SHORT_KEY", "sh0rt")
    project.write(
        "tidemill.yaml",
        """connections:
  lite: {sqlite: out.sqlite}
pipelines:
  p:
    source: {files: in.ndjson}
    columns:
      a: {type: text, mask: radact}
      b: {type: text, mask: hash}
      c: {type: text, mask: {hash: Wr1ttenDown0123456789}}
      d: {type: text, mask: {hash: "${TIDEMILL_SHORT_KEY}"}}
      e: {type: text, mask: {hash: "${TIDEMILL_NOT_SET}"}}
      f: {type: text, mask: {truncat: 3}}
      g: {type: text, mask: }
      h: {type: text, mask: {truncate: 3, hash: "${TIDEMILL_TEST_KEY}"}}
      i: {type: text, mask: {redact: true}}
      j: {type: text, mask: truncate}
      k: {type: text, mask: "${TIDEMILL_TEST_KEY}"}
      l: {type: text, mask: {truncate: "${TIDEMILL_TEST_KEY}"}}
    sink: {connection: lite, table: out, again: append}
""",
    )
    said = project.run("check", "--offline", code=2).stderr
    for place, hint in [
        ("tidemill.yaml:7:29", "unknown mask `radact`: did you mean `redact`?"),
        ("tidemill.yaml:8:29", '{hash: "${MASK_KEY}"}'),
        ("tidemill.yaml:9:36", "comes from the environment"),
        ("tidemill.yaml:10:36", "shorter than 16 bytes"),
        ("tidemill.yaml:11:36", "`TIDEMILL_NOT_SET` is not set"),
        ("tidemill.yaml:12:30", "`truncat`: did you mean `truncate`?"),
        ("tidemill.yaml:13:", "which mask?"),
        ("tidemill.yaml:14:29", "a column has one mask"),
        ("tidemill.yaml:15:38", "takes nothing"),
        ("tidemill.yaml:16:29", "to what is it truncated?"),
        ("tidemill.yaml:17:29", "unknown mask `${TIDEMILL_TEST_KEY}`"),
    ]:
        assert any(place in line and hint in line for line in said.splitlines()), (place, said)
    assert "Wr1tten" not in said and "sh0rt" not in said and KEY not in said


def test_every_misfit_of_a_mask_is_told_with_its_place(project: Project) -> None:
    project.write(
        "tidemill.yaml",
        """connections:
  lite: {sqlite: out.sqlite}
  events: {elasticsearch: "http://127.0.0.1:1"}
pipelines:
  p:
    source: {files: in.ndjson}
    columns:
      a: {type: json, mask: {hash: "${TIDEMILL_TEST_KEY}"}}
      b: {type: uuid, mask: {truncate: 3}}
      c: {type: text, mask: {truncate: 0}}
      d: {type: timestamp, mask: {truncate: week}}
      e: {type: date, mask: {truncate: day}}
      f: {type: "decimal(4,1)", mask: {truncate: "0.25"}}
      g: {type: int32, mask: {truncate: month}}
      h: {type: text, from: _file, mask: redact}
    sink: {connection: lite, table: out, again: append}
  ids:
    source: {connection: events, index: i}
    columns: {id: {type: text, from: _id, mask: redact}}
    sink: {connection: lite, table: out1, again: append}
  roles:
    source: {files: in.ndjson}
    columns:
      who: {type: text, mask: redact}
      at: {type: timestamp, mask: {hash: "${TIDEMILL_TEST_KEY}"}}
    series: who
    time: at
    sink: {connection: lite, table: out2, mode: append}
  key:
    source: {files: in.ndjson}
    columns: {who: {type: text, mask: redact}, n: int64}
    sink: {connection: lite, table: out3, mode: merge, key: who, newest: n}
""",
    )
    said = project.run("check", "--offline", code=2).stderr
    for place, hint in [
        ("tidemill.yaml:8:29", "json can't be hashed"),
        ("tidemill.yaml:9:29", "uuid can't be truncated"),
        ("tidemill.yaml:10:40", "how many characters"),
        ("tidemill.yaml:11:45", "day, month or year"),
        ("tidemill.yaml:12:40", "month or year"),
        ("tidemill.yaml:13:50", "that the column can hold"),
        ("tidemill.yaml:14:41", "a whole number above 1"),
        ("tidemill.yaml:15:42", "`_file` can't be masked"),
        ("tidemill.yaml:19:49", "`_id` tells documents apart"),
        ("tidemill.yaml:26:13", "`series: who`: its mask `redact` makes all values alike"),
        ("tidemill.yaml:27:11", "also behind its mask"),
        ("tidemill.yaml:32:61", "`key: who`: its mask `redact` makes all values alike"),
    ]:
        assert any(place in line and hint in line for line in said.splitlines()), (place, said)


def test_check_warns_of_columns_that_hold_the_same_in_clear(project: Project) -> None:
    project.write("in.ndjson", "{}\n")
    project.pipeline(
        source={"files": "in.ndjson"},
        columns={
            "mail": {"type": "text", "from": "customer.contact.mail", "mask": "redact"},
            "again": {"type": "text", "from": "customer.contact.mail"},
            "whole": {"type": "json", "from": "customer"},
            "list": {"type": "text", "from": "customer.contact", "array": "json"},
            "other": {"type": "json", "from": "custom"},
            "hidden": {"type": "json", "from": "customer", "mask": None},
            "name": {"type": "text", "from": "customer.name"},
        },
        sink={"connection": "lite", "table": "out", "again": "append"},
    )
    for arguments in (["check"], ["check", "--offline"]):
        said = project.run(*arguments).stdout
        warned = sorted(
            line.split("but column ")[1].split(" ")[0]
            for line in said.splitlines()
            if line.startswith("  warning: ")
        )
        # `hidden` masks all of customer, so what lies in it is warned of, too.
        assert warned == sorted(
            ["`again`", "`again`", "`list`", "`list`", "`name`", "`whole`", "`whole`"]
        )
    notes = json.loads(project.run("check", "--json").stdout)["notes"]
    assert "warning: column `mail` masks `customer.contact.mail`" in notes


ROWS = [
    {"who": "ala", "at": "2024-03-01T10:00:00Z", "n": 1},
    {"who": "ala", "at": "2024-03-02T10:00:00Z", "n": 2},
    {"who": "ola", "at": "2024-03-02T11:00:00Z", "n": 3},
]


def ordered(project: Project, mask: object = HASH) -> None:
    write_lines(project)
    project.pipeline(
        source={"files": "in.ndjson"},
        columns={"who": {"type": "text", "mask": mask}, "at": "timestamp", "n": "int64"},
        series="who",
        time="at",
        sink="out",
    )


def write_lines(project: Project) -> None:
    project.write("in.ndjson", "".join(json.dumps(row) + "\n" for row in ROWS))


def test_a_masked_series_is_one_series_and_shown_masked(project: Project) -> None:
    ordered(project)
    assert project.record()["counts"]["series"] == 2
    shown = json.loads(project.run("state", "p", masked("ala"), "--json").stdout)
    assert (shown["who"], shown["_rows"]) == (masked("ala"), 2)
    assert project.run("state", "p", "ala").stdout == ""
    assert project.record()["counts"]["seen"] == 3


def test_another_key_or_mask_is_another_pipeline(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(project)
    project.record()
    monkeypatch.setenv("TIDEMILL_TEST_KEY", KEY + "!")
    said = project.run("run", code=1).stderr
    assert "mask key of column who" in said and "under another key" in said
    assert "state p reset" in said and "rewind" not in said
    # Rows up to the day would stay, under the masks of the other key.
    rewind = project.run("state", "p", "rewind", "--to", "2024-03-01", "--yes", code=1).stderr
    assert "`mask key of column who` is not the one" in rewind
    project.run("state", "p", "reset", "--yes")
    project.record()
    assert set(project.rows("select who from out")) == {
        (masked("ala", KEY + "!"),),
        (masked("ola", KEY + "!"),),
    }
    ordered(project, {"truncate": 2})
    assert "(column who" in project.run("run", code=1).stderr


def test_the_key_is_recorded_nowhere(project: Project) -> None:
    ordered(project)
    said = [project.run("run", "--json"), project.run("show", "p"), project.run("plan")]
    for path in project.directory.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path
    assert not any(KEY in one.stdout + one.stderr for one in said)


def test_a_merge_does_not_mix_masks_of_two_keys(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(project)
    project.pipeline(
        source={"files": "in.ndjson"},
        columns={"who": {"type": "text", "mask": HASH}, "n": "int64"},
        sink={"connection": "lite", "table": "out", "mode": "merge", "key": "who", "newest": "n"},
    )
    project.record()
    project.record()
    assert project.rows("select who, n from out order by n") == [
        (masked("ala"), 2),
        (masked("ola"), 3),
    ]
    monkeypatch.setenv("TIDEMILL_TEST_KEY", KEY + "!")
    said = project.run("run", code=1).stderr
    assert "mask key of column who" in said and "Take the key back" in said
    project.run("state", "p", "reset", "--yes")
    project.record()
    assert project.rows("select count(*) from out") == [(2,)]


def test_a_default_is_masked_and_a_missing_value_is_missing(project: Project) -> None:
    project.write("in.ndjson", '{"n": 1}\n{"n": 2, "d": null, "r": null}\n{"n": 3, "r": "x"}\n')
    project.pipeline(
        source={"files": "in.ndjson"},
        columns={
            "n": "int64",
            "d": {"type": "int64", "default": "7", "mask": HASH},
            "e": {"type": "int64", "default": "7", "required": True, "mask": "redact"},
            "r": {"type": "text", "required": True, "mask": None},
        },
        max_rejects=9,
        sink={"connection": "lite", "table": "out", "again": "append"},
    )
    project.record()
    assert project.rows("select * from out") == [(3, masked("7"), None, None)]
    assert (
        project.rows("select column_name, reason from out_rejects order by position")
        == [("r", "the value is missing or null, and the column is required")] * 2
    )


def seen_by_others(process: subprocess.Popen) -> tuple[int, str]:
    """Who owns the process's files in /proc, and its limit of core dumps."""
    proc = Path("/proc") / str(process.pid)
    limits = (proc / "limits").read_text().splitlines()
    cores = next(line for line in limits if line.startswith("Max core file size"))
    return (proc / "environ").stat().st_uid, cores.split()[4]


@pytest.mark.parametrize("mask", [HASH, None])
def test_a_crash_writes_no_memory_down(
    project: Project, mask: object, request: pytest.FixtureRequest
) -> None:
    """The kernel gives the files of a process whose memory is private to root."""
    write_lines(project)
    project.write("spin.lua", "return {row = function(r, s) while true do end end}")
    column = {"type": "text"} if mask is None else {"type": "text", "mask": mask}
    project.pipeline(
        source={"files": "in.ndjson"},
        columns={"who": column, "at": "timestamp"},
        series="who",
        time="at",
        steps=[{"lua": "spin.lua", "state": {"n": "int64"}, "output": {"n": "int64"}}],
        sink="out",
    )
    user = 65534 if os.getuid() == 0 else os.getuid()
    for path in [project.directory, *project.directory.parents][:4]:
        if path.stat().st_uid == os.getuid():
            path.chmod(path.stat().st_mode | 0o755)
    project.directory.chmod(0o777)
    process = subprocess.Popen(
        [project.binary, "run", "--spill", project.directory],
        cwd=project.directory,
        user=user if os.getuid() == 0 else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    request.addfinalizer(process.kill)
    deadline = time.monotonic() + 60
    while not (project.directory / "out.sqlite").exists() or process.poll() is not None:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    owner, cores = seen_by_others(process)
    if mask is None:
        assert owner == user
    else:
        assert (owner, cores) == (0, "0")


DEFAULT_CANARY = "canary-of-a-default"


@pytest.mark.parametrize("mask", [HASH, "redact", "null", "truncate"])
def test_a_default_is_masked_wherever_it_is_kept(project: Project, mask: object) -> None:
    """Also in the fingerprint, and in what is shown and exported of rejects."""
    mask = {"truncate": 3} if mask == "truncate" else mask
    column = {"type": "text", "mask": mask, "default": DEFAULT_CANARY}
    columns = {"who": column, "n": "int64", "at": "timestamp"}
    rows = [{"n": 1, "at": "2024-03-01T00:00:00Z"}, {"n": "none", "at": "2024-03-01T00:00:00Z"}]
    project.write("in.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
    project.pipeline(source={"files": "in.ndjson"}, columns=columns, max_rejects=5, sink="t")
    project.record()
    said = [
        project.run("rejects", *options).stdout
        for options in ([], ["--list"], ["--json"], ["--export", "-"])
    ]
    assert all("is not" in text for text in said[:1])
    kept = (project.directory / "out.sqlite").read_bytes()
    for place in (*(text.encode() for text in said), kept):
        assert DEFAULT_CANARY.encode() not in place
    (text,) = project.rows("select fingerprint_text from tidemill_pipelines")[0]
    assert "column who: text" in text
