# SPDX-License-Identifier: Apache-2.0
"""Kill a rewind, and the run after it, at any instant, and repeat the command: the tables are those of
an undisturbed rewind and run, and these those of one run over the source as it is then.

TIDEMILL_KILL_SEED chooses another sample, TIDEMILL_KILLS_EACH its size.
"""

import os
import random
import signal
import subprocess

import pytest
from kill_ground import (
    PIPELINE,
    DifferenceError,
    Ground,
    GroundPlace,
    differences,
    kill_after,
    wait_for_backends,
)
from kill_scenarios import Data
from kill_timeline import read_log
from pipelines import engine
from pipelines.tables import CsvReader, PostgresReader, Tables

SEED = int(os.environ.get("TIDEMILL_KILL_SEED", "1"))
KILLS_EACH = int(os.environ.get("TIDEMILL_KILLS_EACH", "12"))
DAY, DAY_ENDS = "2024-03-15", 1_710_543_600  # by the rules of Europe/Warsaw


class RewoundGround(Ground):
    """A complete run behind it, and a source that was corrected from a day on."""

    def prepare(self, data: Data) -> None:
        base = self.base
        base.create_database(None)
        base.write_project()
        data.write_later(base.directory)
        done = base.run("--workers", "2")
        assert done.code == 0, done.describe()
        for event in data.earlier + data.later:
            if event["used_at"] >= DAY_ENDS and data.rng.random() < 0.2:
                event["points"] += 1000
        data.write_later(base.directory)

    def undisturbed(self) -> tuple[Tables, None]:
        place = self.copy("undisturbed")
        self.before = read(place)
        environment = {"TIDEMILL_FAULT_LOG": str(place.log)}
        assert rewind(place, environment).returncode == 0
        self.rewind_points = read_log(place.log)
        self.rewound = read(place)
        assert 0 < len(self.rewound.output) < len(self.before.output)
        place.log.unlink()
        done = engine.finish(place.start(self.arguments(), environment))
        assert done.code == 0, done.describe()
        assert done.record["counts"]["rebuilt"] > 1000
        self.run_points = read_log(place.log)
        tables = read(place)
        self.compare_with_one_run(tables)
        place.remove()
        return tables, None

    def compare_with_one_run(self, tables: Tables) -> None:
        fresh = self.copy("fresh")
        fresh.create_database(None)
        for path in fresh.directory.glob("out*"):
            subprocess.run(["rm", "-r", path], check=True)
        done = fresh.run()
        assert done.code == 0, done.describe()
        for row in (one := read(fresh)).state + tables.state:
            row.pop("_previous_day")
        same(tables, one, "one run")
        fresh.remove()


