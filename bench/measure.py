# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of whole runs share: one timed process, and what it was measured on."""

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIDEMILL = ROOT / "build" / "tidemill"


def timed(command: list, directory: Path) -> dict:
    """Wall time, and the operating system's own figures of the finished process."""
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
    }


def median(samples: list[dict], key: str) -> float:
    return statistics.median(sample[key] for sample in samples)


def peak(samples: list[dict]) -> str:
    """A process begins as a copy of this one, so that less than this one's memory is not seen."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    memory = median(samples, "memory")
    return f"{'<= ' if memory <= own else ''}{memory / 1e6:.0f} MB"


def spread(samples: list[dict]) -> str:
    walls = [sample["wall"] for sample in samples]
    return f"{statistics.median(walls):.2f} ({min(walls):.2f} - {max(walls):.2f})"


def machine() -> str:
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()}"


def _output(*command: object) -> str:
    return subprocess.run([*map(str, command)], capture_output=True, text=True).stdout.strip()


def versions(conninfo: str) -> str:
    commit = _output("git", "-C", ROOT, "rev-parse", "--short", "HEAD")
    postgres = _output("psql", "-X", "-At", conninfo, "-c", "show server_version").split()[0]
    return (
        f"{_output(TIDEMILL, '--version')} ({commit}), Elasticsearch 8.11.0, PostgreSQL {postgres}"
    )
