# SPDX-License-Identifier: Apache-2.0
"""The lua step through the real binary: every type in and out, both forms, state, errors."""

import json
import random
import signal
import sqlite3
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from project import Project

COLUMNS = {
    "who": "text",
    "at": "timestamp",
    "b": "bool",
    "i": "int32",
    "l": "int64",
    "d": "double",
    "m": "decimal(30,6)",
    "t": "text",
    "y": "bytes",
    "day": {"type": "date", "from": "on"},
    "u": "uuid",
    "j": "json",
}
ECHOED = [name for name in COLUMNS if name not in ("who", "at")]
OUTPUT = {
    name: (spec if isinstance(spec, str) else spec["type"])
    for name, spec in COLUMNS.items()
    if name in ECHOED
}


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def write_rows(project: Project, rows: list[dict]) -> None:
    project.write("in.ndjson", "".join(json.dumps(row) + "\n" for row in rows))


def lua(project: Project, script: str, output: dict, state: dict | None = None, **keys) -> None:
    project.write("step.lua", script)
    step = {"lua": "step.lua", "output": output}
    if state:
        step["state"] = state
    step.update({key: keys.pop(key) for key in ["int64"] if key in keys})
    project.pipeline(
        source={"files": "in.ndjson"},
        columns=keys.pop("columns", COLUMNS),
        series="who",
        time="at",
        steps=[step],
        sink="out",
        **keys,
    )


def at(second: int) -> str:
    return f"2024-03-01T00:00:{second:02d}Z"


def random_row(random: random.Random, second: int) -> dict:
    row = {
        "who": "a",
        "at": at(second),
        "b": random.choice([True, False]),
        "i": random.choice([0, 1, -1, 2**31 - 1, -(2**31), random.randrange(-99, 99)]),
        "l": random.choice([0, 2**53, -(2**53), random.randrange(-(10**15), 10**15)]),
        "d": random.choice([0.5, -1e300, 5e-324, random.random()]),
        "m": random.choice(["0", "-0.000001", "999999999999999999999999.999999", "12.5"]),
        "t": random.choice(["", "x", "Łódź", "a'b\"c\\", "😀"]),
        "y": random.choice(["", "AAEC/w=="]),
        "on": random.choice(["1970-01-01", "2024-02-29", "0001-01-01", "9999-12-31"]),
        "u": "00112233-4455-6677-8899-aabbccddeeff",
        "j": random.choice([{"k": [1, "x"]}, [], "text", 1.5]),
    }
    for name in [*ECHOED, "on"]:
        if name in row and random.random() < 0.15:
            row[name] = None
    return row


ECHO_ROW = (
    "return {row = function(r, state) return {"
    + ", ".join(f"{name} = r.{name}" for name in ECHOED)
    + "} end}"
)
# `rows.day` is the day itself, so a column of that name is taken from the row form only.
ECHO_DAY = (
    "return {day = function(rows, state) local out = {} for i = 1, rows.n do out[i] = {"
    + ", ".join(f"{name} = rows.{name}[i]" for name in ECHOED if name != "day")
    + "} end return out end}"
)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("form", ["row", "day"])
def test_every_type_goes_through_unchanged(project: Project, form: str, exact: bool) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    generator = random.Random(seed)
    rows = [random_row(generator, second) for second in range(60)]
    if exact:
        rows[0]["l"], rows[1]["l"] = 2**63 - 1, -(2**63)
    write_rows(project, rows)
    names = [name for name in ECHOED if not (form == "day" and name == "day")]
    lua(
        project,
        ECHO_ROW if form == "row" else ECHO_DAY,
        {name: OUTPUT[name] for name in names},
        **({"int64": "exact"} if exact else {}),
    )
    project.run("run")
    through = project.rows(f"select {', '.join(names)} from out order by rowid")
    (project.directory / "out.sqlite").unlink()
    project.pipeline(
        source={"files": "in.ndjson"}, columns=COLUMNS, series="who", time="at", sink="out"
    )
    project.run("run")
    assert through == project.rows(f"select {', '.join(names)} from out order by rowid")
    assert len(through) == 60


