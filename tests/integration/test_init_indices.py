# SPDX-License-Identifier: Apache-2.0
"""`tidemill init` over a real server with indices whose mappings nobody remembers: the file that it
writes passes `check`, runs as it is, and loads as many rows as the server counts, index by index."""

import json
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import servers
from project import Project

# The newest Elasticsearch, and the servers that are farthest from it.
EVERY = pytest.mark.parametrize(
    "server", ["elasticsearch_8", "elasticsearch_6", "opensearch_3"], indirect=True
)
DAY = {"properties": {"ts": {"type": "date"}, "customer": {"type": "keyword"}}}
LONG_NAME = "a_rather_long_name_of_a_field_that_somebody_thought_to_be_a_good_idea_once"


def day(i: int) -> dict:
    return {"ts": f"2026-11-{1 + i % 28:02d}T10:00:00Z", "customer": f"c{i % 5}", "n": i}


# Name -> mappings, documents.
INDICES = {
    "promo-uses-2026.11.01": (DAY, [day(i) for i in range(40)]),
    "promo-uses-2026.11.02": (DAY, [day(i) for i in range(41)]),
    "promo-uses-2026.11.03": (DAY, []),
    "promo-uses-archive": (DAY, [day(i) for i in range(7)]),
    "promo-uses": (DAY, [day(i) for i in range(5)]),
    "rolled-000001": (DAY, [day(i) for i in range(9)]),
    "rolled-000002": (DAY, [day(i) for i in range(3)]),
    "shop-7": (DAY, [day(1)]),
    "mixed-2024-01": ({"properties": {"v": {"type": "long"}}}, [{"v": 5}]),
    "mixed-2024-02": ({"properties": {"v": {"type": "keyword"}}}, [{"v": "five"}]),
    "empty": (DAY, []),
    "unmapped": ({}, []),
    "sourceless": ({"_source": {"enabled": False}, **DAY}, [day(1)]),
    "excluding": (
        {"_source": {"excludes": ["secret"]}, "properties": {"secret": {"type": "keyword"}}},
        [{"secret": "x", "shown": 1}],
    ),
    "aliased": (
        {
            "properties": {
                "host": {"type": "keyword", "copy_to": "everything"},
                "everything": {"type": "text"},
                "server": {"type": "alias", "path": "host"},
            }
        },
        [{"host": "a"}, {"host": "b"}],
    ),
    "dates": (
        {
            "properties": {
                "plain": {"type": "date"},
                "seconds": {"type": "date", "format": "epoch_second"},
                "slashes": {"type": "date", "format": "yyyy/MM/dd||yyyy/MM/dd HH:mm:ss"},
                "basic": {"type": "date", "format": "basic_date"},
                "fine": {"type": "date_nanos"},
                "strange": {"type": "date", "format": "week_date"},
            }
        },
        [
            {
                "plain": 1700000000000,
                "seconds": 1700000000,
                "slashes": "2024/03/31",
                "basic": "20240331",
                "fine": "2024-03-31T10:00:00.123456789Z",
                "strange": "2024-W13-7",
            },
            {"plain": "2024-03-31", "slashes": "2024/03/31 10:11:12", "fine": None},
        ],
    ),
    "numbers": (
        {
            "properties": {
                "huge": {"type": "double"},
                "scaled": {"type": "float"},
                "half": {"type": "half_float"},
                "tiny": {"type": "byte"},
                "flag": {"type": "boolean"},
                "count": {"type": "long"},
            }
        },
        [
            {"huge": 18446744073709551616, "scaled": 1.25, "half": 0.5, "tiny": -7},
            {"flag": True, "count": 9007199254740993},
            {"flag": False, "count": None},
        ],
    ),
    "malformed": (
        {"properties": {"n": {"type": "long", "ignore_malformed": True}}},
        [{"n": 1}, {"n": "no number"}],
    ),
    "special": (
        {
            "properties": {
                "point": {"type": "geo_point"},
                "address": {"type": "ip"},
                "span": {"type": "integer_range"},
                "flat": {"type": "flattened"},
                "blob": {"type": "binary"},
            }
        },
        [
            {
                "point": {"lat": 52.2, "lon": 21.0},
                "address": "10.0.0.1",
                "span": {"gte": 1, "lt": 5},
                "flat": {"a": {"b": "c"}},
                "blob": "aGVsbG8=",
            },
            {"point": "41.12,-71.34"},
            {"point": [21.0, 52.2]},
        ],
    ),
    "nested": (
        {
            "properties": {
                "lines": {"type": "nested", "properties": {"sku": {"type": "keyword"}}},
                "items": {"properties": {"sku": {"type": "keyword"}}},
                "payment": {"properties": {"amount": {"type": "double"}}},
            }
        },
        [
            {"lines": [{"sku": "a"}, {"sku": "b"}], "items": [{"sku": "a"}, {"sku": "b"}]},
            {"payment": {"amount": 1.5}, "lines": {"sku": "c"}},
            {"payment.amount": 2.5},
        ],
    ),
    "lists": (
        {"properties": {"tag": {"type": "keyword"}, "sizes": {"type": "integer"}}},
        [{"tag": "a", "sizes": 1}, {"tag": ["b", "c"], "sizes": [2, 3]}, {"tag": [], "sizes": []}],
    ),
    "dynamic-off": (
        {"dynamic": False, "properties": {"raw": {"type": "object", "enabled": False}}},
        [{"free": 3, "raw": {"any": ["thing", 1]}}, {"free": 4, "raw": "text"}],
    ),
    "fields": (
        {
            "properties": {
                "title": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
                "state": {"type": "keyword", "null_value": "none"},
            }
        },
        [{"title": "A", "state": None}, {"title": "B"}],
    ),
    "names": (
        {},
        [
            {
                "User ID": 1,
                "userId": "2",
                "user_id": True,
                "żółw": "z",
                LONG_NAME: 1,
                LONG_NAME + "_again": 2,
                "1st": "x",
                "select": "s",
                "n": None,
                "document_id": "mine",
                "a": {"b": 1},
                "a_b": 2,
            }
        ],
    ),
    "wide": ({}, [{f"field{i:03d}": i for i in range(300)}]),
    "Upper_2026".lower(): (DAY, [day(3)]),
}
LEFT_OUT = {"sourceless"}
# Pipeline -> its indices.
FAMILIES = {
    "promo_uses_2": ["promo-uses-2026.11.01", "promo-uses-2026.11.02", "promo-uses-2026.11.03"],
    "rolled": ["rolled-000001", "rolled-000002"],
    "mixed": ["mixed-2024-01", "mixed-2024-02"],
    "upper": ["upper_2026"],
    "promo_uses": ["promo-uses"],
}


