# SPDX-License-Identifier: Apache-2.0
"""Each error code, by the mistake that its page is about: `tidemill explain CODE` helps only where the
sentence and the code belong together. A case prepares a folder and gives the command; what it says
must hold the code once and a word of the cause. The last test lists codes that no test names.
"""

import gzip
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from fault.fake_search import Answer, FakeSearch, Fault, Request
from pipelines.engine import ROWS_BYTES
from pipelines.files import scratch_directory
from project import Project
from test_explain import declared

TESTS = Path(__file__).parents[1]
ROWS = [{"k": key, "t": f"2024-03-0{day}T10:00:00Z", "n": day} for day in (1, 2) for key in "ab"]
COLUMNS = {"k": "text", "t": "timestamp", "n": "int64"}
ORDERED = {"series": "k", "time": "t"}
LUA = {"lua": "s.lua", "state": {"c": "int64"}, "output": {"n": "int64"}}
COUNT = "return {row = function(r, s) s.c = (s.c or 0) + 1 return {n = s.c} end}"
RUN = ("run",)


@dataclass(frozen=True)
class Case:
    code: str
    says: str
    keys: dict  # over those of the pipeline
    command: tuple[str, ...] = RUN
    before: Callable[[Project], None] = lambda project: None  # the pipeline is there
    after: Callable[[Project], None] | None = None  # a run of the pipeline has ended well


def rewrite(**keys: object) -> Callable[[Project], None]:
    return lambda project: write_pipeline(project, keys)