def test_decimals_are_exact(project: Project) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    generator = random.Random(seed)
    rows, expected = [], []
    for second in range(60):
        a = Decimal(generator.randrange(-(10**9), 10**9)).scaleb(-generator.randrange(0, 6))
        b = Decimal(generator.randrange(1, 10**6)).scaleb(-generator.randrange(0, 6))
        rows.append({"who": "a", "at": at(second), "m": str(a), "n": str(b)})
        expected.append((a + b, a - b, a * b, -a, a < b, a == b))
    write_rows(project, rows)
    lua(
        project,
        """return {row = function(r)
             local a, b = r.m, r.n
             return {s = a + b, d = a - b, p = a * b, g = -a, lt = a < b, eq = a == b}
           end}""",
        {**dict.fromkeys("sdpg", "decimal(38,12)"), "lt": "bool", "eq": "bool"},
        columns={"who": "text", "at": "timestamp", "m": "decimal(30,6)", "n": "decimal(30,6)"},
    )
    project.run("run")
    got = project.rows("select s, d, p, g, lt, eq from out order by rowid")
    assert [tuple(map(Decimal, row[:4])) + tuple(map(bool, row[4:])) for row in got] == expected


def test_state_is_carried_by_series_and_over_runs(project: Project) -> None:
    script = """return {row = function(r, state)
        state.n = (state.n or 0) + 1
        state.sum = (state.sum or decimal(0)) + r.m
        state.last = r.t
        state.flag = not state.flag
        return {n = state.n, sum = state.sum, before = state.last}
    end}"""
    columns = {"who": "text", "at": "timestamp", "m": "decimal(12,2)", "t": "text"}
    state = {"n": "int64", "sum": "decimal(18,2)", "last": "text", "flag": "bool"}
    rows = [
        {"who": who, "at": f"2024-03-{day:02d}T10:00:00Z", "m": "1.10", "t": f"{who}{day}"}
        for day in range(1, 11)
        for who in "abc"
    ]
    write_rows(project, rows[:15])
    lua(project, script, {"n": "int64", "sum": "decimal(18,2)"}, state, columns=columns)
    assert "no column `before`" in project.run("run", code=1).stderr
    script = script.replace(", before = state.last", "")
    lua(project, script, {"n": "int64", "sum": "decimal(18,2)"}, state, columns=columns)
    project.run("run")
    write_rows(project, rows)
    project.run("run")
    assert project.rows("select max(n), count(*) from out group by _series_who") == [(10, 10)] * 3
    shown = json.loads(project.run("state", "p", "b", "--json").stdout)
    assert (shown["s1_n"], shown["s1_last"], shown["s1_flag"]) == (10, "b10", False)
    assert project.rows("select sum from out where _series_who = 'b' and n = 10") == [("11.00",)]


ROW = {"who": "a", "at": at(0), "i": 1, "l": 2**53 + 1, "t": "x", "m": "1.25"}


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("error('mine')", "step.lua:1: mine"),
        ("return r.nosuch", "no column `nosuch`"),
        ("return {i = 2^31}", "not a whole number within int32"),
        ("return {i = 'one'}", "i: a string is not a number"),
        ("return {i = 1.5}", "i: 1.5 is not a whole number within int32"),
        ("return {m = 1.005}", "is not exact"),
        ("return {m = decimal('1.234567')}", "digits beyond its scale"),
        ("return {t = 5}", "is not a string"),
        ("return {t = '\\255'}", "not UTF-8"),
        ("return {x = 1}", "no column `x`"),
        ("return 5", "not a number"),
        ("return {i = r.l}", "set `int64: exact`"),
        ("return {i = 1}, {i = 2}", "two values were returned"),
        ("local t = {{i = 1}} t[3] = {i = 3} return t", "a list has no holes"),
        ("return {{i = 1}, {i = 2}, i = 3}", "also has a `i`"),
        ("return r", "not the one that came in"),
        ("error(setmetatable({}, {__tostring = function() return 'mine' end}))", "mine"),
        ("error({})", "an error that is a table"),
        ("error(4.5, 0)", "4.5"),
        ("error(r.m)", "1.25"),
        (
            "tostring = nil setmetatable(_G, {__index = function() error('no global') end}) "
            "error({})",
            "an error that is a table",
        ),
        ("return {i = decimal('15'):round(-1)}", "digits from 0 to 38"),
        ("return {t = date_text(0/0)}", "nan is no number of days"),
        ("return {t = time_text(1/0)}", "inf is no number of microseconds"),
        ("state.n = 1", "state has no column `n`"),
        ("r.i = 1", "rows can't be changed"),
        ("return {m = r.m / decimal(0)}", "division by zero"),
        ("return nil + 1", "step.lua:1:"),
    ],
)
def test_errors_name_script_series_day_and_row(project: Project, body: str, hint: str) -> None:
    write_rows(project, [ROW])
    lua(
        project,
        "return {row = function(r, state) do " + body + " end end}",
        {"i": "int32", "m": "decimal(12,2)", "t": "text"},
    )
    said = project.run("run", code=1).stderr
    assert hint in said
    assert "series a" in said and "2024-03-01" in said and '"who": "a"' in said
    assert project.rows("select count(*) from out") == [(0,)]