def ask(url: str, path: str, body: object) -> dict:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def as_known(server: servers.SearchServer, mappings: dict) -> dict:
    """Elasticsearch 6 has no dates of nanoseconds; a key of many names is called `flat_object` by
    one product, and is a plain object where the build has none."""
    if server.name == "elasticsearch_6":
        flattened = "object"
    else:
        flattened = "flat_object" if server.product == "opensearch" else "flattened"
    text = json.dumps(mappings).replace('"flattened"', f'"{flattened}"')
    return json.loads(text.replace("date_nanos", "date") if flattened == "object" else text)


def load(server: servers.SearchServer, indices: dict[str, list[dict]]) -> None:
    lines = []
    for index, documents in indices.items():
        for i, document in enumerate(documents):
            action = {"_index": index, "_id": f"{index}/{i}"}
            if server.name == "elasticsearch_6":
                action["_type"] = "_doc"
            lines.append(json.dumps({"index": action}))
            text = json.dumps(document)
            if server.name == "elasticsearch_6":  # what a date holds of it, not more
                text = text.replace(".123456789Z", ".123Z")
            lines.append(text)
    answer = server.request("POST", "/_bulk?refresh=true", "\n".join(lines) + "\n")
    assert not answer["errors"], answer


@pytest.fixture(scope="module", params=["elasticsearch_8"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    found = request.getfixturevalue(request.param)
    for name, (mappings, _) in INDICES.items():
        body = {
            "settings": {"number_of_shards": 1, "number_of_replicas": 0},
            "mappings": as_known(found, mappings),
        }
        parameters = found.create_parameters or "?"
        found.request("PUT", f"/{name}{parameters}&wait_for_active_shards=0", body)
    load(found, {name: documents for name, (_, documents) in INDICES.items()})
    yield found.url
    found.request("DELETE", f"/{','.join(INDICES)}")


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def counts_of(url: str, pattern: str) -> dict[str, int]:
    """By index, as the server counts them."""
    body = {"size": 0, "aggs": {"by": {"terms": {"field": "_index", "size": 1000}}}}
    found = ask(url, f"/{pattern}/_search", body)["aggregations"]["by"]["buckets"]
    return {bucket["key"]: bucket["doc_count"] for bucket in found}


def pipelines_of(project: Project) -> list[str]:
    said = project.run("check", "--offline", "--json").stdout
    return [json.loads(line)["pipeline"] for line in said.splitlines()]


def counted(project: Project, table: str) -> int:
    with closing(sqlite3.connect(project.directory / "tidemill.sqlite")) as connection:
        exists = "select count(*) from sqlite_schema where name = ?"
        if connection.execute(exists, (table,)).fetchone()[0] == 0:
            return 0
        return connection.execute(f'select count(*) from "{table}"').fetchone()[0]


@EVERY
def test_what_init_writes_runs_as_it_is_and_loads_what_the_server_counts(project, server):
    # The server is shared with other tests, so not `*`.
    words = ",".join(sorted({name[:4] + "*" for name in INDICES}))
    said = project.run("init", "--elasticsearch", server, "--index", words, "--json").stdout
    told = json.loads(said)
    text = (project.directory / "tidemill.yaml").read_text()
    names = pipelines_of(project)
    expected = {name.replace("-", "_"): [name] for name in INDICES} | FAMILIES
    for members in FAMILIES.values():
        for member in members:
            alone = member.replace("-", "_")
            if alone in expected and alone not in FAMILIES:
                del expected[alone]
    for name in LEFT_OUT:
        del expected[name]
        assert f"left out: index {name} does not keep its documents" in text
    assert set(names) == set(expected), text
    assert told["pipelines"] == len(names)
    project.run("check")
    result = project.run("run", "--jobs", "4")
    counts = counts_of(server, "*")
    for name, members in expected.items():
        wanted = sum(counts.get(member, 0) for member in members)
        assert counted(project, name) == wanted, (name, result.stdout)
    # Again: replace gives the same.
    project.run("run", "--quiet")
    assert counted(project, "promo_uses_2") == 81


def columns_of(project: Project, pipeline: str) -> dict[str, str]:
    """Lines of the pipeline's columns by name, comments included."""
    lines = (project.directory / "tidemill.yaml").read_text().splitlines()
    begin = lines.index(f"  {pipeline}:")
    found = {}
    for line in lines[begin + 3 :]:
        if not line.startswith("      "):
            break
        name = line.strip().removeprefix("# ").split(":")[0].strip('"')
        found[name] = line.strip()
    return found


def init(project: Project, server: str, *patterns: str) -> str:
    arguments = [word for pattern in patterns for word in ("--index", pattern)]
    project.run("init", "--force", "--elasticsearch", server, *arguments)
    return (project.directory / "tidemill.yaml").read_text()


@EVERY
def test_columns_are_typed_by_the_mapping_and_explained(project, server, request):
    init(project, server, "dates,numbers,special,nested,lists,excluding,aliased,malformed,mixed-*")
    dates = columns_of(project, "dates")
    assert dates["seconds"].startswith(
        "seconds: {type: timestamp, format: epoch_second, zone: UTC}"
    )
    assert "zone: UTC" in dates["plain"]
    is_fine = "elasticsearch_6" not in request.node.name
    assert ("# date_nanos" in dates["fine"], "truncate: true" in dates["fine"]) == (is_fine,) * 2
    assert 'format: "yyyy/MM/dd||yyyy/MM/dd HH:mm:ss"' in dates["slashes"]
    assert dates["strange"].startswith("strange: text") and "week_date" not in dates["plain"]
    numbers = columns_of(project, "numbers")
    assert numbers["huge"].startswith("huge: double")
    assert numbers["tiny"].startswith("tiny: int32") and "in 1 of 3" in numbers["tiny"]
    assert columns_of(project, "special")["blob"].startswith("blob: bytes")
    nested = columns_of(project, "nested")
    assert nested["lines"].startswith("lines: json") and nested["items"].startswith("items: json")
    assert nested["payment_amount"].startswith("payment_amount: {type: double")
    assert "lines_sku" not in nested and "items_sku" not in nested
    lists = columns_of(project, "lists")
    assert "array: json" in lists["tag"] and lists["sizes"].startswith("sizes: json")
    excluding = columns_of(project, "excluding")
    assert excluding["secret"].startswith("# secret") and "excludes" in excluding["secret"]
    aliased = columns_of(project, "aliased")
    assert "an alias of `host`" in aliased["server"] and "copy_to" in aliased["everything"]
    assert "ignore_malformed" in columns_of(project, "malformed")["n"]
    mixed = columns_of(project, "mixed")["v"]
    assert (
        mixed.startswith("v: text") and "long in mixed-2024-01, keyword in mixed-2024-02" in mixed
    )


def test_families_have_patterns_that_take_no_other_indices(project, server):
    text = init(project, server, "promo-*")
    assert 'index: ["promo-uses-*", "-promo-uses-archive"]' in text
    assert "index: {connection" not in text
    assert "document_index: {type: text, from: _index}" in text
    assert "# time: ts is the best candidate (in 81 of 81" in text
    assert "# series: customer is the best candidate (in 81 of 81, 5 distinct)" in text


def test_words_that_are_taken_out_stay_out(project, server):
    text = init(project, server, "rolled-*,-rolled-000002")
    assert '"-rolled-000002"' in text
    project.run("run", "--quiet")
    assert counted(project, "rolled") == 9


def test_secrets_stay_in_the_environment(project, server, monkeypatch):
    monkeypatch.setenv("ES_PASSWORD", "hush")
    arguments = ["init", "--elasticsearch", server, "--index", "shop-7", "--user", "reader"]
    said = project.run(*arguments, "--password", "hush", code=2).stderr
    assert "name a variable" in said
    project.run(*arguments, "--password", "${ES_PASSWORD}")
    text = (project.directory / "tidemill.yaml").read_text()
    assert 'password: "${ES_PASSWORD}"' in text and "hush" not in text
    bad = server.replace("http://", "http://reader:hush@")
    assert "do not go into" in project.run("init", "--elasticsearch", bad, code=2).stderr


def test_what_is_not_there_is_an_error_that_names_it(project, server):
    result = project.run("init", "--elasticsearch", server, "--index", "promo-usse", code=2)
    assert "promo-usse" in result.stderr and not (project.directory / "tidemill.yaml").exists()
    result = project.run("init", "--elasticsearch", "http://127.0.0.1:1", "--index", "x", code=4)
    assert "127.0.0.1:1" in result.stderr
