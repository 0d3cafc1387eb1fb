# SPDX-License-Identifier: Apache-2.0
"""A server process with a directory of its own, as a user that is not root.

An instance belongs to the process that made it, its owner, unless it is detached. Its directory
holds all that the server writes, and `instance.json`: who the owner is and which process group the
server runs in. Whoever makes the next instance first sweeps what dead owners left behind, so that
a test run that was killed leaves neither servers nor data for long.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

HOME = Path(__file__).resolve().parents[2] / ".deps" / "servers"

READY_SECONDS_MAX = 120
STOP_SECONDS_MAX = 30
POLL_SECONDS = 0.05
LOG_LINES_SHOWN = 30
# An instance directory without a record and younger than this is being made just now.
SWEEP_GRACE_SECONDS = 60


class ServerError(Exception):
    """A server that did not start or died; with the end of its log."""


def installed() -> Path:
    """Where the servers are, as their user reaches them."""
    home = HOME.resolve()
    if not (home / "run").is_dir():
        raise ServerError("the servers are not installed: run tools/install test")
    return home


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago: whoever binds it must be ready to retry."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started_at(pid: int) -> str | None:
    """When a process started, in the kernel's ticks: tells it from a later one of the same id."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]


def alive(pids: list[int]) -> list[int]:
    """Those of the processes that still run; zombies do not."""
    running = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                running.append(pid)
    return running


def processes_of(directory: Path) -> list[int]:
    """The processes that were started for the instance, told by their environment."""
    mark = f"TIDEMILL_TEST_INSTANCE={directory}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return alive(found)


def end_processes(directory: Path, first: signal.Signals) -> None:
    """Ends the instance's processes with the signal, and if that takes long, with SIGKILL."""
    deadline = time.monotonic() + STOP_SECONDS_MAX
    pids = processes_of(directory)
    sent = first
    while pids:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)
        while pids and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            pids = alive(pids)
        sent = signal.SIGKILL
        deadline = time.monotonic() + STOP_SECONDS_MAX
        pids = processes_of(directory)


def sweep() -> None:
    """Ends and removes the instances of owners that are gone."""
    for directory in (installed() / "run").iterdir():
        abandoned = False
        try:
            record = json.loads((directory / "instance.json").read_text())
            owner = record["owner"]
            abandoned = owner is not None and started_at(owner["pid"]) != owner["started_at"]
        except FileNotFoundError:
            with contextlib.suppress(FileNotFoundError):
                age = time.time() - directory.stat().st_mtime
                abandoned = age > SWEEP_GRACE_SECONDS
        if abandoned:
            remove(directory)


def remove(directory: Path) -> None:
    end_processes(directory, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


class Instance:
    """One server. A kind of server says how to prepare a directory, start, and tell readiness."""

    name: str  # of the instance's kind, such as `postgres`
    stop_signal = signal.SIGTERM

    def __init__(self, detached: bool = False) -> None:
        sweep()
        run = installed() / "run"
        self.user = pwd.getpwuid(run.stat().st_uid)
        self.directory = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=run))
        self.log = self.directory / "server.log"
        self.port = 0
        self._process: subprocess.Popen | None = None
        self._detached = detached
        self._write_record()
        self._give_to_user(self.directory)

    # What a kind of server defines.

    def prepare(self) -> None:
        """Fills the new directory."""
        raise NotImplementedError

    def command(self) -> tuple[list[str | Path], dict[str, str]]:
        """The command that runs the server in the foreground, and its environment."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether it answers; sets `port` if the server chose it."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """What a client connects to: a URL or a conninfo."""
        raise NotImplementedError

    # What everybody uses.

    def start(self) -> None:
        """Starts the server and waits until it answers. After a stop or kill it finds its data."""
        command, environment = self.command()
        with self.log.open("ab") as log:
            self._process = self._spawn(command, environment, log)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self.is_ready():
            if self._process.poll() is not None:
                raise ServerError(f"{self.name} did not start:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServerError(f"{self.name} did not get ready:\n{self.log_tail()}")
            time.sleep(POLL_SECONDS)
        self._write_record()

    def stop(self) -> None:
        """Ends the server as its own tools would; the data stays for the next start."""
        end_processes(self.directory, self.stop_signal)
        self._reap()

    def kill(self) -> None:
        """Ends the server with SIGKILL, all its processes at once."""
        end_processes(self.directory, signal.SIGKILL)
        self._reap()

    def close(self) -> None:
        """Ends the server and removes its directory."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> "Instance":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-LOG_LINES_SHOWN:])

    # For the kinds.

    def run_tool(self, command: list[str | Path], environment: dict[str, str]) -> None:
        """Runs a command as the server's user and waits for it; an error says what it said."""
        with self.log.open("ab") as log:
            status = self._spawn(command, environment, log).wait()
        if status != 0:
            raise ServerError(f"{command[0]} failed:\n{self.log_tail()}")

    def write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self._give_to_user(path)
        return path

    def _spawn(
        self, command: list[str | Path], environment: dict[str, str], log: object
    ) -> subprocess.Popen:
        as_root = os.geteuid() == 0
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=self.directory,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self.directory),
                "LC_ALL": "C.UTF-8",
                "TIDEMILL_TEST_INSTANCE": str(self.directory),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **({"user": self.user.pw_uid, "group": self.user.pw_gid} if as_root else {}),
            **({"extra_groups": []} if as_root else {}),
        )

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _give_to_user(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _write_record(self) -> None:
        owner = {"pid": os.getpid(), "started_at": started_at(os.getpid())}
        record = {
            "name": self.name,
            "address": self.address if self.port else None,
            "owner": None if self._detached else owner,
        }
        partial = self.directory / "instance.json.partial"
        partial.write_text(json.dumps(record))
        partial.replace(self.directory / "instance.json")