def lines(rows: list[dict]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def write_pipeline(project: Project, keys: dict) -> None:
    pipeline = {
        "source": {"files": "in.*"},
        "columns": COLUMNS,
        "sink": {"mode": "append"},
        **keys,
    }
    pipeline["sink"] = {"connection": "lite", "table": "t", **pipeline["sink"]}
    project.pipeline(**pipeline)


def put(name: str, content: str | bytes) -> Callable[[Project], None]:
    return lambda project: project.write(name, content)


def sql(*statements: str) -> Callable[[Project], None]:
    def execute(project: Project) -> None:
        with closing(sqlite3.connect(project.directory / "out.sqlite")) as base:
            for statement in statements:
                base.execute(statement)
            base.commit()

    return execute


def changed(project: Project) -> None:
    project.write("in.ndjson", lines(ROWS[1:]))


MEANT_FOR_OTHERS = put(
    "tidemill.yaml",
    json.dumps({"connections": {"e": {"elasticsearch": "gopher://x"}}, "pipelines": {}}),
)
FINAL = {"series": "k", "time": "t", "steps": [LUA]}
DAYS = {"series": "k", "time": "t", "max_day_bytes": "64KB"}
DAY = "return {day = function(rows, s) return {n = rows.n} end}"
KEYED = {"k": {"type": "text", "mask": {"hash": "${TIDEMILL_CODES_KEY}"}}}


def truncated_database(project: Project) -> None:
    path = project.directory / "out.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


LONG_TEXT = "lpad(k, 900000)"


CASES = [
    Case("E1001", "absent.yaml", {}, ("run", "-f", "absent.yaml")),
    Case("E1002", "not valid YAML", {}, before=put("tidemill.yaml", "a: [\n")),
    Case("E1003", "perhaps", {"late": "perhaps"}),
    Case(
        "E1009",
        "room for days",
        {**FINAL, "max_day_bytes": "900MB"},
        ("run", "--memory", "64MB"),
        before=put("s.lua", DAY),
    ),
    Case("E1010", "does not fit", {}, before=sql("create table t (other text not null)")),
    Case("E1015", "no file matches", {"source": {"files": "absent*"}}),
    Case("E1017", "no such run", {}, ("show", "p", "77")),
    Case("E1018", "--workers", {}, ("run", "--workers", "none")),
    Case("E2002", "not by growing", {}, after=changed),
    Case(
        "E2003",
        "ends in the middle",
        {},
        before=put("in.ndjson.gz", gzip.compress(b"{}\n" * 9)[:-6]),
    ),
    Case("E2004", "no column `n`", {}, before=put("in.csv", "k,t\r\na,2024-03-01\r\n")),
    Case(
        "E2005",
        "max_day_bytes",
        {**DAYS, "steps": [LUA]},
        before=lambda project: (
            project.write("s.lua", DAY),
            project.write("in.ndjson", lines([{**ROWS[0], "n": i} for i in range(9000)])),
        ),
    ),
    Case(
        "E2006",
        "late or changed",
        {**ORDERED, "late": "fail"},
        after=put("in.ndjson", lines([*ROWS, {**ROWS[0], "n": 9}])),
    ),
    Case(
        "E3000",
        "s.lua:1: no",
        FINAL,
        before=put("s.lua", "return {row = function() error('no') end}"),
    ),
    Case("E5005", "integrity_check", ORDERED, after=truncated_database),
    Case("E6000", "max_rejects", {}, before=put("in.ndjson", "[]\n")),
    Case("E7000", "can't open the log", {}, ("run", "--log", "absent/x.log")),
    Case("E7002", "can't write to absent", ORDERED, ("run", "--spill", "absent")),
    Case("E7002", "is no directory", ORDERED, ("run", "--spill", "in.ndjson")),
    Case("E8000", "has been emptied", ORDERED, after=sql("delete from t")),
    Case("E8001", "(tie)", ORDERED, after=rewrite(**ORDERED, tie="n")),
    Case(
        "E8002",
        "mask key of column k",
        {**ORDERED, "columns": {**COLUMNS, **KEYED}},
        after=rewrite(
            **ORDERED,
            columns={
                **COLUMNS,
                "k": {"type": "text", "mask": {"hash": "${TIDEMILL_CODES_OTHER_KEY}"}},
            },
        ),
    ),
    Case("E8004", "no state", ORDERED, ("state", "p", "rewind", "--to", "2024-03-01", "--yes")),
    Case("E8005", "no layout 0", {}, after=sql("update tidemill_ledger set version = 0")),
    Case("E8006", "later version", {}, after=sql("update tidemill_ledger set version = 99")),
    Case("E1000", "is no SQLite database", {}, before=put("out.sqlite", b"no database" * 500)),
    Case(
        "E1016",
        "is not of the form https://",
        {},
        ("init", "--elasticsearch", "gopher://x", "--index", "x", "--output", "-"),
    ),
    Case(
        "E7004",
        "make shorter texts",
        {"steps": [{"derive": {"x": LONG_TEXT}}], "sink": {"again": "append"}},
        before=put("in.ndjson", lines(ROWS * 500)),
    ),
    # Mistakes that are found while the project file is read are told all at once, under one code.
    Case("E1003", "should follow", {"steps": [{"where": "n >"}]}),
    Case("E1003", "Europe/Krakau", {"timezone": "Europe/Krakau"}),
    Case("E1003", "can't open the script", {**ORDERED, "steps": [{**LUA, "lua": "absent.lua"}]}),
    Case("E1003", "name over 63 bytes", {"sink": {"table": "t" * 70}}),
    Case("E1003", "two columns `_day`", {"columns": {**COLUMNS, "_day": "date"}, **ORDERED}),
]
MORE = ("E4003", "E4004", "E4005", "E4006", "E4007", "E7003", "E7005", "E7006")
# Told by no command that a test could give.
ELSEWHERE = {
    "E1004": "as E1003 by commands",
    "E1005": "as E1003 by commands",
    "E1006": "as E1003 by commands",
    "E1007": "as E1003 by commands",
    "E1008": "as E1003 by commands",
    "E2000": "what a bare code stands for; all that raise it are no mistake of a user's",
    "E4000": "likewise",
    "E4001": "likewise",
    "E9000": "a defect",
}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("TIDEMILL_CODES_KEY", "k3y-of-the-tests-0123456789abcdef")
    monkeypatch.setenv("TIDEMILL_CODES_OTHER_KEY", "another-of-the-tests-0123456789ab")
    return Project(tmp_path, tidemill)


def told(project: Project, command: tuple[str, ...]) -> tuple[str, list[str]]:
    """What a command that must fail says, and the codes in it."""
    done = subprocess.run(
        [project.binary, *command], cwd=project.directory, capture_output=True, text=True
    )
    assert done.returncode > 0, done
    return done.stderr, re.findall(r"\[(E\d+)\]", done.stderr)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.says}")
def test_a_mistake_is_told_with_its_code(project: Project, case: Case) -> None:
    project.write("in.ndjson", lines(ROWS))
    project.write("s.lua", COUNT)
    write_pipeline(project, case.keys)
    case.before(project)
    if case.after is not None:
        project.run("run")
        case.after(project)
    said, codes = told(project, case.command)
    assert case.says in said
    assert codes == [case.code], said


DOCUMENTS = {f"d{i:03}": {"k": "a", "n": i} for i in range(60)}


def partial(request: Request, answer: Answer) -> None:
    if request.kind in ("search", "open", "next"):
        shards = b'"_shards":{"total":3,"successful":2,"failed":1,"skipped":0}'
        answer.body = re.sub(rb'"_shards": ?\{[^}]*\}', shards, answer.body)


def busy(request: Request, answer: Answer) -> None:
    if request.kind in ("search", "open", "next"):
        answer.status, answer.body = 503, b"{}"


