# SPDX-License-Identifier: Apache-2.0
"""What becomes of output that nobody takes, and of signals outside a run."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from project import Project


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    made.run("sample", "--rows", "2000", "in.ndjson")
    made.pipeline(
        source={"files": "in.ndjson"},
        columns={"customer_id": "text", "ts": "timestamp"},
        series="customer_id",
        time="ts",
        sink="out",
    )
    return made


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "--json"], ["runs"], ["state", "p", "--json"], ["--help"]]
)
def test_output_that_is_lost_is_a_failure(project: Project, arguments: list[str]) -> None:
    project.run("run")
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [project.binary, *arguments],
            cwd=project.directory,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert ended.returncode == 1
    assert "standard output" in ended.stderr


@contextmanager
def waiting(project: Project, *command: str) -> Iterator[subprocess.Popen]:
    """A check that waits for a server, which accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        content = {
            "connections": {
                "search": {"elasticsearch": f"http://127.0.0.1:{server.getsockname()[1]}"}
            },
            "pipelines": {
                "p": {
                    "source": {"connection": "search", "index": "i"},
                    "columns": {"c": "text"},
                    "sink": {"discard": True},
                }
            },
        }
        project.write("tidemill.yaml", json.dumps(content))
        # What is started in the background of a script has been told to ignore interrupts.
        process = subprocess.Popen(
            [*command, project.binary, "check"],
            cwd=project.directory,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            yield process
            process.kill()
            process.wait()


def test_closed_streams_do_not_become_files_of_ours(project: Project) -> None:
    with waiting(project, "sh", "-c", 'exec "$0" "$1" <&- >&- 2>&-') as process:
        for stream in range(3):
            assert Path(f"/proc/{process.pid}/fd/{stream}").readlink() == Path("/dev/null")


def test_an_interrupt_ends_what_is_no_run(project: Project) -> None:
    with waiting(project) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == -signal.SIGINT
