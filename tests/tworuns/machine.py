# SPDX-License-Identifier: Apache-2.0
"""Runs as if on another machine: namespaces of its own for host name, processes, mounts and network,
and another boot id. Nothing there can look at a process of ours, or of a second machine.

It needs no more than what `unshare` may do for root, or for a user whose kernel lets users have
namespaces. Elsewhere `Machine` says that it is not `real`: then the test writes another machine's
name into the lease instead, which is all that a run could see of it.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

WAIT_SECONDS_MAX = 60
NAMESPACES = ["--mount", "--uts", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"]
# The program is not process 1, to which a process can't send SIGSTOP.
SCRIPT = """hostname "$1" && mount --bind "$2" /proc/sys/kernel/random/boot_id && shift 2 || exit 125
"$@"
code=$?
exit $code"""


class Machine:
    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.boot = directory / f"{name}.boot"
        self.boot.write_text(f"{abs(hash(name)):032x}\n")

    def command(self, arguments: list[str]) -> list[str]:
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        shell = ["sh", "-c", SCRIPT, "sh", self.name, str(self.boot)]
        return ["unshare", *user, *NAMESPACES, *shell, *arguments]

    def is_real(self) -> bool:
        if shutil.which("unshare") is None:
            return False
        done = subprocess.run(self.command(["hostname"]), capture_output=True, text=True)
        return done.returncode == 0 and done.stdout.strip() == self.name


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [found for child in map(int, children) for found in (child, *descendants(child))]


def wait_until_stopped(process: subprocess.Popen) -> int:
    """The id of the process that stands still; 0 when all have ended."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while process.poll() is None:
        assert time.monotonic() < deadline, "it neither stopped nor ended"
        for pid in (process.pid, *descendants(process.pid)):
            if state_of(pid) == "T":
                return pid
        time.sleep(0.005)
    return 0


def go_on(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
