# SPDX-License-Identifier: Apache-2.0
"""`tidemill init` over sample files: what it writes runs as it is, and loads what a plain reading of
the files gives; every kind of value gets the type that holds it."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from project import Project

TYPES = {
    "orderId": "text",
    "customer.id": "text",
    "customer.VIP": "bool",
    "amount": "double",
    "qty": "int64",
    "created_at": "timestamp",
    "local": "{type: timestamp, zone: UTC}",
    "day": "date",
    "ts": "{type: timestamp, format: epoch_millis}",
    "zip": "text",
    "nothing": "text",
    "mixed": "text",
    "big": "text",
    "tags": "{type: text, array: json}",
    "lines": "json",
}


def order(day: int, i: int) -> dict:
    return {
        "orderId": f"{day}-{i}",
        "customer": {"id": f"c{i % 7}", "VIP": i % 2 == 0},
        "amount": i * 1.5,
        "qty": i,
        "created_at": f"2024-03-{day:02d}T10:00:{i:02d}+01:00",
        "local": f"2024-03-{day:02d} 10:00:{i:02d}",
        "day": f"2024-03-{day:02d}",
        "ts": 1709287200000 + i,
        "zip": "01234",
        "nothing": None,
        "mixed": i if i % 2 else "t",
        "big": 12345678901234567890123,
        "tags": ["a", "b"] if i % 3 == 0 else "z",
        "lines": [{"sku": "x", "n": 1}],
    }


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    for day in (1, 2, 3):
        lines = "".join(json.dumps(order(day, i)) + "\n" for i in range(50))
        name = f"in/orders-2024-03-{day:02d}.ndjson"
        if day == 2:
            made.write(name + ".gz", gzip.compress(lines.encode()))
        else:
            made.write(name, lines)
    made.write("in/orders_archive.ndjson", json.dumps(order(4, 1)) + "\n")
    hits = [{"_index": "x", "_id": f"h{i}", "_source": {"n": i}} for i in range(9)]
    made.write("in/hits.jsonl", "".join(json.dumps(hit) + "\n" for hit in hits))
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["id", "Full Name", "code", "amount", "born", "active", "note"])
    for i in range(30):
        note = "" if i % 3 else "x,\ny"
        active = "true" if i % 2 else "false"
        writer.writerow(
            [i, f"N {i}", f"00{i}", f"{i}.25", f"1990-01-{i % 28 + 1:02d}", active, note]
        )
    made.write("in/people.csv", table.getvalue())
    return made


def init(project: Project, *arguments: str) -> list[str]:
    project.run("init", *arguments)
    return (project.directory / "tidemill.yaml").read_text().splitlines()


def type_of(lines: list[str], pipeline: str, column: str) -> str:
    begin = lines.index(f"  {pipeline}:")
    for line in lines[begin:]:
        if line.startswith(f"      {column}: "):
            return line.split(": ", 1)[1].split("  #")[0].strip()
    raise AssertionError(column)


def test_what_init_writes_loads_what_a_plain_reading_gives(project):
    said = project.run("init", "--files", "in/*", "--sqlite", "out.sqlite").stdout
    assert "4 pipelines" in said and "next      tidemill check" in said
    project.run("check")
    project.run("run")
    rows = project.rows("select order_id, customer_id, qty, amount, day from orders order by 1")
    orders = [order(day, i) for day in (1, 2, 3) for i in range(50)]
    plain = [(o["orderId"], o["customer"]["id"], o["qty"], o["amount"]) for o in orders]
    assert [row[:4] for row in rows] == sorted(plain)
    assert project.rows("select count(*) from orders_archive") == [(1,)]
    assert project.rows("select n from hits order by 1") == [(i,) for i in range(9)]
    assert project.rows("select count(*), count(note), sum(amount) from people") == [
        (30, 10, sum(i + 0.25 for i in range(30)))
    ]
    # A file of another day is found; those that are known are not read again.
    project.write("in/orders-2024-03-09.ndjson", json.dumps(order(9, 1)) + "\n")
    project.run("run", "--quiet")
    assert project.rows("select count(*) from orders") == [(151,)]
    assert project.rows("select count(*) from people") == [(30,)]


def test_each_value_gets_the_type_that_holds_it(project):
    lines = init(project, "--files", "in/*")
    for path, expected in TYPES.items():
        column = {"orderId": "order_id"}.get(path, path.replace(".", "_").lower())
        found = type_of(lines, "orders", column)
        if column != path:
            found = found.replace(f', from: "{path}"', "").replace(f", from: {path}", "")
            found = found.removeprefix("{type: ").removesuffix("}")
        assert found == expected, path
    assert type_of(lines, "people", "id") == "int64"
    assert type_of(lines, "people", "code") == "text"  # leading zeros
    assert type_of(lines, "people", "amount") == "double"
    assert type_of(lines, "people", "born") == "date"
    assert type_of(lines, "people", "active") == "bool"
    assert type_of(lines, "people", "full_name") == '{type: text, from: "Full Name"}'
    text = "\n".join(lines)
    assert "# time: created_at is the best candidate (in 150 of 150, 150 distinct" in text
    assert "# key: order_id is the best candidate (in 150 of 150, 150 distinct)" in text
    assert "# series: customer_id is the best candidate (in 150 of 150, 7 distinct)" in text
    assert "# in 10 of 30, 1 distinct" in text


def test_it_overwrites_nothing_unless_told(project):
    init(project, "--files", "in/*")
    before = (project.directory / "tidemill.yaml").read_text()
    said = project.run("init", "--files", "in/people.csv", code=2).stderr
    assert "--force" in said
    assert (project.directory / "tidemill.yaml").read_text() == before
    printed = project.run("init", "--files", "in/people.csv", "--output", "-").stdout
    assert "people:" in printed and "orders" not in printed
    project.run("init", "--files", "in/people.csv", "--force")
    assert (project.directory / "tidemill.yaml").read_text() == printed


def test_paths_start_from_where_the_project_file_will_lie(project):
    (project.directory / "sub").mkdir()
    project.run("init", "--files", "../in/people.csv", "-f", "sub/p.yaml", "--csv", "out")
    project.run("run", "-f", "sub/p.yaml", "--quiet")
    assert len(list((project.directory / "sub/out/people").glob("*.csv"))) == 1


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ([], "what is there to read?"),
        (["--files", "none*"], "no file matches none*"),
        (["--index", "x"], "--index needs --elasticsearch"),
        (["--elasticsearch", "http://x"], "needs --index"),
        (["--files", "in/*", "--csv", "a", "--sqlite", "b"], "rows go to one place"),
        (["--files", "in/*", "--sample", "0"], "from 1 to 10000"),
        (["--files", "a", "b"], "in quotes"),
    ],
)
def test_what_can_not_be_is_said(project, arguments, hint):
    assert hint in project.run("init", *arguments, code=2).stderr
    assert not (project.directory / "tidemill.yaml").exists()
