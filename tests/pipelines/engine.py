# SPDX-License-Identifier: Apache-2.0
"""A project directory and the binary that runs it."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

RUN_SECONDS_MAX = 120

EXIT_OK, EXIT_FAILED, EXIT_CONFIG, EXIT_SOURCE, EXIT_SINK, EXIT_REJECTS = 0, 1, 2, 4, 5, 6
EXIT_CANCELLED = 130

# A stand-in for an argument: rows spill although there are only some MB of them, less than --memory
# can be made. Test builds read the number.
FEW_ROWS = "few-rows-in-memory"
ROWS_BYTES = "500000"


@dataclass
class Execution:
    """How an execution of `tidemill run` ended."""

    code: int
    records: list[dict]
    said: str

    @property
    def record(self) -> dict:
        assert len(self.records) == 1, f"exit {self.code}, {self.said}"
        return self.records[0]

    def describe(self) -> str:
        return f"exit {self.code}: {self.said.strip()}"


@dataclass
class Project:
    """A directory with a project file (JSON is YAML) and a private spill directory."""

    binary: Path
    directory: Path
    content: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spill.mkdir(parents=True, exist_ok=True)

    @property
    def spill(self) -> Path:
        return self.directory / "spill"

    def write(self) -> None:
        text = json.dumps(self.content, indent=1, ensure_ascii=False)
        (self.directory / "tidemill.yaml").write_text(text)

    def command(self, *arguments: str) -> list[str]:
        return [str(self.binary), "run", "--json", "--spill", str(self.spill), *arguments]

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        """Starts a run; whoever calls this ends it and reads what it says."""
        if FEW_ROWS in arguments:
            environment["TIDEMILL_ROWS_BYTES"] = ROWS_BYTES
        return subprocess.Popen(
            self.command(*(a for a in arguments if a != FEW_ROWS)),
            cwd=self.directory,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, **environment: str) -> Execution:
        return finish(self.start(*arguments, **environment))

    def spilled_files(self) -> list[str]:
        return sorted(str(p.relative_to(self.spill)) for p in self.spill.rglob("*"))


def finish(process: subprocess.Popen, seconds: float = RUN_SECONDS_MAX) -> Execution:
    """Waits for the end of a run."""
    try:
        out, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, said = process.communicate()
        raise AssertionError(f"no end within {seconds} s: {said.decode()}") from None
    lines = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
    records = [line for line in lines if "counts" in line]
    return Execution(process.returncode, records, said.decode(errors="replace"))


def options(workers: int | None = None, few_rows: bool = False, new: bool = False) -> list[str]:
    arguments = []
    if workers is not None:
        arguments += ["--workers", str(workers)]
    if few_rows:
        arguments.append(FEW_ROWS)
    if new:
        arguments.append("--new")
    return arguments
