# SPDX-License-Identifier: Apache-2.0
"""load_postgres as an object: the sink's calls as methods, rows as Python values."""

import contextlib
import datetime
import decimal
import os
import subprocess
import uuid
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = Path("tests/unit/sink/postgres/load_postgres")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class SinkError(Exception):
    """What the sink said: `code` is the name of a tide_code."""

    def __init__(self, code: str, sentence: str):
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


def driver_path() -> Path:
    """TIDEMILL_BUILD names another build directory than build/test."""
    return Path(os.environ.get("TIDEMILL_BUILD", ROOT / "build" / "test")).resolve() / NAME


def cell(value) -> str:
    """A value as load_postgres reads it; dates and instants may be given as integers."""
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case bytes():
            return value.hex()
        case uuid.UUID():
            return value.hex
        case datetime.datetime():
            return str((value - EPOCH) // datetime.timedelta(microseconds=1))
        case datetime.date():
            return str((value - EPOCH.date()).days)
        case decimal.Decimal():
            return format(value, "f")
        case float():
            return repr(value)
        case str():
            replaced = value.replace("\\", "\\\\").replace("\t", "\\t")
            return replaced.replace("\n", "\\n").replace("\0", "\\0")
    return str(value)


class Sink:
    """One process that holds one sink."""

    def __init__(
        self,
        conninfo: str,
        columns: dict[str, str],
        *,
        table: str = "t",
        pipeline: str = "p",
        mode: str = "append",
        key: Iterable[str] = (),
        newest: str | None = None,
        state: bool = False,
        late: dict[str, str] | None = None,
        staged: bool = False,
        max_rejects: int = 0,
        attempts: int = 4,
        wait_ms: int = 20,
        fingerprint: str | None = None,
        fault: str | None = None,
        fault_log: Path | None = None,
    ):
        options = [driver_path(), "--conninfo", conninfo, "--pipeline", pipeline]
        options += ["--table", table, "--mode", mode, "--max-rejects", str(max_rejects)]
        options += ["--attempts", str(attempts), "--wait", str(wait_ms)]
        for name, kind in columns.items():
            options += ["--column", f"{name}:{kind}"]
        for name, kind in (late or {}).items():
            options += ["--late", f"{name}:{kind}"]
        key = list(key)
        options += ["--key", ",".join(key)] if key else []
        options += ["--newest", newest] if newest else []
        options += ["--state"] if state else []
        options += ["--staged"] if staged else []
        options += ["--fingerprint", fingerprint] if fingerprint else []
        environment = dict(os.environ)
        if fault:
            environment["TIDEMILL_FAULT"] = fault
        if fault_log:
            environment["TIDEMILL_FAULT_LOG"] = str(fault_log)
        self.process = subprocess.Popen(
            options,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        try:
            self.answer()
        except SinkError:
            self.close()
            raise

    def __enter__(self) -> "Sink":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Ends it in order; whatever it printed on stderr (a sanitizer) fails the test."""
        if self.process.stderr.closed:
            return
        if self.process.poll() is None:
            self.process.stdin.close()
        said = self.process.stderr.read()
        self.process.wait(60)
        self.process.stdout.close()
        self.process.stderr.close()
        assert said == "", said
        assert self.process.returncode in (0, 1, -9), self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)

    def send(self, *fields) -> None:
        self.process.stdin.write("\t".join(str(f) for f in fields) + "\n")

    def answer(self) -> list[str]:
        """The lines of an answer, the last one without its `ok `."""
        lines = []
        while line := self.process.stdout.readline():
            line = line.rstrip("\n")
            if line.startswith("ok"):
                return [*lines, line[3:]]
            if line.startswith("error "):
                raise SinkError(*line[6:].split(" ", 1))
            lines.append(line)
        raise SinkError("dead", "the driver ended without an answer: " + self.process.stderr.read())

    def call(self, *fields) -> list[str]:
        try:
            self.send(*fields)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.answer()

    def begin(self, run: int = 1, workers: int = 1) -> "Sink":
        self.call("begin", run)
        for i in range(workers):
            self.call("worker", i)
        return self

    def check(self) -> tuple[dict[str, str], list[str]]:
        """Facts by name, and problems."""
        lines = self.call("check")[:-1]
        facts = dict(line.split("\t", 1) for line in lines[:6])
        return facts, lines[6:]

    def add_rows(self, rows: Iterable[Iterable]) -> None:
        for row in rows:
            self.send("row", *(cell(value) for value in row))

    def part(self, name: str, rows: Iterable[Iterable] = (), worker: int = 0) -> tuple[int, ...]:
        """The same for a part of a unit that continues."""
        self.add_rows(rows)
        return tuple(int(n) for n in self.call("part", worker, name)[-1].split())

    def finish(self, run: int = 1) -> tuple[int, ...]:
        """What moving staged rows changed: loaded, refused."""
        return tuple(int(n) for n in self.call("finish", run)[-1].split())

    def send_load(self, name: str, rows: Iterable[Iterable] = (), worker: int = 0) -> None:
        """Begins to load without waiting for the answer."""
        self.add_rows(rows)
        self.send("load", worker, name)
        self.process.stdin.flush()

    def load(self, name: str, rows: Iterable[Iterable] = (), worker: int = 0) -> tuple[int, ...]:
        """Loaded, superseded, refused."""
        with contextlib.suppress(BrokenPipeError):  # the answer tells
            self.send_load(name, rows, worker)
        return tuple(int(n) for n in self.answer()[-1].split())
