# SPDX-License-Identifier: Apache-2.0
"""The Nth allocation, read, write, fsync, open, connect, ... fails: the run succeeds, or says what is
wrong and the next one makes the tables of an undisturbed run. Never a crash, never a hang.

A sample of what `tests/fault/torture` does for longer, with the same code. TIDEMILL_FAIL_SEED chooses
another sample, TIDEMILL_FAIL_EACH how many faults a case has. A failure names its case and fault:
torture --replay repeats it.
"""

import errno
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from fail_campaign import WITHOUT_KERBEROS
from fail_cases import Case, Fault, all_cases
from fail_ground import BrokenError, FailGround, search_server
from fake_search import FakeSearch

ROOT = Path(__file__).resolve().parents[2]
FAILER = ROOT / "build" / "test" / "tests" / "fault" / "failer.so"
SEED = int(os.environ.get("TIDEMILL_FAIL_SEED", "1"))
EACH = int(os.environ.get("TIDEMILL_FAIL_EACH", "5"))
CASES = 12


def sample() -> list[Case]:
    """Of each kind of source, and of each kind of sink with runs and with other commands."""
    rng = random.Random(SEED)
    cases = all_cases()
    rng.shuffle(cases)
    kinds = {(case.source, case.sink): case for case in cases}
    kinds |= {(case.sink, case.command): case for case in cases if case.command != "run"}
    chosen = list(dict.fromkeys(kinds.values()))
    return sorted(rng.sample(chosen, CASES), key=str)


@pytest.fixture(scope="module")
def search() -> Iterator[FakeSearch]:
    with search_server() as server:
        yield server


@pytest.mark.parametrize("case", sample(), ids=str)
def test_a_call_that_fails_has_no_lasting_consequence(case, tidemill, scratch_path, request):
    print(f"\nseed {SEED}")
    addresses, server = {}, None
    if case.sink == "postgres":
        addresses["postgres"] = request.getfixturevalue("postgres_database") + WITHOUT_KERBEROS
    if case.source == "elasticsearch":
        server = request.getfixturevalue("search")
        addresses["elasticsearch"] = server.url
    ground = FailGround(tidemill, FAILER, scratch_path, case, addresses, server)
    rng = random.Random(f"{SEED} {case}")
    broken, met = [], 0
    for _ in range(EACH):
        fault = ground.draw(rng)
        try:
            outcome = ground.trial(fault)
            met += outcome.happened
            print(f"{fault}: exit {outcome.code} {outcome.said[:200]}")
        except BrokenError as found:
            broken.append(str(found))
    assert broken == []
    assert met > 0


def test_the_failer_counts_and_fails(tidemill, scratch_path):
    """What would be the worth of faults that never happen."""
    ground = FailGround(tidemill, FAILER, scratch_path, Case("ndjson", "csv", "append"), {})
    for kind in ("alloc", "read", "write", "fsync", "open", "rename", "mkdir", "thread", "close"):
        assert ground.counts[kind] > 0, kind
    outcome = ground.trial(Fault("mkdir", 1, 28))
    assert outcome.code == 5 and "No space left on device" in outcome.said


def test_a_part_that_tells_of_a_loss_when_it_is_closed_is_not_committed(tidemill, scratch_path):
    ground = FailGround(tidemill, FAILER, scratch_path, Case("ndjson", "csv", "append"), {})
    outcome = ground.trial(Fault("close", 1, errno.EIO, goes_on=True))
    assert outcome.code == 5 and "can't close out/loaded/.part-" in outcome.said


def test_what_fails_after_the_last_commit_leaves_a_complete_run(tidemill, scratch_path, search):
    """Here each run appends all rows: one that were resumed would do so once more."""
    case = Case("elasticsearch", "csv", "staged")
    addresses = {"elasticsearch": search.url}
    ground = FailGround(tidemill, FAILER, scratch_path, case, addresses, search)
    for nth in range(1, ground.counts["rename"] + 1):
        outcome = ground.trial(Fault("rename", nth, errno.EIO, goes_on=True))
        assert outcome.code == 5 and "all rows are committed" in outcome.said
