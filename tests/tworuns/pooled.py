# SPDX-License-Identifier: Apache-2.0
"""Grounds whose runs reach their database through a pooler; what tests look at, they do directly."""

import psycopg
from kill_ground import DifferenceError, GroundPlace, Trial
from psycopg.conninfo import make_conninfo
from takeover import TakeoverGround

# A pool keeps connections, but none may be at work, or under a name that a transaction has set.
AT_WORK = """select application_name, state from pg_stat_activity where datname = current_database()
             and pid <> pg_backend_pid() and (application_name like 'tidemill %' or state <> 'idle')"""
END_IDLE = """select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()"""


class PooledPlace(GroundPlace):
    def connection(self) -> dict:
        return {"postgres": make_conninfo(self.conninfo(), port=self.ground.pooler.port)}


class PooledGround(TakeoverGround):
    """The base is not pooled: a database with connections can't be copied."""

    def __init__(self, pooler, *arguments: object) -> None:
        self.pooler = pooler
        super().__init__(*arguments)

    def place(self, name: str) -> GroundPlace:
        return GroundPlace(self, name) if name == "base" else PooledPlace(self, name)


class PooledTrial(Trial):
    def compare(self) -> None:
        with psycopg.connect(self.place.conninfo(), autocommit=True) as connection:
            if busy := connection.execute(AT_WORK).fetchall():
                raise DifferenceError(f"{self.describe()}: the pool has {busy}")
            connection.execute(END_IDLE)
        super().compare()
