# SPDX-License-Identifier: Apache-2.0
"""What runs while a call fails: small pipelines of each source and sink, and the commands."""

import errno
import json
import random
from dataclasses import dataclass
from pathlib import Path

from pipelines import balances, files

PIPELINE, TABLE = "events", "loaded"

# How calls of each kind fail (the kinds are those of failer.c).
ERRORS = {
    "alloc": [errno.ENOMEM],
    "read": [errno.EIO],
    "write": [errno.ENOSPC, errno.EIO],
    "fsync": [errno.EIO, errno.ENOSPC],
    "open": [errno.EMFILE, errno.EIO, errno.EACCES],
    "rename": [errno.EIO, errno.ENOSPC],
    "unlink": [errno.EIO],
    "mkdir": [errno.ENOSPC, errno.EROFS],
    "truncate": [errno.EIO],
    "mmap": [errno.ENOMEM],
    "socket": [errno.EMFILE],
    "connect": [errno.ECONNREFUSED, errno.ETIMEDOUT],
    "send": [errno.EPIPE, errno.ECONNRESET],
    "recv": [errno.ECONNRESET],
    "poll": [errno.ENOMEM],
    "thread": [errno.EAGAIN],
    "close": [errno.EIO, errno.ENOSPC],
}

SERIES = {**balances.SERIES, "until": "2024-04-01T00:00:00Z"}
STEPS = [{"where": "points >= 0"}, balances.LUA_STEP]
MODES = {
    "append": ({**SERIES, "steps": STEPS}, {"mode": "append"}),
    "merge": ({}, {"mode": "merge", **balances.KEY}),
    "replace": ({**SERIES, "steps": [balances.LUA_STEP]}, {"mode": "replace"}),
    "stream": ({}, {"mode": "append", "again": "append"}),
    "staged": ({}, {"mode": "append", "again": "append"}),
    "registry": ({}, {"mode": "append"}),
}
# An append is staged where the whole index is read at one instant, or by chosen slices.
SOURCES = {"staged": {"snapshot": "pit", "slices": 2}}
# A night that reads what was written since the one before. When that was differs from night to night.
WRITTEN = "written"
CURSOR = {"cursor": WRITTEN, "lag": "0s"}
# In some of them the step with a state is the second one.
TYPES = {**balances.TYPES, WRITTEN: "timestamp", "s2_balance": "decimal", "s2_days_active": "int64"}
FORMATS = ("ndjson", "csv", "ndjson.gz", "ndjson.zst")
SINKS = ("sqlite", "csv", "postgres", "discard")
ROWS, LATER_ROWS = 40, 15

ARGUMENTS = {
    "run": ["run", "--json", "--workers", "2", "--spill", "spill"],
    "again": ["run", "--workers", "2", "--spill", "spill"],
    "night": ["run", "--workers", "2", "--spill", "spill", "--reread", "in/changed.ndjson"],
    "cursor": ["run", "--workers", "2", "--spill", "spill"],
    "check": ["check"],
    "plan": ["plan"],
    "runs": ["runs"],
    "show": ["show", PIPELINE],
    "state": ["state", PIPELINE],
    "rewind": ["state", PIPELINE, "rewind", "--to", "2024-03-03", "--yes"],
    "reset": ["state", PIPELINE, "reset", "--yes"],
}
READING = ("check", "plan", "runs", "show", "state")
RUNNING = ("run", "again", "night", "cursor")


@dataclass(frozen=True)
class Case:
    """What runs: `source` is a format of files, or elasticsearch."""

    source: str
    sink: str
    mode: str
    command: str = "run"

    def __str__(self) -> str:
        return f"{self.source}/{self.sink}/{self.mode}/{self.command}"

    @staticmethod
    def parse(text: str) -> "Case":
        return Case(*text.split("/"))

    @property
    def needs_run(self) -> bool:
        """Whether there is a complete run before."""
        return self.command not in ("run", "check", "plan")


