# SPDX-License-Identifier: Apache-2.0
"""Error codes: each has a page, each is raised somewhere, and `tidemill explain` prints them."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from project import Project

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/errors"


def declared() -> dict[str, tuple[str, str]]:
    """Code -> (name, title), as the header declares them."""
    header = (ROOT / "src/base/problem.h").read_text("utf-8").replace("\\\n", "")
    rows = re.findall(r'X\((\w+), (\d+), TIDE_\w+,\s*"([^"]+)"\)', header)
    assert len(rows) > 50
    return {f"E{number}": (name, title) for name, number, title in rows}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def test_every_error_has_a_page_with_cause_and_cure() -> None:
    titles = {code: title for code, (_, title) in declared().items()}
    assert {page.stem for page in PAGES.glob("E*.md")} == set(titles)
    for code, title in titles.items():
        text = (PAGES / f"{code}.md").read_text("utf-8")
        parts = re.fullmatch(r"# (.+)\n\n## Cause\n\n(.+?)\n\n## Cure\n\n(.+)\n", text, re.DOTALL)
        assert parts, code
        assert parts[1] == f"{code}: {title}"
        assert len(parts[2]) > 30 and len(parts[3]) > 30, code


def test_the_index_lists_all_errors_in_order() -> None:
    listed = re.findall(
        r"^\| \[(E\d+)\]\((E\d+)\.md\) \| (.+) \|$", (PAGES / "README.md").read_text("utf-8"), re.M
    )
    assert listed == [(code, code, title) for code, (_, title) in sorted(declared().items())]


def test_no_error_is_declared_that_nobody_raises() -> None:
    sources = "".join(
        path.read_text("utf-8")
        for pattern in ("*.c", "*.cpp")
        for path in (ROOT / "src").rglob(pattern)
    )
    general = "CONFIG DATA USER_CODE REMOTE REMOTE_RETRY OVER_REJECTS IO OUT_OF_MEMORY OVER_BUDGET"
    general += " FENCED STATE_CONFLICT"
    for name, _ in declared().values():
        # A general problem is what a bare code stands for.
        word = {"CONFIG": "BAD_CONFIG", "DATA": "BAD_DATA"}.get(name, name)
        token = f"TIDE_{word}" if name in general.split() else f"TIDE_E_{name}"
        assert re.search(rf"\b{token}\b", sources), name


def test_pages_name_commands_that_exist(tidemill: Path) -> None:
    known = subprocess.run([tidemill, "--help"], capture_output=True, text=True, check=True).stdout
    for page in PAGES.glob("E*.md"):
        for command in re.findall(r"`tidemill ([a-z]+)", page.read_text("utf-8")):
            assert re.search(rf"^  {command} ", known, re.M), f"{page.name}: {command}"


def test_explain_prints_the_page(project: Project) -> None:
    assert project.run("explain", "E4005").stdout == (PAGES / "E4005.md").read_text("utf-8")
    assert project.run("explain", "e4005").stdout == project.run("explain", "4005").stdout
    listed = project.run("explain").stdout.splitlines()
    assert listed == [f"{code}  {title}" for code, (_, title) in sorted(declared().items())]
    told = json.loads(project.run("explain", "--json", "E7001").stdout)
    assert told == {
        "problem": "E7001",
        "title": "the disk is full",
        "page": (PAGES / "E7001.md").read_text("utf-8"),
    }


@pytest.mark.parametrize("code", ["E77", "E0", "", "E4005x", "99999999999999999999"])
def test_an_unknown_code_is_told(project: Project, code: str) -> None:
    said = project.run("explain", code, code=2).stderr
    assert f"no error has the code `{code}`" in said
    assert said.rstrip().endswith("[E1018]")


def test_errors_end_with_their_code(project: Project) -> None:
    assert project.run("check", code=2).stderr.rstrip().endswith("[E1001]")
    told = json.loads(project.run("check", "--json", code=2).stderr)
    assert (told["code"], told["problem"], told["exit"]) == ("bad_config", "E1001", 2)


def test_the_record_of_a_failed_run_keeps_the_code(project: Project) -> None:
    project.write("in.ndjson", '{"who": "a", "at": "no time"}\n')
    project.pipeline(
        source={"files": "in.ndjson"},
        columns={"who": "text", "at": "timestamp"},
        series="who",
        time="at",
        timezone="UTC",
        sink="out",
    )
    assert "[E6000]" in project.run("run", code=6).stderr
    kept = json.loads(project.run("show", "--json", "p", "1").stdout)
    record = kept.get("record", kept)
    assert record["problem"] == "E6000"
