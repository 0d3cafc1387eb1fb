# SPDX-License-Identifier: Apache-2.0
"""What else may happen to a run: being asked to stop, losing its backends, its server, its source.
The run goes on by itself, or stops with a clear error and the same command resumes it; the tables
are those of an undisturbed run in either case."""

import os
import random
import signal
import threading
import time

import psycopg
import pytest
import servers
from kill_ground import PIPELINE, TABLE, Ground
from kill_scenarios import MODES
from pipelines import engine
from pipelines.balances import SCRIPT, SERIES
from pipelines.engine import EXIT_CANCELLED, EXIT_SINK, EXIT_SOURCE, Project
from pipelines.tables import SqliteReader

SEED = int(os.environ.get("TIDEMILL_KILL_SEED", "1"))
STOPPED_MODES = ["append", "merge_series", "replace", "stream"]


def make_ground(tidemill, tmp_path, sink, mode, request) -> Ground:
    print(f"\nseed {SEED}")
    server = None
    if sink == "postgres":
        server = request.getfixturevalue("postgres").conninfo().rpartition(" dbname=")[0]
    return Ground(tidemill, tmp_path, sink, mode, SEED, server)


def wait_for_point(process, log, point: str, passing: int) -> None:
    """Until the run has passed a point so many times, or has ended."""
    deadline = time.monotonic() + engine.RUN_SECONDS_MAX
    while process.poll() is None and time.monotonic() < deadline:
        if log.exists() and log.read_text().split().count(point) >= passing:
            return
        time.sleep(0.001)


