# SPDX-License-Identifier: Apache-2.0
"""Sessions of libFuzzer: what each target is given, and what a session came to."""

import os
import re
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import large_seeds

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# Of the trees that `tools/build` makes: one finds steps beyond memory and is led by comparisons,
# the other is some ten times as fast.
CAREFUL, FAST = "fuzz", "fuzz-fast"

# One input may take so long when the machine is busy; what hangs takes longer.
TIMEOUT_SECONDS = 120
RSS_MB_MAX = 2048


@dataclass(frozen=True)
class Target:
    about: str
    bytes_max: int
    dictionary: str


TARGETS = {
    "json_columns": Target("JSON documents to columns", 256, "json"),
    "search_answer": Target("search answers; mappings, settings and errors as trees", 384, "json"),
    "csv": Target("CSV records and rows", 256, "csv"),
    "framing": Target("gzip and zstd framing, lines and splits", 256, "framing"),
    "project": Target("project files, YAML", 768, "project"),
    "expression": Target("expressions: text, types, values", 256, "expression"),
    "spill": Target("spilled blocks, sorted runs and their merge", 256, "spill"),
    "state": Target("state records of SQLite and PostgreSQL", 64, "state"),
    "timestamp": Target("dates, timestamps and their formats", 64, "timestamp"),
}


# These get sessions of large inputs, too, from seeds that large_seeds.py makes: longer than a buffer,
# a batch, a block. They are kept though small ones reach the same code.
LARGE_TARGETS = tuple(large_seeds.MAKERS)
LARGE = (f"-max_len={large_seeds.BYTES_MAX}", "-len_control=0", "-keep_seed=1")


@dataclass
class Session:
    """What one process did."""

    target: str
    tree: str
    executions: int
    seconds: float
    edges: int
    corpus: int
    failure: str = ""
    large: bool = False


def binary_of(tree: str, target: str) -> Path:
    return ROOT / "build" / tree / "tests" / "fuzz" / f"fuzz_{target}"


def command_of(binary: Path, target: str, large: bool, corpus: Path, artifacts: Path) -> list[str]:
    shape = TARGETS[target]
    command = [
        str(binary),
        *(LARGE if large else [f"-max_len={shape.bytes_max}"]),
        f"-timeout={TIMEOUT_SECONDS}",
        f"-rss_limit_mb={RSS_MB_MAX}",
        f"-artifact_prefix={artifacts}/{target}-",
        "-print_final_stats=1",
        "-print_funcs=0",
    ]
    dictionary = HERE / f"{shape.dictionary}.dict"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    small = [] if large else [str(HERE / "corpus" / target)]
    return [*command, str(corpus), *small]


def read_log(log: Path, target: str, tree: str, artifacts: Path) -> Session:
    text = log.read_text(errors="replace")
    done = re.findall(r"stat::number_of_executed_units: (\d+)", text)
    told = re.findall(r"(?m)^#(\d+)\t.*?cov: (\d+) ft: \d+ corp: (\d+)/", text)
    executions = int(done[-1]) if done else int(told[-1][0]) if told else 0
    edges, corpus = (int(told[-1][1]), int(told[-1][2])) if told else (0, 0)
    session = Session(target, tree, executions, 0, edges, corpus)
    written = re.search(rf"Test unit written to ({re.escape(str(artifacts))}\S+)", text)
    if written or not done:
        broken = re.findall(r"(?m)^.*(?:broken:|runtime error:|ERROR:).*$", text)
        session.failure = f"{target} ({tree}): " + (broken[0] if broken else text[-400:])
        session.failure += f"; input {written[1]}" if written else f"; log {log}"
    return session


class Runner:
    """Runs sessions; stop() ends those that run, and they still tell what they did."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.artifacts = directory / "artifacts"
        self.artifacts.mkdir(parents=True, exist_ok=True)
        (directory / "work").mkdir(exist_ok=True)
        self.running: set[subprocess.Popen] = set()
        self.lock = threading.Lock()
        self.stopped = False

    def copy(self, tree: str, target: str) -> Path:
        """The binary, so that a build meanwhile does no harm."""
        kept = self.directory / "bin" / tree / f"fuzz_{target}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = kept.with_suffix(f".{os.getpid()}")  # another campaign may be running the old one
        shutil.copy2(binary_of(tree, target), made)
        return made.replace(kept)

    def corpus(self, target: str, large: bool) -> Path:
        folder = self.directory / ("large" if large else "corpus") / target
        folder.mkdir(parents=True, exist_ok=True)
        if large:
            large_seeds.write_seeds(target, folder)
        return folder

    def run(
        self, binary: Path, target: str, tree: str, name: str, *limits: str, large: bool = False
    ) -> Session:
        log = self.directory / f"{name}.log"
        corpus = self.corpus(target, large)
        command = command_of(binary, target, large, corpus, self.artifacts)
        with log.open("wb") as out:
            with self.lock:
                if self.stopped:
                    return Session(target, tree, 0, 0, 0, 0)
                process = subprocess.Popen(
                    [*command, *limits],
                    cwd=self.directory / "work",
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                )
                self.running.add(process)
            process.wait()
        with self.lock:
            self.running.discard(process)
        session = read_log(log, target, tree, self.artifacts)
        session.large = large
        return session

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            for process in self.running:
                process.send_signal(signal.SIGINT)
