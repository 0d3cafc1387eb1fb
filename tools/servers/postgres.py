# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL cluster of whichever version is installed, with fsync on unless told."""

import signal
from pathlib import Path

from .instance import Instance, ServerError
from .ports import start_on_a_free_port

SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "max_connections": "100",
    "log_line_prefix": "'%m [%p] %a '",
    "timezone": "'UTC'",
}


def binaries() -> Path:
    """The folder of the newest server's programs."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not found:
        raise ServerError("there is no PostgreSQL server: run tools/install test")
    return max(found, key=lambda folder: int(folder.parent.name))


class Postgres(Instance):
    """`settings` are added to those of every server."""

    name = "postgres"
    # "Fast": open transactions are rolled back, clients are sent away.
    stop_signal = signal.SIGINT

    def __init__(self, detached: bool = False, settings: dict[str, str] | None = None) -> None:
        super().__init__(detached)
        self.settings = {**SETTINGS, **(settings or {})}
        self.prepare()

    @property
    def address(self) -> str:
        return self.conninfo()

    def conninfo(self, database: str = "postgres") -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def prepare(self) -> None:
        self.run_tool(
            [
                *(binaries() / "initdb", "--pgdata", self.directory / "data", "--no-sync"),
                *("--username", "postgres", "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            ],
            {},
        )
        text = "".join(f"{key} = {value}\n" for key, value in self.settings.items())
        with (self.directory / "data" / "postgresql.conf").open("a") as file:
            file.write(text)

    def start(self) -> None:
        start_on_a_free_port(self, super().start, "could not bind")

    def stop(self) -> None:
        """Asks the postmaster alone; its children would take the signal as theirs."""
        self._control("fast")
        super().stop()

    def stop_immediately(self) -> None:
        """As after a crash: the next start recovers from the log."""
        self._control("immediate")
        super().stop()

    def _control(self, mode: str) -> None:
        data = self.directory / "data"
        if self._process is not None and self._process.poll() is None:
            self.run_tool([binaries() / "pg_ctl", "stop", "-w", "-D", data, "-m", mode], {})

    def command(self) -> tuple[list[str | Path], dict[str, str]]:
        data = self.directory / "data"
        return [binaries() / "postgres", "-D", data, "-p", str(self.port)], {}

    def is_ready(self) -> bool:
        """The postmaster keeps its id in the first line of this file, its state in the last."""
        try:
            lines = (self.directory / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        ours = self._process is not None and lines[:1] == [str(self._process.pid)]
        return ours and len(lines) >= 8 and lines[7].strip() == "ready"
