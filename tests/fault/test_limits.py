# SPDX-License-Identifier: Apache-2.0
"""Few descriptors, a small disk, folders and files that may not be read or written: the run says what
is missing, loses nothing, and is completed by the same command once it is there."""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fail_cases import Case
from fail_ground import CODES, BrokenError, FailGround
from pipelines.files import scratch_directory

FILES = [4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32, 64]
DISK_KIB = [16, 64, 96, 128, 160, 192, 224, 256, 320, 512, 2048]
NOBODY = 65534


@pytest.fixture
def ground(request, tidemill, scratch_path) -> FailGround:
    addresses = {}
    if request.param.sink == "postgres":
        addresses["postgres"] = request.getfixturevalue("postgres_database")
    return FailGround(tidemill, Path(), scratch_path, request.param, addresses)


def files_case(sink: str, mode: str = "append") -> Case:
    return Case("ndjson", sink, mode)


def judge(ground: FailGround, done: subprocess.CompletedProcess, where: str) -> bool:
    """Whether it failed; then the same command must complete it."""
    try:
        ground.judge(done)
        if done.returncode != 0:
            ground.repeat()
        ground.compare()
    except BrokenError as broken:
        raise AssertionError(f"{where}: {broken}; first: {done.stderr}") from None
    return done.returncode != 0


@pytest.mark.parametrize(
    "ground", [files_case(sink) for sink in ("sqlite", "csv", "postgres")], indirect=True, ids=str
)
def test_few_descriptors(ground):
    failed = []
    for count in FILES:
        ground.begin()
        limits = (count, count)

        def limit(limits: tuple[int, int] = limits) -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)

        done = ground.execute("run", limit=limit)
        failed.append(judge(ground, done, f"{count} descriptors"))
        # Nobody is sent to look at permissions that are there.
        for misleading in ("read-only for this user", "must exist and be writable"):
            assert misleading not in done.stderr, done.stderr
    assert failed[0] and not failed[-1], failed


def small_disk(path: Path, kib: int, saved: Path) -> list[str]:
    """Runs what follows with a file system of its own in `path`, whose content goes to `saved`."""
    script = (
        'mount -t tmpfs -o size="$1"k none "$2" && cd . && saved=$3 && at=$2 && shift 3 && '
        '{ "$@"; code=$?; cp -a "$at"/. "$saved" && exit $code; }'
    )
    unshare = ["unshare", "--map-root-user", "--mount"]
    return [*unshare, "sh", "-c", script, "sh", str(kib), str(path), str(saved)]


def limit_size(kib: int) -> None:
    """Where nobody may mount: no file grows beyond this."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (kib << 10, kib << 10))


def run_on_small_disk(ground: FailGround, kib: int) -> subprocess.CompletedProcess:
    """The connection's folder is the small disk; what it holds is put there for good."""
    disk, saved = ground.work / "disk", ground.work / "saved"
    saved.mkdir()
    before = small_disk(disk, kib, saved)
    may_mount = subprocess.run([*before, "true"], capture_output=True).returncode == 0
    if not may_mount:
        return ground.execute("run", limit=lambda: limit_size(kib))
    done = ground.execute("run", before=before)
    shutil.copytree(saved, disk, dirs_exist_ok=True)
    return done


class DiskGround(FailGround):
    """The sink is in a folder of its own, `disk`."""

    def write_project(self) -> None:
        super().write_project()
        (self.base / "disk").mkdir()
        path = self.base / "tidemill.yaml"
        text = path.read_text()
        for name in ("out.sqlite", "out"):
            text = text.replace(f'"{name}"', f'"disk/{name}"')
        path.write_text(text)

    def reader(self):
        work, self.work = self.work, self.work / "disk"
        reader = super().reader()
        self.work = work
        return reader


@pytest.mark.parametrize("mode", ["append", "replace"])
@pytest.mark.parametrize("sink", ["sqlite", "csv"])
def test_a_small_disk(sink, mode, tidemill, scratch_path):
    ground = DiskGround(tidemill, Path(), scratch_path, files_case(sink, mode), {})
    failed, said = [], ""
    for kib in DISK_KIB:
        ground.begin()
        done = run_on_small_disk(ground, kib)
        failed.append(judge(ground, done, f"{kib} KiB"))
        said += done.stderr
    assert failed[0] and not failed[-1], failed
    assert "No space left on device" in said or "File too large" in said, said


# Folders and files without permissions. Root has all of them, so the run is nobody's.


class NobodyGround(FailGround):
    """All files belong to whom the run belongs to; so does the place in which they are."""

    def begin(self, reset: bool = True) -> None:
        super().begin(reset)
        if os.getuid() == 0:
            for path in [self.work, *self.work.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)

    def make_folder(self, path: Path) -> None:
        path.mkdir(parents=True)
        if os.getuid() == 0:
            os.chown(path.parent, NOBODY, NOBODY)
            os.chown(path, NOBODY, NOBODY)

    def execute(self, command: str, **how: object) -> subprocess.CompletedProcess:
        ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        before = ["setpriv", *ids] if os.getuid() == 0 else []
        return super().execute(command, before=before, **how)


@pytest.fixture(scope="module")
def open_directory(tidemill) -> Iterator[Path]:
    """One that anybody may enter, with the binary."""
    with tempfile.TemporaryDirectory(prefix="limits-", dir=scratch_directory()) as name:
        directory = Path(name)
        directory.chmod(0o755)
        shutil.copy(tidemill, directory / "tidemill")
        yield directory


DENIED = [
    # sink, what, its mode, whether it is denied only after a first run
    ("sqlite", "out.sqlite", 0o444, True),
    ("sqlite", "out.sqlite", 0o000, True),
    ("csv", "out", 0o555, False),
    ("csv", "out/loaded", 0o555, False),
    ("csv", "out/tidemill.sqlite", 0o444, True),
    *[
        (sink, what, mode, False)
        for sink in ("sqlite", "csv")
        for what, mode in (
            (".", 0o555),
            ("spill", 0o555),
            ("spill", 0o000),
            ("in", 0o000),
            ("in/b.ndjson", 0o000),
            ("tidemill.yaml", 0o000),
            ("day.lua", 0o000),
        )
    ],
]


@pytest.mark.parametrize(("sink", "what", "mode", "later"), DENIED)
def test_what_may_not_be_read_or_written(sink, what, mode, later, open_directory):
    case = Case("ndjson", sink, "append", "again" if later else "run")
    place = Path(tempfile.mkdtemp(dir=open_directory))
    place.chmod(0o755)
    ground = NobodyGround(open_directory / "tidemill", Path(), place, case, {})
    ground.begin()
    path = ground.work / what
    if not path.exists():
        ground.make_folder(path)
    before = path.stat().st_mode
    path.chmod(mode)
    if what == "spill":
        # Written only when rows do not fit.
        done = ground.execute(case.command, TIDEMILL_ROWS_BYTES="1")
    else:
        done = ground.execute(case.command)
    path.chmod(before)
    assert done.returncode in CODES, done
    assert ("out" if what == "." else what) in done.stderr, done.stderr
    assert any(w in done.stderr for w in ("Permission denied", "read-only", "not writable")), done
    judge(ground, done, what)
