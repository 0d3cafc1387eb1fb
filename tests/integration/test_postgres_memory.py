# SPDX-License-Identifier: Apache-2.0
"""Memory runs out while the server's answer to COPY is read. libpq may then wait for an answer that
has come already; whatever fails, the sink says so or goes on, and nothing is lost or doubled."""

import threading
from pathlib import Path

import pytest
from commit_ground import contents, execute, load_undisturbed, load_unit, open_sink
from sink_driver import SinkError

# The driver and what is preloaded into it; sanitizers have a loader of their own.
BUILD = Path(__file__).resolve().parents[2] / "build" / "test"
PRELOADED = BUILD / "tests" / "fault" / "copy_memory.so"
NTHS = range(1, 9)  # reading the answer takes four to six allocations
LASTING = 1_000_000
PATIENCE = 60  # seconds; a load takes 20 ms


@pytest.fixture
def log(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("TIDEMILL_BUILD", str(BUILD))
    monkeypatch.setenv("TIDEMILL_COPY_MEMORY_LOG", str(tmp_path / "failed"))
    return tmp_path / "failed"


def load(database: str) -> str:
    """What was said, if the unit was not loaded. A driver that waits for ever is ended."""
    with open_sink(database) as sink:
        patience = threading.Timer(PATIENCE, sink.process.kill)
        patience.start()
        try:
            sink.begin()
            assert load_unit(sink) == (500, 0, 0)
            sink.call("finish", 1)
        except SinkError as failure:
            return str(failure)
        finally:
            patience.cancel()
    return ""


@pytest.mark.parametrize("count", [1, 2, LASTING])
def test_memory_runs_out_while_the_answer_to_copy_is_read(
    postgres_database, monkeypatch, log, count
):
    expected = load_undisturbed(postgres_database)
    wrong = []
    for nth in NTHS:
        execute(postgres_database, "drop schema public cascade", "create schema public")
        log.write_text("")
        with monkeypatch.context() as preloaded:
            preloaded.setenv("LD_PRELOAD", str(PRELOADED))
            preloaded.setenv("TIDEMILL_COPY_MEMORY", f"{nth}:{count}")
            said = load(postgres_database)
        failed = log.read_text().count("failed")
        again = load(postgres_database) if said else ""
        print(f"allocation {nth}: {failed} failed; {said or 'loaded'}")
        if failed == 0 or said.startswith("dead") or again:
            wrong.append(f"{nth}: {failed} failed, {said}, then {again}")
        assert contents(postgres_database) == expected
    assert wrong == [], "\n".join(wrong)
