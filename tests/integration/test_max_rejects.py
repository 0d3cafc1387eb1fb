# SPDX-License-Identifier: Apache-2.0
"""More rejects than max_rejects allows: the run says which row it was and what was wrong with it, by
every way that rows go, and however many splits come to their ends at a time."""

import json
import re
from pathlib import Path

import pytest
from fault.fake_search import FakeSearch
from project import Project

FILES = 9
SERIES = {"series": "k", "time": "t"}
ROUTES: dict[str, tuple[dict, dict]] = {
    "append": ({"again": "append"}, {}),
    "merge": ({"mode": "merge", "key": ["n"], "newest": "t"}, {}),
    "replace": ({"mode": "replace"}, {}),
    "series": ({"mode": "append"}, SERIES),
    "merge of a series": ({"mode": "merge", "key": ["n"], "newest": "t"}, SERIES),
}


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


def read_documents(project: Project, search: FakeSearch, route: str, **changes: object) -> None:
    """30 documents; `changes` are of the one with the id d7."""
    rows = [{"k": "x", "t": "2024-03-01T10:00:00Z", "n": n, "in": {"amount": n}} for n in range(30)]
    rows[7] |= changes
    search.hold({f"d{row}": content for row, content in enumerate(rows)})
    sink, keys = ROUTES[route]
    pipeline = {
        "source": {"connection": "search", "index": "uses"},
        "columns": {
            "k": "text",
            "t": "timestamp",
            "n": "int64",
            "amount": {"type": "double", "from": "in.amount"},
        },
        "sink": {"connection": "lite", "table": "t"} | sink,
    } | keys
    connections = {"search": {"elasticsearch": search.url}, "lite": {"sqlite": "out.sqlite"}}
    content = {"connections": connections, "pipelines": {"p": pipeline}}
    project.write("tidemill.yaml", json.dumps(content))


@pytest.mark.parametrize("snapshot", ["scroll", "pit"])
@pytest.mark.parametrize("route", ROUTES)
def test_a_value_that_does_not_fit_is_told_by_index_document_and_field(
    tidemill: Path, tmp_path: Path, route: str, snapshot: str
) -> None:
    project = Project(tmp_path, tidemill)
    for column, changes in (
        ("n", {"n": "many"}),
        ("amount", {"in": {"amount": "many"}}),
        ("t", {"t": "many"}),
    ):
        with FakeSearch({}) as search:
            read_documents(project, search, route, **changes)
            content = json.loads((tmp_path / "tidemill.yaml").read_text())
            content["pipelines"]["p"]["source"]["snapshot"] = snapshot
            project.write("tidemill.yaml", json.dumps(content))
            said = project.run("run", code=6).stderr
        # One sentence has all three, and what the value was.
        told = rf"uses/d7: (column `{column}`|{column}): [^;\n]*`many`"
        assert re.search(told, said), said
        assert "t_rejects" in said


def test_a_value_that_only_the_sink_refuses_is_told_by_its_place_and_column(
    tidemill: Path, tmp_path: Path
) -> None:
    """Its place in what was read of the index: steps may have made it of several rows, or of none."""
    project = Project(tmp_path, tidemill)
    with FakeSearch({}) as search:
        read_documents(project, search, "append", **{"in": {"amount": "NaN"}})
        said = project.run("run", code=6).stderr
    assert re.search(r"the first: uses#[^ ]*/\d+: amount: NaN: SQLite has none", said), said
