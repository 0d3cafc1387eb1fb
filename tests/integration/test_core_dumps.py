# SPDX-License-Identifier: Apache-2.0
"""Masked means masked in core dumps, too: where a column has a mask, a crash makes none.

A run is stopped while rows are in memory, and gets the signal of a crash. Whether the kernel has made
a core is in the status that it gives the parent, wherever cores go; where they are files of the
working directory, they are searched. Without a mask there is a core, with the planted word in it:
that is how the test is known to allow cores and to find what is there. (A program that takes cores
through a pipe may refuse one, so there only the absence with a mask is looked at.)
"""

import os
import random
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from masked_ground import COLUMNS, KEY, SEED, Place, Words, make_place
from pipelines.engine import ROWS_BYTES

CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)


@pytest.fixture
def words() -> Words:
    print("seed", SEED)
    return Words(random.Random(SEED))


def allow_cores() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def crash(place: Place, death: signal.Signals, request: pytest.FixtureRequest) -> int:
    """The status of a run that was struck while its rows were spilled."""
    process = subprocess.Popen(
        [place.binary, "run", "--spill", place.directory],
        cwd=place.directory,
        env={
            **os.environ,
            "TIDEMILL_TEST_KEY": KEY,
            "TIDEMILL_ROWS_BYTES": ROWS_BYTES,
            "TIDEMILL_FAULT": "spill.write.after:1:stop",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=allow_cores,
    )
    request.addfinalizer(process.kill)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), status
    process.send_signal(death)
    process.send_signal(signal.SIGCONT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status)
    assert os.WIFSIGNALED(status) and process.returncode == -death
    return status


def cores(place: Place) -> list[Path]:
    return [path for path in place.directory.iterdir() if "core" in path.name]


def are_files_here() -> bool:
    return CORE_PATTERN.read_text()[:1] not in "|/"


@pytest.fixture
def crashed(
    tidemill: Path, tmp_path: Path, words: Words, request: pytest.FixtureRequest
) -> Callable[[dict, signal.Signals], tuple[Place, bool]]:
    def made(columns: dict, death: signal.Signals) -> tuple[Place, bool]:
        place = make_place(tidemill, tmp_path, "sqlite", words, [])
        place.project(columns=columns)
        return place, os.WCOREDUMP(crash(place, death, request))

    return made


@pytest.mark.parametrize("death", CRASHES)
def test_no_core_is_made_where_a_column_has_a_mask(
    crashed: Callable, death: signal.Signals
) -> None:
    place, dumped = crashed(COLUMNS, death)
    assert (dumped, cores(place)) == (False, [])


def test_without_masks_there_is_a_core_and_the_word_is_in_it(
    crashed: Callable, words: Words
) -> None:
    plain = {
        name: {k: v for k, v in column.items() if k != "mask"}
        if isinstance(column, dict)
        else column
        for name, column in COLUMNS.items()
    }
    place, dumped = crashed(plain, signal.SIGSEGV)
    if are_files_here():
        assert dumped
        (core,) = cores(place)
        assert words.secret.encode() in core.read_bytes()
        core.unlink()
