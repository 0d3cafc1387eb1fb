# SPDX-License-Identifier: Apache-2.0
"""What may happen while rows are spilled, with the real binary: the disk is full, or the process is
killed. Nothing is committed by halves, nothing is left behind, and the next run completes."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

ROWS = 60_000
NOTE_BYTES = 800  # so 48 MB, of which the least memory holds some 7
DISK_MB = 8


@dataclass
class Spilling:
    """A project whose rows do not fit into the least memory that a run can have."""

    directory: Path
    binary: Path

    def __post_init__(self) -> None:
        self.spill.mkdir()
        with (self.directory / "in.ndjson").open("w") as out:
            for i in range(ROWS):
                # Random as far as a compression sees it.
                note = os.urandom(NOTE_BYTES // 2).hex()
                moment = f"2024-03-{1 + i % 20:02d}T00:00:00.{i:06d}Z"
                out.write(json.dumps({"id": i, "who": i % 97, "at": moment, "note": note}) + "\n")
        columns = {"id": "int64", "who": "int64", "at": "timestamp", "note": "text"}
        pipeline = {
            "source": {"files": "in.ndjson", "split_bytes": "4MB"},
            "columns": columns,
            "series": "who",
            "time": "at",
            "steps": [{"where": "id >= 0"}],
            "sink": {"connection": "out", "table": "t"},
        }
        project = {"connections": {"out": {"sqlite": "out.sqlite"}}, "pipelines": {"p": pipeline}}
        (self.directory / "tidemill.yaml").write_text(json.dumps(project))

    @property
    def spill(self) -> Path:
        return self.directory / "spill"

    def command(self) -> list[str]:
        limits = ["--memory", "32MB", "--workers", "2", "--spill", "spill"]
        return [str(self.binary), "run", *limits]

    def run(self, before: list[str] | None = None, **how: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*(before or []), *self.command()],
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=120,
            **how,
        )

    def query(self, statement: str) -> list[tuple]:
        with closing(sqlite3.connect(self.directory / "out.sqlite")) as connection:
            return connection.execute(statement).fetchall()

    def check_complete(self) -> None:
        """Each row is there once and is the one of the file."""
        with (self.directory / "in.ndjson").open() as lines:
            expected = sorted((r["id"], r["who"], r["note"]) for r in map(json.loads, lines))
        assert self.query("select id, who, note from t order by id") == expected
        assert list(self.spill.iterdir()) == []


@pytest.fixture
def spilling(tidemill: Path, tmp_path: Path) -> Spilling:
    return Spilling(tmp_path, tidemill)


def small_disk(spill: Path) -> list[str]:
    """Runs what follows with a file system of its own in the spill directory."""
    mount = f'mount -t tmpfs -o size={DISK_MB}m none "$0" && exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, str(spill)]


def may_mount(spill: Path) -> bool:
    return subprocess.run([*small_disk(spill), "true"], capture_output=True).returncode == 0


def limit_files() -> None:
    """Where nobody may mount: files can't grow beyond this. The system would end the process by a
    signal, unless it takes that for an error of the write."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_MB << 20, DISK_MB << 20))


@pytest.mark.parametrize("kind", ["disk", "limit"])
def test_a_full_disk_stops_the_run_and_space_resumes_it(spilling: Spilling, kind: str) -> None:
    if kind == "disk" and may_mount(spilling.spill):
        full = spilling.run(small_disk(spilling.spill))
        assert "No space left on device" in full.stderr, full.stderr
    else:
        full = spilling.run(preexec_fn=limit_files)
        assert "File too large" in full.stderr, full.stderr
    assert full.returncode == 1, full
    if kind == "disk" and "No space" in full.stderr:
        assert "[E7001]" in full.stderr
    for word in ("spill/tidemill-", "do not fit", "are spilled", "are free", "--spill", "--memory"):
        assert word in full.stderr, full.stderr
    assert list(spilling.spill.iterdir()) == []
    assert spilling.query("select count(*) from t") == [(0,)]
    done = spilling.run()
    assert done.returncode == 0, done
    assert "run 1 (resumed) complete" in done.stdout
    spilling.check_complete()


@pytest.mark.parametrize("point", ["spill.write.after:3", "merge.pass.after:1", "spill.read:40"])
def test_what_a_killed_run_has_spilled_is_removed_by_the_next(
    spilling: Spilling, point: str
) -> None:
    killed = spilling.run(env={**os.environ, "TIDEMILL_FAULT": point})
    assert killed.returncode == -signal.SIGKILL, killed
    (orphan,) = spilling.spill.iterdir()
    assert orphan.stat().st_size > 0 and orphan.stat().st_mode & 0o077 == 0
    done = spilling.run()
    assert done.returncode == 0, done
    assert "removed 1 spill file" in done.stdout
    spilling.check_complete()
