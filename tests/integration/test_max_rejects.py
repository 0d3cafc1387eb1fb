# SPDX-License-Identifier: Apache-2.0
"""Many splits at a time, of which one has a bad row and the others none: the run says which row it
was, however the splits come to their ends."""

import json
from pathlib import Path

import pytest
from project import Project

FILES = 9


@pytest.mark.parametrize("repetition", range(5))
def test_one_bad_row_among_many_splits(tidemill: Path, tmp_path: Path, repetition: int) -> None:
    project = Project(tmp_path, tidemill)
    (tmp_path / "in").mkdir()
    for i in range(FILES):
        value = "x" if i == 0 else i
        project.write(f"in/{i}.ndjson", json.dumps({"n": value}) + "\n")
    project.pipeline(
        source={"files": "in/*"},
        columns={"n": "int64"},
        sink={"connection": "lite", "table": "t", "mode": "append"},
    )
    said = project.run("run", "--workers", "2", code=6).stderr
    assert "max_rejects allows (0); e.g. in/0.ndjson:0" in said
    assert project.rows("select position from t_rejects") == [("in/0.ndjson:0",)]