def lost(request: Request, answer: Answer) -> None:
    if request.kind == "next":
        why = {"type": "search_context_missing_exception", "reason": "No search context found"}
        error = {"root_cause": [why], **why}
        answer.status, answer.body = 404, json.dumps({"error": error, "status": 404}).encode()


def unsorted(request: Request, answer: Answer) -> None:
    if request.kind in ("search", "open", "next"):
        answer.body = re.sub(rb', ?"sort": ?\[[^]]*\]', b"", answer.body)


def no_answer(request: Request, answer: Answer) -> None:
    if request.kind in ("search", "open", "next"):
        answer.body = b'{"took": 1, "hits": "none"}'


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (partial, "E4003"),
        (busy, "E4007"),
        (lost, "E4005"),
        (no_answer, "E4004"),
        (unsorted, "E4006"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_server_that_misbehaves_is_told_with_its_code(
    project: Project, fault: Fault, code: str
) -> None:
    with FakeSearch(DOCUMENTS) as server:
        server.fault = fault
        events = {"elasticsearch": server.url, "retry_pause": "1ms", "retries": 1}
        source = {"connection": "events", "index": "uses", "page_size": 10}
        pipeline = {"source": source, "columns": {"n": "int64"}, "sink": {"discard": True}}
        content = {"connections": {"events": events}, "pipelines": {"p": pipeline}}
        project.write("tidemill.yaml", json.dumps(content))
        said, codes = told(project, RUN)
    assert codes == [code], said


def stopped(project: Project, request: pytest.FixtureRequest) -> subprocess.Popen:
    """A run that stands still once it has spilled rows."""
    process = subprocess.Popen(
        [project.binary, "run", "--spill", project.directory],
        cwd=project.directory,
        env={
            **os.environ,
            "TIDEMILL_ROWS_BYTES": ROWS_BYTES,
            "TIDEMILL_FAULT": "spill.write.after:1:stop",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    request.addfinalizer(process.kill)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), status
    return process


def many_rows(project: Project) -> None:
    rows = [{**ROWS[0], "k": f"series {i % 999}", "n": i} for i in range(40_000)]
    project.write("in.ndjson", lines(rows))
    write_pipeline(project, ORDERED)


def test_spilled_rows_that_another_has_cut(
    project: Project, request: pytest.FixtureRequest
) -> None:
    many_rows(project)
    process = stopped(project, request)
    spilled = [path for path in project.directory.rglob("tidemill-*") if path.is_file()]
    assert spilled
    for path in spilled:
        os.truncate(path, path.stat().st_size // 2)
    process.send_signal(signal.SIGCONT)
    _, said = process.communicate(timeout=60)
    assert process.returncode > 0 and "[E7006]" in said, said


def test_threads_that_the_system_refuses(project: Project, tidemill: Path) -> None:
    """As a user whose limit is passed, which root has none of."""
    with tempfile.TemporaryDirectory(dir=scratch_directory()) as name:
        place = Project(Path(name), Path(name) / "tidemill")
        shutil.copy(tidemill, place.binary)
        place.write("in.ndjson", lines(ROWS))
        write_pipeline(place, ORDERED)
        ids = [] if os.getuid() else ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        place.directory.chmod(0o777)
        done = subprocess.run(
            [*ids, "prlimit", "--nproc=1:1", place.binary, "run", "--spill", name],
            cwd=name,
            capture_output=True,
            text=True,
        )
    assert done.returncode > 0 and "[E7005]" in done.stderr, done


def test_a_limit_of_memory_that_is_not_ours(project: Project) -> None:
    many_rows(project)
    codes = set()
    for megabytes in range(60, 400, 20):
        size = megabytes << 20
        done = subprocess.run(
            ["prlimit", f"--as={size}:{size}", project.binary, "run", "--new", "--workers", "1"],
            cwd=project.directory,
            capture_output=True,
            text=True,
        )
        codes.update(re.findall(r"\[(E\d+)\]", done.stderr))
    assert "E7003" in codes


def test_each_code_is_named_by_a_test() -> None:
    """Beside the pages, which test_explain.py looks at; in C by its name."""
    codes = declared()
    own = {Path(__file__).name, "test_explain.py"}
    python = "".join(p.read_text() for p in TESTS.rglob("*.py") if p.name not in own)
    unit = "".join(path.read_text() for path in TESTS.rglob("*.c"))
    named = {case.code for case in CASES} | set(MORE)
    missing = [
        code
        for code, (name, _) in codes.items()
        if code not in named
        and not re.search(rf"\b{code}\b", python)
        and not re.search(rf"\bTIDE_E_{name}\b", unit)
    ]
    assert missing == sorted(ELSEWHERE)
