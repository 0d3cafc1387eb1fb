# SPDX-License-Identifier: Apache-2.0
"""The connections that load nothing are lost: the one that renews the lease, the one that begins and
finishes a run, all at once. The run goes on, or is fenced when another has taken over meanwhile."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from commit_cuts import route_through
from pg_wire import PgProxy
from pipelines import engine
from psycopg.conninfo import conninfo_to_dict
from takeover import TakeoverGround, age_lease, check_fenced, check_tables

SEED = 1
HURRY = {"TIDEMILL_LEASE_RENEW_MS": "40", "TIDEMILL_LEASE_ANSWER_MS": "100"}
WAIT_SECONDS_MAX = 60


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def ground(tidemill, tmp_path_factory, postgres) -> Iterator[TakeoverGround]:
    server = postgres.conninfo().rpartition(" dbname=")[0]
    directory = tmp_path_factory.mktemp("control")
    made = TakeoverGround(tidemill, directory, "postgres", "append", SEED, server)
    yield made
    made.remove()


class HeldRun:
    """A run whose units wait for a lock of ours, so that it stays in the middle."""

    def __init__(self, ground: TakeoverGround, proxy: PgProxy) -> None:
        self.ground = ground
        self.proxy = proxy
        self.place = ground.copy("held")
        route_through(self.place, proxy)
        self.lock = psycopg.connect(self.place.conninfo())
        self.lock.execute("lock table loaded in exclusive mode")
        self.process = self.place.start(["--workers", "2"], HURRY)
        wait_for(lambda: [link for link in proxy.links if link.renews] and self.waiting())

    def query(self, sql: str) -> list[tuple]:
        with psycopg.connect(self.place.conninfo()) as connection:
            return connection.execute(sql).fetchall()

    def waiting(self) -> bool:
        return bool(self.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'"))

    def renewed_at(self) -> object:
        return self.query("select renewed_at from tidemill_lease")[0][0]

    def is_renewed(self) -> None:
        last = self.renewed_at()
        wait_for(lambda: self.renewed_at() > last)

    def finish(self) -> engine.Execution:
        self.lock.close()
        return engine.finish(self.process)

    def ends_well(self) -> None:
        done = self.finish()
        assert done.code == 0, done.describe()
        check_tables(self.ground, self.place, "the run")


@contextmanager
def held_run(ground: TakeoverGround) -> Iterator[HeldRun]:
    with PgProxy(int(conninfo_to_dict(ground.server)["port"])) as proxy:
        held = HeldRun(ground, proxy)
        try:
            yield held
        finally:
            held.lock.close()
            held.process.kill()
            held.process.communicate()
            held.place.remove()


def test_the_connection_of_the_lease_is_cut(ground):
    with held_run(ground) as held:
        for _ in range(5):
            assert held.proxy.cut_all(lambda link: link.renews) >= 1
            wait_for(lambda: [link for link in held.proxy.links if link.renews])
            held.is_renewed()
        held.ends_well()


def test_the_connection_of_the_lease_falls_silent(ground):
    """It is not closed, and nothing comes any more: the renewals go on by another."""
    with held_run(ground) as held:
        for _ in range(3):
            silent = [link for link in held.proxy.links if link.renews and link.flowing.is_set()]
            for link in silent:
                link.flowing.clear()
            wait_for(lambda old=silent: [k for k in held.proxy.links if k.renews and k not in old])
            held.is_renewed()
        held.ends_well()


def test_the_control_connection_is_cut(ground):
    with held_run(ground) as held:

        def others() -> list:
            return [k for k in held.proxy.links if not k.renews and " w" not in k.application]

        wait_for(lambda: len(others()) == 1)  # that of the lease may be a new one, and silent yet
        working = others()
        assert held.proxy.cut_all(lambda link: link in working) == 1
        held.ends_well()


def test_all_connections_are_cut_and_nobody_takes_over(ground):
    with held_run(ground) as held:
        held.proxy.refusing = True
        assert held.proxy.cut_all() >= 3
        last = held.renewed_at()
        held.proxy.refusing = False
        wait_for(lambda: held.renewed_at() > last)
        held.ends_well()


def test_all_connections_are_cut_and_another_takes_over(ground):
    """The one that is cut off goes on waiting until it is let in again: there is another epoch."""
    with held_run(ground) as held:
        held.proxy.refusing = True
        held.proxy.cut_all()
        held.lock.close()
        age_lease(held.place)
        held.place.write_project()  # past the proxy
        second = held.place.run("--workers", "2")
        assert second.code == 0, second.describe()
        check_tables(ground, held.place, "taken over")
        held.proxy.refusing = False
        _out, said = held.process.communicate(timeout=engine.RUN_SECONDS_MAX)
        check_fenced(held.process.returncode, said.decode(), "cut off")
        check_tables(ground, held.place, "let in again")
