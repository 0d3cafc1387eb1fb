# SPDX-License-Identifier: Apache-2.0
"""The documentation names what the parsers take, and nothing else: keys of the project file, options
of the command line."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COMMON = {"--file", "--json", "--help"}
# Neither reads a project file, so -f is taken, does nothing, and stands in no help.
WITHOUT_FILE = {("sample", "--file"), ("explain", "--file")}

# The parser answers an unknown key with those that there are. Where it stands -> its line.
PROBE = {
    "file": "zzzzzzzzzzzz: 1",
    "connection": "connections: {d: {sqlite: o.sqlite, zzzzzzzzzzzz: 1}}",
    "pipelines": "pipelines:",
    "p": "  p:",
    "pipeline": "    zzzzzzzzzzzz: 1",
    "source": "    source: {files: in.ndjson, zzzzzzzzzzzz: 1}",
    "columns": "    columns:",
    "column": "      n: {type: int64, zzzzzzzzzzzz: 1}",
    "mask": "      m: {type: text, mask: {zzzzzzzzzzzz: 1}}",
    "commit": "    commit: {zzzzzzzzzzzz: 1}",
    "steps": "    steps:",
    "step": "      - {zzzzzzzzzzzz: 1}",
    "where": "      - {where: n > 1, zzzzzzzzzzzz: 1}",
    "derive": "      - {derive: {a: n}, zzzzzzzzzzzz: 1}",
    "derive column": "      - {derive: {a: {as: n, zzzzzzzzzzzz: 1}}}",
    "keep": "      - {keep: newest, by: [n], zzzzzzzzzzzz: 1}",
    "lua": "      - {lua: x.lua, zzzzzzzzzzzz: 1}",
    "lua state": "      - {lua: x.lua, state: {a: {type: text, zzzzzzzzzzzz: 1}}}",
    "lua output": "      - {lua: x.lua, output: {a: {type: text, zzzzzzzzzzzz: 1}}}",
    "sink": "    sink: {connection: d, table: t, zzzzzzzzzzzz: 1}",
}
# Headings of docs/project-file.md with a table of the keys that may stand in that place.
TABLES = {
    "connection": ("connections", "Elasticsearch and OpenSearch"),
    "pipeline": ("A pipeline",),
    "source": ("source",),
    "column": ("columns",),
    "mask": ("Masks",),
    "sink": ("sink",),
}


@pytest.fixture
def keys(tidemill: Path, tmp_path: Path) -> dict[str, set[str]]:
    """Place -> keys, as the parser tells them."""
    (tmp_path / "tidemill.yaml").write_text("\n".join(PROBE.values()))
    done = subprocess.run(
        [tidemill, "check", "--offline"], cwd=tmp_path, capture_output=True, text=True
    )
    found = re.findall(r"yaml:(\d+):\d+: unknown \w+ `z+`; there are: (\w+(?:, \w+)*)", done.stderr)
    places = list(PROBE)
    told = {places[int(line) - 1]: set(words.split(", ")) for line, words in found}
    assert set(told) == {place for place, line in PROBE.items() if "zzz" in line}, done.stderr
    return told


def section(page: str, heading: str) -> str:
    """What stands below the heading, up to the next one of any depth."""
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#+ |\Z)", page, re.M | re.DOTALL)
    assert found, heading
    return found[1]


def rows(text: str, *titles: str) -> list[list[str]]:
    """The rows of all tables whose first title is one of these; a cell may hold `\\|`."""
    found = []
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        cells = [
            [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in table.splitlines()
        ]
        if cells[0][0] in titles:
            found += cells[2:]
    return found


def documented_keys(place: str) -> set[str]:
    page = (DOCS / "project-file.md").read_text("utf-8")
    text = "".join(section(page, heading) for heading in TABLES[place])
    first = [row[0] for row in rows(text, "key", "kind", "mask")]
    return {key for cell in first for key in re.findall(r"`\{?(\w+)", cell)}


@pytest.mark.parametrize("place", TABLES)
def test_tables_have_the_keys_that_the_parser_takes(keys: dict[str, set[str]], place: str) -> None:
    assert documented_keys(place) == keys[place]


def test_what_stands_in_no_table_is_shown_where_it_belongs(keys: dict[str, set[str]]) -> None:
    page = (DOCS / "project-file.md").read_text("utf-8")
    shown = {"file": page, "commit": section(page, "A pipeline")}
    assert {path.stem for path in (DOCS / "steps").glob("*.md")} == keys["step"]
    for step in keys["step"]:
        text = (DOCS / f"steps/{step}.md").read_text("utf-8")
        shown |= {place: text for place in keys if place.split()[0] == step}
    assert set(shown) | set(TABLES) | {"step"} == set(keys)
    for place, text in shown.items():
        for key in keys[place]:
            assert re.search(rf"(?<!\w){key}:\s", text), f"{key} of {place}"


def ask(tidemill: Path, *arguments: str) -> str:
    return subprocess.run([tidemill, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def commands(tidemill: Path) -> dict[str, dict[str, str]]:
    """Command -> option -> the option with its argument, as its help has it: "--jobs N"."""
    names = re.findall(r"^  (\w+) +\S", ask(tidemill, "--help"), re.MULTILINE)
    assert len(names) > 8
    found = {}
    for name in names:
        text = ask(tidemill, name, "--help").partition("\nexamples:\n")[0]
        listed = re.findall(r"^ +(?:-\w, )?(--[\w-]+)( \S+)?", text, re.MULTILINE)
        found[name] = {option: option + argument for option, argument in listed}
    return found


def test_the_page_of_the_command_line_has_all_commands_and_options(
    commands: dict[str, dict[str, str]],
) -> None:
    page = (DOCS / "cli.md").read_text("utf-8")
    summaries = [row[0] for row in rows(page.partition("## Options")[0], "command")]
    assert {summary.strip("`").split()[0] for summary in summaries} == set(commands)
    documented: dict[str, set[str]] = {name: set() for name in commands}
    for names, text in rows(section(page, "Options"), "command"):
        for name in re.findall(r"`(\w+)`", names):
            documented[name] |= set(re.findall(r"`(--[^`]+)`", text))
    for name, listed in commands.items():
        own = {text for option, text in listed.items() if option not in COMMON}
        assert documented[name] == own, name
    assert all(f"`{option}`" in page for option in COMMON)


def test_every_option_that_is_taken_stands_in_the_help(
    tidemill: Path, tmp_path: Path, commands: dict[str, dict[str, str]]
) -> None:
    tables = "".join(path.read_text("utf-8") for path in (ROOT / "src/cli").glob("*.[ch]"))
    known = {f"--{name}" for name in re.findall(r'"([\w-]+)",\s*(?:no|required)_argument', tables)}
    assert known >= COMMON | {"--workers", "--position", "--exclude"}
    for command, listed in commands.items():
        for option in known:
            done = subprocess.run(
                [tidemill, command, option, "1", "--help"],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
            )
            taken = "unrecognized option" not in done.stderr
            expected = option in listed or option == "--help" or (command, option) in WITHOUT_FILE
            assert taken == expected, (command, option)
