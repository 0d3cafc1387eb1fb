# SPDX-License-Identifier: Apache-2.0
"""libpq fails on its own side while it waits for an answer, which comes all the same. It then calls
the connection idle and would take that answer for the one to its next command; so such a connection
is left, and what was asked is asked again on another one. Each command of a run, one after the
other."""

from pathlib import Path

import pytest
from commit_ground import contents, execute, load_unit, open_sink
from sink_driver import SinkError

# The driver and what is preloaded into it; sanitizers have a loader of their own.
BUILD = Path(__file__).resolve().parents[2] / "build" / "test"
PRELOADED = BUILD / "tests" / "fault" / "lost_answer.so"
LEAVES = "leaves"


STEP = 8  # of what comes before the unit each so many is tried
TRIES_MAX = 20


class Wire:
    """What one driver sends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, log: Path):
        self.patch, self.log = monkeypatch, log
        monkeypatch.setenv("TIDEMILL_BUILD", str(BUILD))
        monkeypatch.setenv("LD_PRELOAD", str(PRELOADED))
        monkeypatch.setenv("TIDEMILL_LOST_ANSWER_LOG", str(log))

    def lose(self, nth: int) -> None:
        """The answer to the nth command of the next driver; 0 = none."""
        self.log.unlink(missing_ok=True)
        self.patch.setenv("TIDEMILL_LOST_ANSWER", str(nth))

    def sent(self) -> list[tuple[str, str]]:
        """Socket and command."""
        return [tuple(line.split(" ", 1)) for line in self.log.read_text().splitlines()]

    def commands(self) -> list[str]:
        return [command for _, command in self.sent() if command != LEAVES]

    def has_lost(self) -> bool:
        return "lost" in self.commands()

    def after_the_loss(self) -> tuple[str, str]:
        """The command whose answer was lost, and what came next on its connection."""
        sent = self.sent()
        i = [command for _, command in sent].index("lost")
        socket, command = sent[i - 1]
        return command, next(what for where, what in sent[i + 1 :] if where == socket)


@pytest.fixture
def wire(monkeypatch, tmp_path) -> Wire:
    return Wire(monkeypatch, tmp_path / "sent")


def run(database: str) -> list:
    execute(database, "drop schema public cascade", "create schema public")
    with open_sink(database) as sink:
        sink.begin()
        assert load_unit(sink) == (500, 0, 0)
        sink.call("finish", 1)
    return contents(database)


def chosen(commands: list[str]) -> list[int]:
    """From 1: each of unit, finish and release of the lease, some of those before. What comes before
    the first transaction is not tried again but told, as `check` tells it."""
    begins = [i for i, command in enumerate(commands, 1) if command.startswith("BEGIN")]
    unit = next(i for i in begins if "(pipeline, run, unit) VALUES" in commands[i])
    return [*range(begins[0], unit, STEP), *range(unit, len(commands) + 1)]


def run_with_loss(wire: Wire, nth: int, database: str, expected: list) -> str:
    """What is wrong with it. On a busy machine an answer may be there before it is waited for, and
    can't be lost: then once more."""
    for _ in range(TRIES_MAX):
        wire.lose(nth)
        try:
            said = "" if run(database) == expected else "other rows"
        except SinkError as failure:
            said = str(failure)
        if said or wire.has_lost() or nth > len(wire.commands()):
            break
    return said


def test_a_connection_whose_answer_did_not_arrive_is_left(wire, postgres_database):
    wire.lose(0)
    expected = run(postgres_database)
    commands = wire.commands()
    assert len(expected[0]) == 500
    assert sum("COPY ends" in command for command in commands) == 2
    assert sum(command == "COMMIT" for command in commands) == 5
    wrong = []
    for nth in chosen(commands):
        said = run_with_loss(wire, nth, postgres_database, expected)
        if not wire.has_lost():  # what goes by time was not sent again: nothing was lost
            assert (said, nth > len(wire.commands())) == ("", True)
            continue
        command, following = wire.after_the_loss()
        if said or following != LEAVES:
            wrong.append(f"{nth} {command}: {said}, then {following}")
    assert wrong == [], "\n".join(wrong)
