# SPDX-License-Identifier: Apache-2.0
"""A connection pooler between: nothing rests on a session, so a pool smaller than the number of
workers does by transaction, whatever is killed in between.

TIDEMILL_TAKEOVER_SEED chooses other kills.
"""

import os
import random

import psycopg
import pytest
import servers
from kill_scenarios import MODES
from kill_timeline import Kill
from pipelines import engine
from pipelines.engine import EXIT_SINK
from pooled import PooledGround, PooledTrial
from takeover import IN_A_HURRY, take_over, wait_until_stopped

SEED = int(os.environ.get("TIDEMILL_TAKEOVER_SEED", "1"))
WORKERS = 4


def make_pool(postgres, mode: str, size: int, **options) -> servers.PgBouncer:
    return servers.start("pgbouncer", behind=postgres, pool_mode=mode, pool_size=size, **options)


@pytest.fixture(scope="module")
def small_pool(postgres):
    with make_pool(postgres, "transaction", 2) as pooler:
        yield pooler


def make_ground(pooler, tidemill, tmp_path, postgres, mode: str) -> PooledGround:
    server = postgres.conninfo().rpartition(" dbname=")[0]
    return PooledGround(pooler, tidemill, tmp_path, "postgres", mode, SEED, server)


def run_with_kill(ground: PooledGround, rng: random.Random) -> None:
    trial = PooledTrial(ground, ground.copy("pooled"))
    trial.arguments = lambda: ["--workers", str(WORKERS)]
    point = rng.choice(ground.points)
    print(point)
    assert trial.kill(Kill(point.name, point.passing)), "it ended before"
    trial.finish()


@pytest.mark.parametrize("mode", MODES)
def test_a_pool_of_two_by_transaction_serves_four_workers(
    mode, small_pool, tidemill, tmp_path, postgres
):
    ground = make_ground(small_pool, tidemill, tmp_path, postgres, mode)
    run_with_kill(ground, random.Random(f"{SEED} pooled {mode}"))
    ground.remove()


def test_a_single_connection_is_enough(tidemill, tmp_path, postgres):
    """No transaction waits for another of the same run."""
    with make_pool(postgres, "transaction", 1) as pooler:
        ground = make_ground(pooler, tidemill, tmp_path, postgres, "append")
        run_with_kill(ground, random.Random(f"{SEED} single"))
        ground.remove()


@pytest.mark.parametrize("size", [2, WORKERS + 2])
def test_by_session_workers_wait_for_a_connection(size, tidemill, tmp_path, postgres):
    """The control connection and the lease's stay, so two more than workers let all work at once.
    With fewer, those that have none wait until others are done."""
    with make_pool(postgres, "session", size) as pooler:
        ground = make_ground(pooler, tidemill, tmp_path, postgres, "merge_series")
        run_with_kill(ground, random.Random(f"{SEED} session"))
        ground.remove()


def test_a_run_is_taken_over_through_the_pool(small_pool, tidemill, tmp_path, postgres):
    ground = make_ground(small_pool, tidemill, tmp_path, postgres, "append")
    held = [point for point in ground.points if point.name == "postgres.state"]
    place = ground.copy("stopped")
    # One worker, so that one of the pool's two connections is left to those who come after it.
    first = place.start(["--workers", "1"], {"TIDEMILL_FAULT": f"{held[1]}:stop"})
    assert wait_until_stopped(first)
    take_over(ground, place, first, f"pooled {held[1]}")
    place.remove()
    ground.remove()


def test_a_run_that_gets_no_connection_says_so(tidemill, tmp_path, postgres):
    """A pooler lets everybody in, and then lets them wait."""
    with make_pool(postgres, "transaction", 1, query_wait_seconds=1) as pooler:
        ground = make_ground(pooler, tidemill, tmp_path, postgres, "append")
        place = ground.copy("waiting")
        with psycopg.connect(place.conninfo(), port=pooler.port) as holder:
            holder.execute("select 1")  # within a transaction
            done = engine.finish(place.start(ground.arguments(), IN_A_HURRY))
        assert done.code == EXIT_SINK
        assert "query_wait_timeout" in done.said and "give its pool more" in done.said
        place.remove()
        ground.remove()