def middle(ground: Ground) -> tuple[str, int]:
    """A point in the middle of loading."""
    kill = ground.timeline.points["between"][len(ground.timeline.points["between"]) // 2]
    return kill.point, kill.passing


@pytest.mark.parametrize("sink", ["sqlite", "postgres", "csv"])
@pytest.mark.parametrize("mode", STOPPED_MODES)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_asked_to_stop_it_stops_and_resumes(name, mode, sink, tidemill, tmp_path, request):
    if sink == "csv" and mode == "merge_series":
        mode = "append"
    ground = make_ground(tidemill, tmp_path, sink, mode, request)
    trial = ground.trial()
    place = trial.place
    process = place.start(trial.arguments(), {"TIDEMILL_FAULT_LOG": str(place.log)})
    wait_for_point(process, place.log, *middle(ground))
    process.send_signal(getattr(signal, name))
    done = engine.finish(process)
    # It may have been too late to stop; the tables are compared all the same.
    assert done.code in (EXIT_CANCELLED, 0), done.describe()
    if done.code == EXIT_CANCELLED:
        assert done.record["status"] == "cancelled"
        assert not place.is_complete()
    assert place.project.spilled_files() == []
    trial.finish()


def test_asked_in_the_middle_it_does_stop(tidemill, tmp_path, request):
    """Not only at its end: most of the runs asked to stop have not loaded everything."""
    ground = make_ground(tidemill, tmp_path, "sqlite", "append", request)
    trial = ground.trial()
    place = trial.place
    process = place.start(["--workers", "1"], {"TIDEMILL_FAULT": "sqlite.commit.after:3:stop"})
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    done = engine.finish(process)
    assert done.code == EXIT_CANCELLED, done.describe()
    assert 0 < done.record["counts"]["loaded"] < len(ground.expected.output)
    trial.finish()


@pytest.mark.parametrize("sink", ["sqlite", "postgres", "csv"])
def test_asked_twice_it_stops_at_once_and_resumes(sink, tidemill, tmp_path, request):
    ground = make_ground(tidemill, tmp_path, sink, "append", request)
    trial = ground.trial()
    place = trial.place
    process = place.start(trial.arguments(), {"TIDEMILL_FAULT_LOG": str(place.log)})
    wait_for_point(process, place.log, *middle(ground))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    done = engine.finish(process)
    assert done.code in (EXIT_CANCELLED, 0, -signal.SIGINT, -signal.SIGTERM), done.describe()
    trial.finish()


# PostgreSQL goes away.

END_BACKENDS = """select pg_terminate_backend(pid) from pg_stat_activity
                  where application_name like 'tidemill%%' and datname = %s"""


class BackendKiller(threading.Thread):
    """Ends the backends of a database at random moments: those that are in a transaction then, or
    the first after it. `over` is set when the run has ended."""

    def __init__(self, ground: Ground, database: str, rng: random.Random, times: int) -> None:
        super().__init__()
        self.conninfo = f"{ground.server} dbname=postgres"
        self.database = database
        span = ground.timeline.seconds
        self.moments = sorted(rng.uniform(0.2 * span, span) for _ in range(times))
        self.ended = 0
        self.over = threading.Event()

    def run(self) -> None:
        begun = time.monotonic()
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            for moment in self.moments:
                time.sleep(max(0.0, begun + moment - time.monotonic()))
                rows = []
                while not rows and not self.over.is_set():
                    rows = connection.execute(END_BACKENDS, (self.database,)).fetchall()
                self.ended += len(rows)


TRIALS, TRIALS_MAX = 3, 20


@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("times", [1, 4])
def test_backends_are_ended(times, mode, tidemill, tmp_path, request):
    ground = make_ground(tidemill, tmp_path, "postgres", mode, request)
    rng = random.Random(f"{SEED} {mode} {times}")
    ended = 0
    for number in range(TRIALS_MAX):
        # On a busy machine all of the first may be over before anything is ended.
        if number >= TRIALS and ended > 0:
            break
        trial = ground.trial()
        killer = BackendKiller(ground, trial.place.database, rng, times)
        process = trial.place.start(trial.arguments(), {})
        killer.start()
        done = engine.finish(process)
        killer.over.set()
        killer.join()
        ended += killer.ended
        assert done.code in (0, EXIT_SINK), done.describe()
        if done.code:
            assert "tidemill: " in done.said or "error" in done.said
        trial.finish()
    assert ended > 0


@pytest.mark.parametrize("mode", ["append", "merge_series", "stream"])
@pytest.mark.parametrize("end", ["kill", "stop_immediately"])
def test_the_server_dies_and_comes_back(end, mode, tidemill, tmp_path):
    with servers.start("postgres") as server:
        conninfo = server.conninfo().rpartition(" dbname=")[0]
        ground = Ground(tidemill, tmp_path, "postgres", mode, SEED, conninfo)
        trial = ground.trial()
        place = trial.place
        process = place.start(trial.arguments(), {"TIDEMILL_FAULT_LOG": str(place.log)})
        wait_for_point(process, place.log, *middle(ground))
        getattr(server, end)()
        time.sleep(0.2)
        server.start()
        done = engine.finish(process)
        assert done.code in (0, EXIT_SINK), done.describe()
        trial.finish()


# The source goes away.


def test_the_source_restarts_in_the_middle(tidemill, tmp_path):
    with servers.start("elasticsearch_8") as server:
        load_events(server)
        expected = read_from(tidemill, tmp_path / "undisturbed", server)
        project = search_project(tidemill, tmp_path / "disturbed", server)
        process = project.start("--workers", "2", TIDEMILL_FAULT_LOG=str(tmp_path / "log"))
        wait_for_point(process, tmp_path / "log", "reading", 1)
        time.sleep(0.1)
        server.kill()
        server.start()
        server.request("GET", "/_cluster/health/events?wait_for_status=green&timeout=60s")
        done = engine.finish(process)
        print(done.describe())
        assert done.code in (0, EXIT_SOURCE), done.describe()
        if done.code:
            done = project.run()
            assert done.code == 0, done.describe()
        assert tables_of(project) == expected
        # Contexts of a server that was killed are gone with it; ours must be closed.
        stats = server.request("GET", "/events/_stats/search")
        assert stats["_all"]["total"]["search"]["open_contexts"] == 0
        assert project.spilled_files() == []


def load_events(server) -> None:
    rng = random.Random(SEED)
    properties = {
        "person": {"type": "keyword"},
        "at": {"type": "date"},
        "amount": {"type": "double"},
        "kind": {"type": "keyword"},
        "points": {"type": "long"},
    }
    server.create_index("events", properties, shards=3)
    documents = (
        (
            f"e{i}",
            {
                "person": f"p{rng.randrange(40)}",
                "at": 1_709_280_000_000 + rng.randrange(20 * 86_400_000),
                "amount": rng.randrange(-500, 20000) / 100,
                "kind": rng.choice("abcd"),
                "points": rng.randrange(50),
            },
        )
        for i in range(20_000)
    )
    server.load("events", documents)


def search_project(tidemill, directory, server) -> Project:
    project = Project(tidemill, directory)
    project.content = {
        "connections": {
            "events": {"elasticsearch": server.address},
            "sink": {"sqlite": "out.sqlite"},
        },
        "pipelines": {
            PIPELINE: {
                "source": {"connection": "events", "index": "events", "page_size": 20},
                "columns": {
                    "person": "text",
                    "used_at": {"type": "timestamp", "from": "at", "format": "epoch_millis"},
                    "amount": "decimal(12,2)",
                    "kind": "text",
                    "points": "int64",
                },
                **SERIES,
                "steps": [MODES["append"].config["steps"][0]],
                "commit": {"rows": 50},
                "until": "2024-03-18T00:00:00Z",
                "sink": {"connection": "sink", "table": TABLE},
            }
        },
    }
    project.write()
    (directory / "day.lua").write_text(SCRIPT)
    return project


def tables_of(project: Project):
    types = {
        "person": "text",
        "day": "date",
        "kind": "text",
        "used_at": "timestamp",
        "amount": "decimal",
        "balance": "decimal",
        "days_active": "int64",
        "points": "int64",
        "rows": "int64",
        "s1_balance": "decimal",
        "s1_days_active": "int64",
    }
    return SqliteReader(project.directory / "out.sqlite", PIPELINE, TABLE, types).read()


def read_from(tidemill, directory, server):
    project = search_project(tidemill, directory, server)
    done = project.run("--workers", "2")
    assert done.code == 0, done.describe()
    return tables_of(project)