@pytest.mark.parametrize(
    ("script", "hint"),
    [
        ("return {row = function(", "step.lua:1:"),
        ("return 5", "returns a number"),
        ("return {}", "neither a function `row` nor a function `day`"),
        ("return {row = print, day = print}", "both"),
        ("error('at load')", "at load"),
        ("return require('nosuch')", "nosuch"),
    ],
)
def test_scripts_are_checked_before_a_run(project: Project, script: str, hint: str) -> None:
    write_rows(project, [ROW])
    lua(project, script, {"i": "int32"})
    assert hint in project.run("check", "--offline", code=2).stderr


def test_modules_are_part_of_the_fingerprint(project: Project) -> None:
    write_rows(project, [ROW])
    project.write("helper.lua", "return {two = 2}")
    lua(
        project,
        "local h = require('helper') return {row = function() return {i = h.two} end}",
        {"i": "int32"},
    )
    project.run("run")
    assert project.rows("select i from out") == [(2,)]
    project.write("helper.lua", "return {two = 3}")
    assert "step 1 lua" in project.run("run", code=1).stderr


def test_a_day_larger_than_allowed_names_series_day_and_limit(project: Project) -> None:
    write_rows(project, [{**ROW, "t": "x" * 1000, "at": at(s)} for s in range(60)])
    lua(
        project,
        "return {day = function(rows) return {i = rows.n} end}",
        {"i": "int32"},
        max_day_bytes="10KB",
    )
    said = project.run("run", code=1).stderr
    assert "max_day_bytes" in said and "2024-03-01" in said and "a" in said
    lua(
        project,
        "return {day = function(rows) return {i = rows.n} end}",
        {"i": "int32"},
        max_day_bytes="1MB",
    )
    project.run("run")
    assert project.rows("select i from out") == [(60,)]


def test_json_that_is_none_is_an_error(project: Project) -> None:
    write_rows(project, [ROW])
    lua(project, "return {row = function(r) return {j = '{bad'} end}", {"j": "json"})
    assert "j: the string is not JSON" in project.run("run", code=1).stderr


def test_what_a_script_prints_is_not_the_output_of_the_program(project: Project) -> None:
    write_rows(project, [ROW])
    lua(project, "return {row = function(r) print('said', 1) io.write('too') end}", {"i": "int32"})
    result = project.run("run", "--json")
    assert json.loads(result.stdout)["status"] == "complete"
    assert result.stderr.startswith("said\t1\ntoo")


def test_the_program_is_not_the_scripts(project: Project) -> None:
    """The functions that would end it, start others or change what its numbers look like."""
    write_rows(project, [ROW])
    names = ["os.exit", "os.execute", "os.setlocale", "io.popen", "newproxy"]
    listed = " .. ".join(f"tostring({name})" for name in names)
    lua(project, f"return {{row = function(r) return {{t = {listed}}} end}}", {"t": "text"})
    project.record()
    assert project.rows("SELECT t FROM out") == [("nil" * len(names),)]


ROW_UUID = "123e4567-e89b-12d3-a456-426614174000"
CARRIED = """
return {row = function(r, state)
  local was = {}
  for _, name in ipairs{"m", "u", "l", "d", "i"} do was[#was + 1] = tostring(state[name]) end
  state.m = (state.m or decimal(0)) + decimal("1.5")
  state.u = "123E4567-E89B-12D3-A456-426614174000"
  state.l, state.d, state.i = 7LL, 7LL, -0.0
  was[#was + 1] = tostring(state.i and 1 / state.i)
  return {t = table.concat(was, " ")}
end}
"""