def all_cases() -> list[Case]:
    """Each source with each sink, each sink with each mode, and the other commands."""
    cases = []
    for source in (*FORMATS, "elasticsearch"):
        for sink in SINKS:
            cases.append(Case(source, sink, "stream" if sink == "discard" else "append"))
    for sink in SINKS[:3]:
        for mode in ("merge", "replace", "stream"):
            if (sink, mode) != ("csv", "merge"):
                cases.append(Case("ndjson", sink, mode))
        for command in ("check", "plan", "runs", "show", "state", "rewind", "reset", "again"):
            cases.append(Case("ndjson", sink, "append", command))
        for mode in ("append", "registry"):
            cases.append(Case("ndjson", sink, mode, "night"))
    for sink in SINKS[:3]:
        for mode in ("merge", "replace", "stream", "staged"):
            if (sink, mode) != ("csv", "merge"):
                cases.append(Case("elasticsearch", sink, mode))
        for mode in ("append", "registry"):
            cases.append(Case("elasticsearch", sink, mode, "cursor"))
    for sink in ("sqlite", "postgres"):
        cases.append(Case("elasticsearch", sink, "merge", "cursor"))
    for command in ("check", "plan"):
        cases.append(Case("elasticsearch", "sqlite", "append", command))
    return cases


@dataclass(frozen=True)
class Fault:
    """The Nth call of a kind, perhaps with all that follow it."""

    kind: str
    nth: int
    error: int
    goes_on: bool = False

    def __str__(self) -> str:
        return f"{self.kind}:{self.nth}:{self.error}" + (":on" if self.goes_on else "")

    @staticmethod
    def parse(text: str) -> "Fault":
        kind, nth, error, *more = text.split(":")
        return Fault(kind, int(nth), int(error), bool(more))


def events() -> list[dict]:
    """Those of the first night, and then those of the second."""
    rng = random.Random(7)
    return [
        {
            "event_id": f"e{i:02}",
            "person": f"p{i % 5}",
            "used_at": 1_709_280_000 + rng.randrange(6 * 86_400),
            "amount": f"{rng.randrange(10_000) / 100:.2f}" if i not in (17, 44) else "much",
            "kind": "abc"[i % 3],
            "points": i,
            "note": f"note {i}",
        }
        for i in range(ROWS + LATER_ROWS)
    ]


def encode(form: str, rows: list[dict], header: bool = True) -> bytes:
    if form == "csv":
        lines = [",".join(map(str, row.values())) for row in rows]
        lines = [",".join(rows[0])] * header + lines
    else:
        lines = [json.dumps(row) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def write_files(directory: Path, form: str) -> None:
    rows = events()
    parts = {"a": rows[:20], "b": rows[20:30], "changed": rows[30:ROWS]}
    for name, part in parts.items():
        files.compress(directory / f"{name}.{form}", encode(form, part))


def change_files(directory: Path) -> None:
    """The second night: a file has grown, one has moved, one has changed, one is new."""
    rows = events()
    with (directory / "a.ndjson").open("ab") as grown:
        grown.write(encode("ndjson", rows[ROWS : ROWS + 6]))
    (directory / "b.ndjson").rename(directory / "moved.ndjson")
    changed = encode("ndjson", [*rows[30 : ROWS - 1], *rows[ROWS + 6 : ROWS + 9]])
    (directory / "changed.ndjson").write_bytes(changed)
    (directory / "new.ndjson").write_bytes(encode("ndjson", rows[ROWS + 9 :]))


def write_project(directory: Path, case: Case, servers: dict[str, str]) -> None:
    """`servers`: "postgres", the conninfo of a database, and "elasticsearch", a url."""
    config, sink = MODES[case.mode]
    connections = {
        "postgres": {"postgres": servers.get("postgres", "")},
        "csv": {"csv": "out"},
        "sqlite": {"sqlite": "out.sqlite"},
    }
    used = {"sink": connections[case.sink]} if case.sink != "discard" else {}
    if case.source == "elasticsearch":
        url = servers["elasticsearch"]
        used["events"] = {"elasticsearch": url, "retry_pause": "1ms", "timeout": "5s"}
        source = {"connection": "events", "index": "uses", **SOURCES.get(case.mode, {})}
    else:
        write_files(directory / "in", case.source)
        source = {"files": f"in/*.{case.source}"}
        if case.command == "night":
            source["registry"] = True  # without a series it is there by itself
    by_cursor = case.command == "cursor"
    columns = balances.COLUMNS | ({WRITTEN: "timestamp"} if by_cursor else {})
    target = {"connection": "sink", "table": TABLE, **sink}
    pipeline = {
        "source": source,
        "columns": columns,
        "max_rejects": 10,
        **config,
        **(CURSOR if by_cursor else {}),
        "sink": {"discard": True} if case.sink == "discard" else target,
    }
    content = {"connections": used, "pipelines": {PIPELINE: pipeline}}
    (directory / "tidemill.yaml").write_text(json.dumps(content))
    (directory / "day.lua").write_text(balances.SCRIPT)
