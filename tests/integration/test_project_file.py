# SPDX-License-Identifier: Apache-2.0
"""What a project file says is either done or refused, never passed over."""

import json
import sqlite3
from pathlib import Path

import pytest
from project import Project

COLUMNS = {"c": "text", "ts": "timestamp", "n": "int64"}
LINE = '{"c": "a", "ts": "2024-03-01T00:00:00Z", "n": 1}\n'
TABLE = {"connection": "lite", "table": "t"}
APPEND = {"connection": "lite", "table": "t", "again": "append"}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    made.write("in.ndjson", LINE)
    return made


def pipeline(**keys: object) -> dict:
    return {"source": {"files": "in.ndjson"}, "columns": COLUMNS, "sink": APPEND} | keys


def write(project: Project, text: str = "", **pipelines: dict) -> None:
    connections = {
        "lite": {"sqlite": "out.sqlite"},
        "same": {"sqlite": "out.sqlite"},
        "search": {"elasticsearch": "http://127.0.0.1:1"},
    }
    content = {"connections": connections, "pipelines": pipelines}
    project.write("tidemill.yaml", json.dumps(content) + text)


def refused(project: Project) -> str:
    return project.run("check", "--offline", code=2).stderr


def test_two_pipelines_may_not_write_one_table(project: Project) -> None:
    write(project, a=pipeline(), b=pipeline(sink=APPEND | {"connection": "same", "table": "T"}))
    assert "table `T` is written by pipeline `a` too" in refused(project)
    merge = {"connection": "lite", "table": "t", "mode": "merge", "key": "c", "newest": "ts"}
    write(project, a=pipeline(sink=merge), b=pipeline(sink=merge))
    project.run("check", "--offline")
    write(project, a=pipeline(sink=merge), b=pipeline(sink=merge | {"key": ["c", "n"]}))
    assert "written by pipeline" in refused(project)


def test_a_table_may_not_be_where_another_keeps_its_rejects(project: Project) -> None:
    for name in ("t_rejects", "T_LATE"):
        for first, second in (("t", name), (name, "t")):
            write(
                project,
                a=pipeline(sink=APPEND | {"table": first}),
                b=pipeline(sink=APPEND | {"table": second}),
            )
            assert f"table `{name}` is where pipeline" in refused(project)
    write(project, a=pipeline(), b=pipeline(sink=APPEND | {"table": "t_reject"}))
    project.run("check", "--offline")


def test_names_of_the_engine_are_refused(project: Project) -> None:
    write(project, a=pipeline(sink=APPEND | {"table": "tidemill_runs"}))
    assert "table `tidemill_runs`: names that begin with `tidemill_`" in refused(project)


def test_a_reset_keeps_the_rejects_of_a_merge_into_the_same_table(project: Project) -> None:
    project.write("bad.ndjson", '{"c": "a", "ts": "never", "n": 1}\n')
    merge = {"connection": "lite", "table": "t", "mode": "merge", "key": "c", "newest": "ts"}
    bad = {"source": {"files": "bad.ndjson"}, "sink": merge, "max_rejects": 1}
    write(project, a=pipeline(**bad), b=pipeline(**bad))
    project.run("run")
    project.run("state", "a", "reset", "--yes")
    with sqlite3.connect(project.directory / "out.sqlite") as database:
        kept = database.execute("select pipeline from t_rejects").fetchall()
    assert kept == [("b",)]


def test_a_second_document_is_refused(project: Project) -> None:
    write(project, "\n---\npipelines: {}\n", p=pipeline())
    assert "tidemill.yaml:3:1: a second YAML document" in refused(project)
    write(project, "\n...\n", p=pipeline())
    project.run("check", "--offline")


def test_variables_are_replaced_in_all_values(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = {"connection": "search", "index": "i", "query": {"term": {"c": "${REVIEW_CHANNEL}"}}}
    write(project, p=pipeline(source=source))
    assert "`REVIEW_CHANNEL` is not set" in refused(project)
    write(project)
    content = (
        "connections: {lite: {sqlite: out.sqlite}}\n"
        "pipelines:\n"
        "  p:\n"
        "    source: {files: in.ndjson, split_bytes: '${REVIEW_SIZE}'}\n"
        "    columns: {c: text, n: int32}\n"
        "    max_rejects: ${REVIEW_REJECTS}\n"
        "    sink: {connection: lite, table: '${REVIEW_TABLE}', again: append}\n"
    )
    project.write("tidemill.yaml", content)
    project.write("in.ndjson", LINE + '{"n": "x"}\n')
    monkeypatch.setenv("REVIEW_SIZE", "64KB")
    monkeypatch.setenv("REVIEW_REJECTS", "1")
    monkeypatch.setenv("REVIEW_TABLE", "null")
    assert project.record()["counts"]["rejected"] == 1
    assert project.rows('SELECT n FROM "null"') == [(1,)]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"late": "fail"}, "`late:` needs `series:`"),
        ({"grace": "1h"}, "`grace:` needs `series:`"),
        ({"until": "2024-01-01"}, "`until:` needs `series:`"),
        ({"max_future": "1h"}, "`max_future:` needs `series:`"),
        ({"tie": "n"}, "`tie:` needs `series:`"),
        ({"series": ["c", "c"], "time": "ts"}, "`c` is in `series:` already"),
        (
            {"series": "c", "time": "ts", "columns": COLUMNS | {"c": "json"}, "sink": TABLE},
            "series column `c` is json",
        ),
        ({"series": "c", "time": "ts"}, "`again: append` is for mode append without"),
        ({"sink": {"discard": True, "table": "t"}}, "nothing else goes with it"),
        ({"source": {"files": "in.ndjson", "compressed": True}}, "compressed needs"),
        (
            {"source": {"connection": "search", "index": "i", "split_bytes": 1}},
            "delimiter and split_bytes need `files:`",
        ),
        (
            {"source": {"connection": "search", "index": "i", "slices": 4294967297}},
            "at most 1000000 for `page_size`, and 65536 for `slices`",
        ),
    ],
)
def test_keys_without_effect_are_refused(project: Project, keys: dict, said: str) -> None:
    write(project, p=pipeline(**keys))
    assert said in refused(project)


