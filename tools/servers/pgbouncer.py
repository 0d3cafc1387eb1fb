# SPDX-License-Identifier: Apache-2.0
"""PgBouncer before a PostgreSQL: as small a pool as one likes, by transaction or by session."""

import contextlib
import shutil
import signal
import socket

from .instance import Instance, ServerError
from .ports import start_on_a_free_port
from .postgres import Postgres


def binary() -> str:
    found = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise ServerError("there is no PgBouncer: run tools/install test")
    return found


class PgBouncer(Instance):
    """`behind` is the server; without one it gets its own. A pool is of `pool_size` connections to
    each database. Clients wait as long for one as `query_wait_seconds`."""

    name = "pgbouncer"
    stop_signal = signal.SIGTERM  # at once, with all connections

    def __init__(
        self,
        behind: Postgres | None = None,
        pool_mode: str = "transaction",
        pool_size: int = 4,
        query_wait_seconds: int = 120,
        detached: bool = False,
    ) -> None:
        super().__init__(detached)
        self.own = None if behind else Postgres(detached)
        self.behind = behind or self.own
        self.pool_mode = pool_mode
        self.pool_size = pool_size
        self.query_wait_seconds = query_wait_seconds

    @property
    def address(self) -> str:
        return self.conninfo()

    def conninfo(self, database: str = "postgres") -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def settings(self) -> str:
        values = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "any",
            "admin_users": "postgres",
            "pool_mode": self.pool_mode,
            "default_pool_size": self.pool_size,
            "max_client_conn": 200,
            "query_wait_timeout": self.query_wait_seconds,
        }
        lines = [f"{key} = {value}" for key, value in values.items()]
        databases = f"* = host=127.0.0.1 port={self.behind.port} user=postgres"
        return "\n".join(["[databases]", databases, "[pgbouncer]", *lines, ""])

    def command(self) -> tuple[list[str], dict[str, str]]:
        return [binary(), str(self.write("pgbouncer.ini", self.settings()))], {}

    def start(self) -> None:
        if self.own is not None and not self.own.port:
            self.own.start()
        start_on_a_free_port(self, super().start, "Address already in use")

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False

    def close(self) -> None:
        super().close()
        if self.own is not None:
            self.own.close()