def rewind(place: GroundPlace, environment: dict, seconds: float | None = None):
    """Ends by itself, or is killed by a fault or after some time."""
    process = subprocess.Popen(
        [place.ground.binary, "state", PIPELINE, "rewind", "--to", DAY, "--yes"],
        cwd=place.directory,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if seconds is not None:
        kill_after(process, seconds)
    out, said = process.communicate(timeout=engine.RUN_SECONDS_MAX)
    return subprocess.CompletedProcess(process.args, process.returncode, out, said)


def read(place: GroundPlace) -> Tables:
    """Numbers of runs depend on how often a rewind was repeated."""
    tables = place.reader().read()
    for row in tables.state:
        row.pop("_run")
    return tables


def same(found: Tables, expected: Tables, where: str) -> None:
    for name in ("output", "state", "rejects", "late"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        if ours != theirs:
            raise DifferenceError(f"{where}: {name}: {differences(ours, theirs)}")


def is_one_of(place: GroundPlace, ground: RewoundGround) -> bool:
    """Everything was taken back, or nothing. The names of CSV files may be late."""
    found = read(place)
    if ground.sink == "csv":
        found.output = []
    wanted = []
    for tables in (ground.before, ground.rewound):
        output = [] if ground.sink == "csv" else tables.output
        wanted.append(Tables(output, tables.rejects, tables.late, tables.state))
    return found in wanted


def finish(ground: RewoundGround, place: GroundPlace, where: str) -> None:
    done = place.run(*ground.arguments())
    if done.code != 0:
        raise DifferenceError(f"{where}: {done.describe()}")
    found = read(place)
    for row in found.state:
        row.pop("_previous_day")
    same(found, ground.expected, where)
    reader = place.reader()
    left = reader.foreign_tables() + place.project.spilled_files()
    if isinstance(reader, PostgresReader):
        left += wait_for_backends(reader)
    if isinstance(reader, CsvReader):
        left += reader.foreign_files()
    assert left == [], where
    place.remove()


def make_ground(sink, tidemill, tmp_path, request) -> RewoundGround:
    print(f"\nseed {SEED}")
    server = None
    if sink == "postgres":
        server = request.getfixturevalue("postgres").conninfo().rpartition(" dbname=")[0]
    return RewoundGround(tidemill, tmp_path, sink, "append", SEED, server)


@pytest.mark.parametrize("sink", ["sqlite", "postgres", "csv"])
def test_a_rewind_takes_back_all_or_nothing(sink, tidemill, tmp_path, request):
    """At each of its fault points, and at moments between them."""
    ground = make_ground(sink, tidemill, tmp_path, request)
    names = ground.rewind_points
    assert len(names) >= 3, names
    points = [(name, names[: i + 1].count(name)) for i, name in enumerate(names)]
    rng = random.Random(SEED)
    if len(points) > KILLS_EACH:  # a point per part file
        kinds = {name: (name, n) for name, n in points}
        points = sorted(set(rng.sample(points, KILLS_EACH)) | set(kinds.values()))
    kills = 0
    for name, passing in [*points, *[(None, 0)] * KILLS_EACH]:
        place = ground.copy("killed")
        if name:
            killed = rewind(place, {"TIDEMILL_FAULT": f"{name}:{passing}"})
            where = f"{sink} {name}:{passing}"
            assert killed.returncode == -signal.SIGKILL, f"{where}: {killed.stderr}"
        else:
            seconds = rng.uniform(0, 0.08)
            killed = rewind(place, {}, seconds)
            where = f"{sink} {seconds:.4f}s"
        kills += killed.returncode == -signal.SIGKILL
        assert is_one_of(place, ground), where
        again = rewind(place, {})
        assert again.returncode == 0, f"{where}: {again.stderr}"
        same(read(place), ground.rewound, where)
        finish(ground, place, where)
    assert kills >= len(points)
    ground.remove()


@pytest.mark.parametrize("sink", ["sqlite", "postgres", "csv"])
def test_the_run_after_it_rebuilds_exactly(sink, tidemill, tmp_path, request):
    """Killed up to three times while it rebuilds and loads."""
    ground = make_ground(sink, tidemill, tmp_path, request)
    rng = random.Random(f"{SEED} {sink}")
    begun = ground.run_points.index("processing")
    kills = 0
    while kills < KILLS_EACH:
        place = ground.copy("killed")
        assert rewind(place, {}).returncode == 0
        where = sink
        for _ in range(rng.choice([1, 1, 2, 3])):
            nth = rng.randrange(begun, len(ground.run_points))
            where += f" *:{nth}"
            done = engine.finish(place.start(ground.arguments(), {"TIDEMILL_FAULT": f"*:{nth}"}))
            assert done.code in (0, -signal.SIGKILL), f"{where}: {done.describe()}"
            kills += done.code != 0
            if done.code == 0:
                break
        finish(ground, place, where)
    ground.remove()


def test_a_rewind_outlives_lost_connections(tidemill, tmp_path, request):
    """Before and after each COMMIT, too: what it tells is what it did, once."""
    ground = make_ground("postgres", tidemill, tmp_path, request)
    names = ground.rewind_points
    assert names.count("postgres.commit.sent") >= 2
    deleted = len(ground.before.output) - len(ground.rewound.output)
    for i, name in enumerate(names):
        if name == "postgres.commit.after":  # the answer has been read by then
            continue
        fault = f"{name}:{names[: i + 1].count(name)}:error"
        place = ground.copy("cut")
        done = rewind(place, {"TIDEMILL_FAULT": fault, "TIDEMILL_FAULT_LOG": str(place.log)})
        assert done.returncode == 0, f"{fault}: {done.stderr}"
        assert f" {deleted:,} rows of later days deleted" in done.stdout, fault
        assert read_log(place.log) != names, f"{fault}: no connection was lost"
        same(read(place), ground.rewound, fault)
        sql = "select count(*) from tidemill_runs where status = 'rewound'"
        assert place.reader().query(sql)[1] == [(1,)], fault
        place.remove()
    ground.remove()


def test_a_run_that_holds_the_lease_is_not_disturbed(tidemill, tmp_path, request):
    ground = make_ground("postgres", tidemill, tmp_path, request)
    place = ground.copy("held")
    assert rewind(place, {}).returncode == 0
    process = place.start(["--workers", "1"], {"TIDEMILL_FAULT_LOG": str(place.log)})
    while process.poll() is None and "processing" not in read_log(place.log):
        pass
    process.send_signal(signal.SIGSTOP)  # it stays in the middle for as long as it is looked at
    refused = rewind(place, {})
    process.send_signal(signal.SIGCONT)
    done = engine.finish(process)
    assert done.code == 0, done.describe()
    assert refused.returncode == engine.EXIT_SINK, refused.stderr
    assert "is being run by another process" in refused.stderr
    found = read(place)
    for row in found.state:
        row.pop("_previous_day")
    same(found, ground.expected, "the run")
    place.remove()
    ground.remove()