def test_the_longest_durations_do_not_overflow(project: Project) -> None:
    keys = {"series": "c", "time": "ts", "sink": {"connection": "lite", "table": "t"}}
    write(project, p=pipeline(max_future="106751991 days", **keys))
    assert project.record()["counts"]["loaded"] == 1


def test_a_text_is_not_cut_at_its_first_zero(project: Project) -> None:
    write(project, p=pipeline(sink=APPEND | {"table": "t\0x"}))
    assert "U+0000" in refused(project)


@pytest.mark.parametrize("directory", ["nowhere", "in.ndjson"])
def test_where_nothing_can_be_spilled_is_told_at_once(project: Project, directory: str) -> None:
    keys = {"series": "c", "time": "ts", "sink": TABLE}
    write(project, p=pipeline(**keys))
    assert "spilled" in project.run("run", "--spill", directory, code=2).stderr
    assert project.record()["counts"]["loaded"] == 1


def test_the_patience_of_a_source_is_for_servers_only(project: Project):
    text = """
connections:
  lite: {sqlite: out.sqlite, timeout: 5 min}
  search: {elasticsearch: "http://127.0.0.1:1", timeout: soon, retries: 5000, retry_pause: 1s}
pipelines:
  p:
    source: {files: in.ndjson, keep_alive: 10 min}
    columns: {c: text}
    sink: {connection: lite, table: t, again: append}
"""
    project.write("tidemill.yaml", text)
    said = refused(project)
    assert "tidemill.yaml:3:" in said and "retry_pause are for `elasticsearch:`" in said
    assert "tidemill.yaml:4:" in said and "a duration is wanted" in said
    assert "at most 1000 retries" in said
    assert "tidemill.yaml:7:" in said and "keep_alive need `connection:`" in said


@pytest.mark.parametrize("word", ["null", '"null"', "~"])
def test_malformed_values_are_null_with_and_without_quotes(project: Project, word: str) -> None:
    """Without quotes the word is YAML's own null, as the documents write it."""
    project.write("in.ndjson", LINE + LINE.replace('"n": 1', '"n": "one"'))
    project.write(
        "tidemill.yaml",
        f"""
connections: {{lite: {{sqlite: out.sqlite}}}}
pipelines:
  p:
    source: {{files: in.ndjson}}
    columns:
      n: {{type: int64, malformed: {word}}}
    sink: {{connection: lite, table: t, mode: replace}}
""",
    )
    project.run("run")
    with sqlite3.connect(project.directory / "out.sqlite") as database:
        assert database.execute("select n from t order by n").fetchall() == [(None,), (1,)]


@pytest.mark.parametrize(
    "column", [{"type": "json"}, {"type": "text", "array": "json"}, {"type": "json", "mask": None}]
)
def test_malformed_lists_that_are_taken_whole_are_null(project: Project, column: dict) -> None:
    values = [r'["a\u0000b"]', r'[["\ud800"]]', "[01]", r'{"a": ["\u0000"]}', r'"\u0000"', "[1]"]
    project.write("in.ndjson", "".join(f'{{"n": {i}, "v": {v}}}\n' for i, v in enumerate(values)))
    columns = {"n": "int64", "v": column | {"malformed": None}}
    project.pipeline(source={"files": "in.ndjson"}, columns=columns, sink="t")
    project.run("run")
    kept = None if "mask" in column else "[1]"
    assert project.rows("select v from t order by n") == [(None,)] * 5 + [(kept,)]
    columns["v"] = column
    source = {"files": "in.ndjson"}
    project.pipeline("q", source=source, columns=columns, sink="other", max_rejects=9)
    assert project.record()["counts"]["rejected"] == 5


@pytest.mark.parametrize("word", ["", "nothing", "[null]"])
def test_other_words_for_malformed_values_are_refused(project: Project, word: str) -> None:
    columns = f"\n      n:\n        type: int64\n        malformed: {word}\n"
    project.write(
        "tidemill.yaml",
        f"pipelines:\n  p:\n    source: {{files: in.ndjson}}\n    columns:{columns}"
        "    sink: {discard: true}\n",
    )
    assert "tidemill.yaml:7:" in refused(project)
