# SPDX-License-Identifier: Apache-2.0
"""A project folder for a test: write files, run commands, look at tables."""

import json
import os
import signal
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Project:
    """A folder with a project file whose sinks go to `out.sqlite`."""

    directory: Path
    binary: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def pipeline(self, name: str = "p", **keys: object) -> None:
        """A project of one pipeline; `sink` may be given as the table's name."""
        if isinstance(keys.get("sink"), str):
            keys["sink"] = {"connection": "lite", "table": keys["sink"], "mode": "append"}
        project = {"connections": {"lite": {"sqlite": "out.sqlite"}}, "pipelines": {name: keys}}
        self.write("tidemill.yaml", json.dumps(project))

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess:
        result = subprocess.run(
            [self.binary, *arguments],
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == code, (result.returncode, result.stdout, result.stderr)
        return result

    def kill(self, point: str, *arguments: str) -> None:
        """A run that ends itself by SIGKILL when it passes the fault point."""
        ended = subprocess.run(
            [self.binary, "run", *arguments],
            cwd=self.directory,
            env=os.environ | {"TIDEMILL_FAULT": point},
            capture_output=True,
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr

    def record(self, *arguments: str, code: int = 0) -> dict:
        """The record of a run."""
        return json.loads(self.run("run", "--json", *arguments, code=code).stdout)

    def rows(self, statement: str) -> list[tuple]:
        with sqlite3.connect(self.directory / "out.sqlite") as connection:
            return connection.execute(statement).fetchall()
