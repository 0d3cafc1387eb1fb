# SPDX-License-Identifier: Apache-2.0
"""Files that a run meets in the middle of a write: what is whole is read, the rest is for the next run,
wherever the writer has stopped."""

import json
from pathlib import Path

import pytest
from project import Project

MARK = b"\xef\xbb\xbf"


def line(n: int) -> bytes:
    return json.dumps({"c": "x", "ts": "2024-03-01T10:00:00Z", "n": n}).encode()


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    made.pipeline(
        source={"files": "in/*", "allow_empty": True},
        columns={"c": "text", "ts": "timestamp", "n": "int64"},
        sink={"connection": "lite", "table": "t", "mode": "append"},
    )
    return made


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \t\r\n"], ids=["lf", "crlf", "blanks"])
@pytest.mark.parametrize("mark", [b"", MARK], ids=["plain", "mark"])
def test_a_file_is_read_on_wherever_its_writer_has_stopped(
    project: Project, mark: bytes, end: bytes
) -> None:
    first = mark + line(1)
    content = first + end + line(2) + end
    whole = 0
    for size in [*range(5), *range(len(first) - 2, len(first) + len(end) + 3), len(content)]:
        project.write("in/a.ndjson", content[:size])
        project.run("run")
        whole = sum(size >= len(part) for part in (first, content[: -len(end)]))
        rows = project.rows("select n from t order by n") if whole > 0 else []
        assert rows == [(n + 1,) for n in range(whole)], size
    assert whole == 2


@pytest.mark.parametrize("behind", [b"x\n", b" x\n", b"\rx\n", b"{}\n", MARK + b"\n"])
def test_what_goes_on_in_a_line_that_was_read_is_a_change(project: Project, behind: bytes) -> None:
    project.write("in/a.ndjson", line(1))
    project.run("run")
    project.write("in/a.ndjson", line(1) + behind)
    assert "in/a.ndjson: changed since an earlier run" in project.run("run", code=4).stderr


@pytest.mark.parametrize("name", ["in/a.csv", "in/a.ndjson"])
def test_a_file_that_was_empty_may_be_filled(project: Project, name: str) -> None:
    content = {"in/a.csv": b"c,ts,n\nx,2024-03-01T10:00:00Z,1\n", "in/a.ndjson": line(1)}[name]
    project.write(name, b"")
    project.run("run")
    project.write(name, content)
    project.run("run")
    assert project.rows("select n from t") == [(1,)]
    project.write(name, b"")
    assert f"{name}: changed since an earlier run" in project.run("run", code=4).stderr
