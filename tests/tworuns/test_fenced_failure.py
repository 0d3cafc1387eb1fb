# SPDX-License-Identifier: Apache-2.0
"""A run that another has taken over from fails for a reason of its own, too: that it was taken over is
the error, since the advice of the other would be wrong; the other is told beside it."""

import json
import signal
from pathlib import Path

import psycopg
from pipelines.engine import EXIT_SINK, Project, finish
from pipelines.files import ndjson_line
from takeover import FENCED, ended_at_last, wait_until_stopped

# It has begun: the engine's tables are made, the lease is taken, its row is written.
BEGUN = "postgres.commit.after:3:stop"
SILENT = """update tidemill_lease
set renewed_at = clock_timestamp() - interval '61 seconds' where holder <> ''"""


def make(tidemill: Path, directory: Path, conninfo: str) -> Project:
    project = Project(tidemill, directory)
    project.content = {
        "connections": {"out": {"postgres": conninfo}},
        "pipelines": {
            "events": {
                "source": {"files": "in/*.ndjson"},
                "columns": {"id": "int64"},
                "sink": {"connection": "out", "table": "loaded", "mode": "append"},
            }
        },
    }
    project.write()
    (directory / "in").mkdir()
    (directory / "in" / "a.ndjson").write_bytes(ndjson_line({"id": 1}))
    return project


def test_its_own_reason_is_kept(tidemill, tmp_path, postgres_database):
    project, log = make(tidemill, tmp_path, postgres_database), tmp_path / "log"
    with ended_at_last(project.start("--log", str(log), TIDEMILL_FAULT=BEGUN)) as first:
        assert wait_until_stopped(first)
        with psycopg.connect(postgres_database) as connection:
            assert connection.execute(SILENT).rowcount == 1
        second = project.run()
        assert second.code == 0, second.describe()
        (tmp_path / "in" / "a.ndjson").unlink()
        first.send_signal(signal.SIGCONT)
        done = finish(first)
    assert done.code == EXIT_SINK, done.describe()
    records = [json.loads(line) for line in done.said.splitlines() if line.startswith("{")]
    assert any(r.get("problem") == "E5003" and FENCED.search(r["error"]) for r in records)
    assert not any("same command again" in str(r.get("error")) for r in records)
    (note,) = [line for line in log.read_text().splitlines() if "before that: " in line]
    assert "a.ndjson" in note