@pytest.mark.parametrize("exact", [{}, {"int64": "exact"}])
def test_state_is_what_its_columns_hold_however_days_are_batched(
    project: Project, exact: dict
) -> None:
    """A script must not be able to tell from its state where a commit was."""
    days = [{**ROW, "at": f"2024-03-0{day}T10:00:00Z"} for day in (1, 2, 2, 3)]
    write_rows(project, days)
    state = {"m": "decimal(12,2)", "u": "uuid", "l": "int64", "d": "double", "i": "int32"}
    outputs = []
    for name, stops in (("whole", ["2024-03-04"]), ("by_day", [f"2024-03-0{n}" for n in "234"])):
        for stop in stops:
            lua(project, CARRIED, {"t": "text"}, state, until=stop, **exact)
            text = (project.directory / "tidemill.yaml").read_text()
            project.write("tidemill.yaml", text.replace("out.sqlite", f"{name}.sqlite"))
            project.record()
        with sqlite3.connect(project.directory / f"{name}.sqlite") as connection:
            outputs.append(connection.execute("SELECT _day, t FROM out ORDER BY 1, 2").fetchall())
    assert outputs[0] == outputs[1]
    number = "7LL" if exact else "7"
    assert outputs[0][-1] == ("2024-03-03", f"4.50 {ROW_UUID} {number} 7 0 -inf")


def test_a_bad_state_is_told_at_the_day_that_made_it(project: Project) -> None:
    write_rows(project, [{**ROW, "at": f"2024-03-0{day}T10:00:00Z"} for day in (1, 2, 3)])
    script = "return {row = function(r, state) state.n = 1.5 end}"
    lua(project, script, {"t": "text"}, {"n": "int64"})
    said = project.run("run", code=1).stderr
    assert "day 2024-03-01" in said and "n: 1.5 is not a whole number" in said


def test_times_beyond_2255(project: Project) -> None:
    """9999-12-31 is how many write that something has no end."""
    columns = {"who": "text", "at": "timestamp", "valid_to": "timestamp"}
    row = {"who": "a", "at": "2024-03-01T00:00:00Z", "valid_to": "9999-12-31T23:59:59Z"}
    script = """return {row = function(r, state)
      state.valid_to = r.valid_to
      return {t = time_text(state.valid_to), valid_to = r.valid_to}
    end}"""
    write_rows(project, [row])
    output = {"t": "text", "valid_to": "timestamp"}
    lua(project, script, output, {"valid_to": "timestamp"}, columns=columns)
    project.record()
    assert project.rows("SELECT t, valid_to FROM out") == [
        ("9999-12-31T23:59:59Z", 253402300799000000)
    ]
    write_rows(project, [{**row, "who": "b", "valid_to": "9999-12-31T23:59:59.999999Z"}])
    said = project.run("run", "--new", code=1).stderr
    assert "9999-12-31T23:59:59.999999Z has more digits than a number holds" in said


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("decimal('1e-3')", "0.001"),
        ("decimal('0.125e2')", "12.5"),
        ("decimal('1.5e3')", "1500"),
        ("decimal('1' .. ('0'):rep(37)) > decimal(('9'):rep(37) .. '.9')", "true"),
        ("decimal('1' .. ('0'):rep(37)) == decimal(('9'):rep(37) .. '.9')", "false"),
        ("decimal(('9'):rep(37) .. '.9') < decimal('1' .. ('0'):rep(37))", "true"),
        ("decimal('-1' .. ('0'):rep(37)) < decimal('-' .. ('9'):rep(37) .. '.9')", "true"),
    ],
)
def test_decimals_at_their_limits(project: Project, expression: str, expected: str) -> None:
    write_rows(project, [ROW])
    script = f"return {{row = function(r) return {{t = tostring({expression})}} end}}"
    lua(project, script, {"t": "text"})
    project.record()
    assert project.rows("SELECT t FROM out") == [(expected,)]


def test_a_script_that_never_returns_is_ended_by_a_third_interrupt(project: Project) -> None:
    write_rows(project, [ROW])
    script = "return {row = function() print('in') while true do end end}"
    lua(project, script, {"i": "int32"})
    process = subprocess.Popen(
        [project.binary, "run"], cwd=project.directory, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr.readline() == "in\n"
        for _ in range(600):  # signals that come together count as one
            process.send_signal(signal.SIGINT)
            try:
                assert process.wait(timeout=0.1) == 130
                return
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError("the script still runs")
    finally:
        process.kill()
        process.communicate()
