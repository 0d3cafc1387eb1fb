# SPDX-License-Identifier: Apache-2.0
"""The Elasticsearch source reads what a plain client reads, from each product, and leaves nothing
open behind."""

import json
import os
import random
import subprocess
import threading
import time
from pathlib import Path

import pytest
import servers

ROOT = Path(__file__).resolve().parents[2]
SERVERS = ("elasticsearch_8", "elasticsearch_7", "opensearch_2")
# What is different in them is read from the oldest and the newest as well.
EVERY = pytest.mark.parametrize(
    "server", (*SERVERS, "elasticsearch_6", "opensearch_3"), indirect=True
)
SECONDS_MAX = 120
COLUMNS = (
    "id:text:_id",
    "index:text:_index",
    "seq_no:int64:_seq_no",
    "customer:text:customer.id",
    "amount:double:amount",
    "note:text:note",
)
PROPERTIES = {
    "customer": {"properties": {"id": {"type": "keyword"}}},
    "amount": {"type": "double"},
    "channel": {"type": "keyword"},
}


def driver() -> Path:
    default = ROOT / "build" / "test" / "tests/unit/source/elasticsearch/read_elasticsearch"
    return Path(os.environ.get("READ_ELASTICSEARCH", default))


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest):
    return request.getfixturevalue(request.param)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A prefix of index names that no other test has."""
    return f"es-{abs(hash(request.node.nodeid)):x}"


class Driver:
    def __init__(self, url: str, indices: str, *options: object, columns: tuple = COLUMNS):
        command = [driver(), "--url", url, "--index", indices, "--threads", "3"]
        for column in columns:
            command += ["--column", column]
        self.process = subprocess.Popen(
            [*command, *map(str, options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, line: str, times: int = 1) -> None:
        for said in self.process.stderr:
            if said.strip() == line:
                times -= 1
                if times == 0:
                    return
        raise AssertionError(f"the driver never said {line}")

    def finish(self, said: str = "") -> "Driver":
        out, self.errors = self.process.communicate(said, timeout=SECONDS_MAX)
        assert "Sanitizer" not in self.errors, self.errors
        self.code = self.process.returncode
        self.output = out
        return self

    def rows(self) -> list[tuple]:
        assert self.code == 0, self.errors
        rows = [json.loads(line) for line in self.output.splitlines()]
        return sorted(
            (r["index"], r["id"], r["seq_no"], r["customer"], r["amount"], r["note"]) for r in rows
        )

    def summary(self) -> dict:
        line = next(x for x in self.errors.splitlines() if x.startswith("summary: "))
        return json.loads(line.removeprefix("summary: "))


def plain_read(server, indices: str, query: dict | None = None) -> list[tuple]:
    """By from and size, which the index's small size allows: no scroll, no slices, no PIT."""
    body = {"size": 10000, "seq_no_primary_term": True, "query": query or {"match_all": {}}}
    hits = server.request("POST", f"/{indices}/_search", body)["hits"]
    total = hits["total"]
    assert (total if isinstance(total, int) else total["value"]) == len(hits["hits"])
    return sorted(
        (
            hit["_index"],
            hit["_id"],
            hit["_seq_no"],
            hit["_source"].get("customer", {}).get("id"),
            hit["_source"].get("amount"),
            hit["_source"].get("note"),
        )
        for hit in hits["hits"]
    )


def random_documents(seed: int, count: int):
    choose = random.Random(seed)
    print("seed", seed)
    for number in range(count):
        document = {"amount": choose.randrange(10**6) / 64, "channel": choose.choice("abc")}
        if choose.random() < 0.9:
            document["customer"] = {"id": f"c{choose.randrange(500)}"}
        if choose.random() < 0.8:
            document["note"] = "".join(choose.choice('aé\\"\n😀]}') for _ in range(number % 40))
        # Some keys that look like the search answer's own.
        if choose.random() < 0.3:
            document |= {"sort": [choose.randrange(9)], "_scroll_id": "x", "hits": {"total": 3}}
        yield (None if choose.random() < 0.2 else f"d/{number} é"), document


def open_contexts(server) -> int:
    path = "/_nodes/stats/indices/search?filter_path=nodes.*.indices.search.open_contexts"
    nodes = server.request("GET", path)["nodes"].values()
    return sum(node["indices"]["search"]["open_contexts"] for node in nodes)


def expect_nothing_open(server) -> None:
    """A context in use when it is closed goes when its search has ended: that takes a moment."""
    deadline = time.monotonic() + 10
    while open_contexts(server) > 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert open_contexts(server) == 0


@pytest.mark.parametrize(
    ("server", "shards"),
    [*((server, 4) for server in EVERY.args[1]), *((server, 1) for server in SERVERS)],
    indirect=["server"],
)
def test_equals_a_plain_read(server, name, shards):
    server.create_index(name, PROPERTIES, shards=shards)
    server.load(name, random_documents(random.randrange(10**9), 4000))
    expected = plain_read(server, name)
    assert len(expected) == 4000
    for options in (
        (),
        ("--page-size", 7),
        ("--page-size", 1000, "--slices", 1),
        ("--page-size", 333, "--slices", 3),
        ("--page-size", 100, "--slices", 9),
        ("--pit",),
        ("--pit", "--page-size", 50),
        ("--pit", "--page-size", 97, "--slices", 13),
        ("--compressed",),
    ):
        slices = options[options.index("--slices") + 1] if "--slices" in options else 1
        if not server.has_pit and ("--pit" in options or slices > shards):
            continue
        result = Driver(server.url, name, *options).finish()
        assert result.rows() == expected, options
        assert result.summary()["attempts"] == result.summary()["splits"]
    expect_nothing_open(server)
    server.request("DELETE", f"/{name}")


@EVERY
def test_patterns_lists_and_exclusions(server, name):
    for part in ("a", "b", "c"):
        server.create_index(f"{name}-{part}", PROPERTIES, shards=2)
        server.load(f"{name}-{part}", random_documents(ord(part), 100))
    server.create_index(f"{name}-empty", PROPERTIES)
    for indices in (f"{name}-*", f"{name}-a,{name}-c", f"{name}-*,-{name}-b", f"{name}-empty"):
        result = Driver(server.url, indices).finish()
        assert result.rows() == plain_read(server, indices)
    assert Driver(server.url, f"{name}-*").finish().summary()["members"] == 4
    server.request("DELETE", f"/{name}-a,{name}-b,{name}-c,{name}-empty")


@EVERY
def test_a_query_and_filters_of_aliases(server, name):
    server.create_index(name, PROPERTIES)
    server.create_index(f"{name}-2", PROPERTIES, shards=1)
    server.load(name, random_documents(1, 1000))
    server.load(f"{name}-2", random_documents(2, 300))
    term = {channel: {"term": {"channel": channel}} for channel in "abc"}
    aliases = {"filter-a": {"filter": term["a"]}, "filter-b": {"filter": term["b"]}, "all": {}}
    aliases |= {"routed": {"filter": term["a"], "search_routing": "x,y"}}
    actions = [
        {"add": {"index": f"{name}*", "alias": f"{alias}-{name}"} | facts}
        for alias, facts in aliases.items()
    ]
    server.request("POST", "/_aliases", {"actions": actions})
    for indices in (
        f"filter-a-{name}",
        f"filter-a-{name},filter-b-{name}",
        f"filter-a-{name},all-{name}",
        f"filter-a-{name},{name}",
        f"filter-*-{name}",
        f"routed-{name}",
        f"routed-{name},filter-b-{name}",
    ):
        for query in (None, {"range": {"amount": {"gte": 5000}}}):
            options = ("--query", json.dumps(query)) if query else ()
            expected = plain_read(server, indices, query)
            assert 0 < len(expected) < 1300 or "all" in indices
            assert Driver(server.url, indices, *options).finish().rows() == expected, indices
    expect_nothing_open(server)
    server.request("DELETE", f"/{name},{name}-2")


def test_pit_through_a_filtered_alias(server, name):
    server.create_index(name, PROPERTIES)
    server.load(name, random_documents(3, 1000))
    add = {"index": name, "alias": f"a-{name}", "filter": {"term": {"channel": "a"}}}
    server.request("POST", "/_aliases", {"actions": [{"add": add}]})
    result = Driver(server.url, f"a-{name}", "--pit", "--page-size", 20).finish()
    assert result.rows() == plain_read(server, f"a-{name}")
    expect_nothing_open(server)
    server.request("DELETE", f"/{name}")


@EVERY
def test_what_can_not_be_read_is_named(server, name):
    server.create_index(f"{name}-open", PROPERTIES)
    server.create_index(f"{name}-shut", PROPERTIES)
    server.request("POST", f"/{name}-shut/_close")
    no_source = {"mappings": {"_source": {"enabled": False}}}
    server.request("PUT", f"/{name}x-blind{server.create_parameters}", no_source)
    for indices, words, number in (
        (f"{name}-shut", f"index `{name}-shut` is closed", "E1011"),
        (f"{name}-*", f"index `{name}-shut` is closed", "E1011"),
        (f"{name}-opem", f"did you mean `{name}-open`?", "E1011"),
        (f"{name}-open,{name}-opem", f"did you mean `{name}-open`?", "E1011"),
        (f"{name}-open,nothing-like-it-*", "data stream matches `nothing-like-it-*`", "E1011"),
        (f"{name}x-blind", "does not keep the documents", "E1012"),
    ):
        result = Driver(server.url, indices).finish()
        assert result.code == 1
        assert "failed: bad_config" in result.errors
        assert words in result.errors
        assert f"[{number}]" in result.errors
        assert server.url in result.errors
    unknown = Driver(server.url, f"{name}-open", "--query", '{"trem": {}}').finish()
    assert unknown.code == 1
    assert "trem" in unknown.errors and "[E4007]" in unknown.errors
    nested = Driver(server.url, f"{name}-open", "--query", '{"query": {"match_all": {}}}').finish()
    assert nested.code == 1
    assert "has a `query` inside" in nested.errors and "[E1013]" in nested.errors
    expect_nothing_open(server)
    server.request("DELETE", f"/{name}-open,{name}-shut,{name}x-blind")


@EVERY
@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"_source": {"excludes": ["amount"]}}, "does not keep `amount`"),
        ({"_source": {"excludes": ["cust*"]}}, "does not keep `customer.id`"),
        ({"_source": {"excludes": ["customer"]}}, "does not keep `customer.id`"),
        ({"_source": {"includes": ["amount", "customer.name"]}}, "does not keep `customer.id`"),
        ({"_source": {"includes": ["customer", "am*", "note"]}}, None),
        ({"_source": {"excludes": ["channel", "customer.id.x", "amounts"]}}, None),
        ({"properties": {"amount": {"type": "alias", "path": "paid"}}}, None),
        (
            {
                "_source": {"excludes": ["paid"]},
                "properties": {"amount": {"type": "alias", "path": "paid"}},
            },
            "does not keep `paid`",
        ),
        (
            {"properties": {"other": {"type": "keyword", "copy_to": ["x", "note"]}}},
            "the field `note` gets values by copy_to, which no document holds: from other",
        ),
    ],
)
def test_a_column_that_documents_do_not_hold_is_named(server, name, mapping, said):
    """It would be null in every row: what _source leaves out, and what only the index holds."""
    paid = {"properties": {"paid": {"type": "double"}, **mapping.get("properties", {})}}
    body = {"mappings": {**mapping, **paid}}
    server.request("PUT", f"/{name}{server.create_parameters}", body)
    result = Driver(server.url, name).finish()
    if said is None:
        assert result.code == 0, result.errors
    else:
        assert result.code == 1
        assert "failed: bad_config" in result.errors
        assert said in result.errors and f"index `{name}`" in result.errors
    server.request("DELETE", f"/{name}")


@pytest.mark.parametrize(
    ("field", "column", "said"),
    [
        (
            {"type": "text", "fields": {"low": {"type": "keyword", "normalizer": "lowercase"}}},
            "n:text:note.low",
            "the field `note.low` is changed by the server: it has the normalizer lowercase; take "
            "the field above it",
        ),
        (
            {
                "type": "text",
                "fields": {"count": {"type": "token_count", "analyzer": "standard"}},
            },
            "n:int64:note.count",
            "the field `note.count` is computed by the server: it is a token_count",
        ),
        (
            {"type": "date", "format": "EEE, d MMM yyyy"},
            "n:timestamp:note",
            "the field `note` has a date format that is not known here: EEE, d MMM yyyy; give the "
            "column a `format` of its own",
        ),
        (
            {"type": "keyword", "null_value": "none"},
            "n:int64:note",
            "has a null_value that does not fit the column: `none` is not of type int64",
        ),
    ],
)
def test_a_field_that_only_the_server_can_type_is_named(server, name, field, column, said):
    try:
        server.request("PUT", f"/{name}", {"mappings": {"properties": {"note": field}}})
    except servers.ServerError as error:
        assert "token_count" in str(error)  # a module that not every build has
        return
    result = Driver(server.url, name, columns=(column,)).finish()
    assert result.code == 1
    assert "failed: bad_config" in result.errors
    assert said in result.errors and f"index `{name}`" in result.errors
    server.request("DELETE", f"/{name}")


def test_daily_indices_are_read_by_their_own_mappings(server, name):
    """What one index has as a sub-field and another lacks is named; all else is null or typed."""
    sub = {"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 3}}}
    days = {
        "1": {"note": sub, "amount": {"type": "long"}},
        "2": {"note": sub, "amount": {"type": "double"}, "extra": {"type": "keyword"}},
        "3": {"other": {"type": "keyword"}},
    }
    notes = [("1", {"note": "abc", "amount": 12.7}), ("2", {"note": "abcd"})]
    for day, properties in days.items():
        server.create_index(f"{name}-{day}", properties, shards=1)
        server.load(f"{name}-{day}", notes if "note" in properties else [("1", {"other": "x"})])
    columns = ("note:text:note.raw", "amount:double:amount", "extra:text:extra")
    rows = Driver(server.url, f"{name}-*", columns=columns).finish()
    assert rows.code == 0, rows.errors
    read = [json.loads(line) for line in rows.output.splitlines()]
    assert sorted((str(r["note"]), r["amount"], r["extra"]) for r in read) == [
        ("None", None, None),
        ("None", None, None),
        ("None", None, None),
        ("abc", 12.0, None),
        ("abc", 12.7, None),
    ]
    server.create_index(f"{name}-4", {"note": {"type": "text"}}, shards=1)
    lacks = Driver(server.url, f"{name}-*", columns=columns).finish()
    assert lacks.code == 1
    assert f"but index `{name}-4` has only the field above it" in lacks.errors
    server.request("DELETE", f"/{name}-1,{name}-2,{name}-3,{name}-4")


def test_a_server_without_points_in_time_says_so(elasticsearch_6, name):
    elasticsearch_6.create_index(name, PROPERTIES, shards=2)
    for options, why in ((("--pit",), "snapshot: pit"), (("--slices", 5), "more slices than")):
        result = Driver(elasticsearch_6.url, name, *options).finish()
        assert result.code == 1
        assert "failed: bad_config" in result.errors
        assert f"index `{name}`: {why}" in result.errors
        assert "which Elasticsearch 6.8.23 does not have; use snapshot: scroll" in result.errors
        assert "[E1014]" in result.errors
    elasticsearch_6.request("DELETE", f"/{name}")


@pytest.mark.parametrize(
    ("server", "how"),
    [
        *((server, "scroll") for server in EVERY.args[1]),
        *((server, "pit") for server in EVERY.args[1] if server != "elasticsearch_6"),
    ],
    indirect=["server"],
)
def test_a_context_that_is_lost_in_the_middle(server, name, how):
    server.create_index(name, PROPERTIES)
    server.load(name, random_documents(4, 3000))
    options = ["--page-size", 100, "--pause-after", 2, *(["--pit"] if how == "pit" else [])]
    reading = Driver(server.url, name, *options)
    reading.wait_for("paused", times=3)
    if how == "scroll":
        server.request("DELETE", "/_search/scroll/_all")
    elif server.product == "opensearch":
        server.request("DELETE", "/_search/point_in_time/_all")
    else:
        # There is no call that closes all of them: a closed index loses its contexts.
        server.request("POST", f"/{name}/_close")
        server.request("POST", f"/{name}/_open")
        server.request("GET", f"/_cluster/health/{name}?wait_for_status=green")
    result = reading.finish("go\n" * 16)
    assert result.rows() == plain_read(server, name)
    assert result.summary()["discarded"] > 0
    assert result.summary()["attempts"] > result.summary()["splits"]
    expect_nothing_open(server)
    server.request("DELETE", f"/{name}")


@pytest.mark.parametrize("how", [(), ("--pit",)])
def test_a_snapshot_does_not_move_while_documents_come_and_go(server, name, how):
    server.create_index(name, PROPERTIES, shards=2)
    server.load(name, random_documents(5, 2000))
    before = plain_read(server, name)
    reading = Driver(server.url, name, "--page-size", 100, "--pause-after", 1, *how)
    reading.wait_for("paused", times=2)
    server.load(name, random_documents(6, 500))
    query = {"query": {"term": {"channel": "b"}}}
    doomed = server.request("POST", f"/{name}/_search", {"size": 1000, **query})["hits"]["hits"]
    lines = [json.dumps({"delete": {"_id": hit["_id"]}}) for hit in doomed]
    server.request("POST", f"/{name}/_bulk?refresh=true", "\n".join([*lines, ""]))
    result = reading.finish("go\n" * 16)
    assert result.rows() == before
    expect_nothing_open(server)
    server.request("DELETE", f"/{name}")


@pytest.mark.parametrize("how", [(), ("--pit",)])
def test_nothing_stays_open_after_a_cancel(server, name, how):
    server.create_index(name, PROPERTIES)
    server.load(name, random_documents(7, 3000))
    for rows in (1, 100, 1500):
        result = Driver(server.url, name, "--page-size", 50, "--cancel-after", rows, *how).finish()
        assert result.code == 1
        assert "failed: cancelled" in result.errors
        expect_nothing_open(server)
    server.request("DELETE", f"/{name}")


@EVERY
def test_an_index_that_is_deleted_in_the_middle_is_an_error(server, name):
    server.create_index(name, PROPERTIES, shards=2)
    server.load(name, random_documents(8, 2000))
    reading = Driver(server.url, name, "--page-size", 100, "--pause-after", 1)
    reading.wait_for("paused", times=2)
    server.request("DELETE", f"/{name}")
    result = reading.finish("go\n" * 16)
    assert result.code == 1
    assert result.output == ""
    assert name in result.errors
    expect_nothing_open(server)


def test_many_threads_share_a_source(server, name):
    server.create_index(name, PROPERTIES, shards=8)
    server.load(name, random_documents(9, 4000))
    expected = plain_read(server, name)
    outcomes = []

    def run() -> None:
        result = Driver(server.url, name, "--pit", "--slices", 32, "--threads", 8).finish()
        outcomes.append(result.rows() == expected)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True, True, True]
    expect_nothing_open(server)
    server.request("DELETE", f"/{name}")


@EVERY
def test_check_knows_the_server_and_its_fields(server, name):
    server.create_index(name, PROPERTIES)
    columns = ("c:text:customer.id", "x:int64:customer.di", "n:double:channel")
    result = Driver(server.url, name, "--check", columns=columns).finish()
    assert result.code == 0
    product = "OpenSearch" if server.product == "opensearch" else "Elasticsearch"
    assert result.output.splitlines() == [
        f"{product} {server.version}, 1 index, about 0 documents",
        "column x: no index maps a field `customer.di`; did you mean `customer.id`?",
        "column n is double, but `channel` is mapped as keyword",
    ]
    result = Driver(server.url, name, "--check", "--query", '{"trem": {"a": 1}}').finish()
    assert result.code == 1
    assert "failed: bad_config" in result.errors
    assert "trem" in result.errors
    result = Driver(server.url, name, "--check", "--query", '{"term": {"channel": "a"}}').finish()
    assert result.code == 0, result.errors
    fields = Driver(server.url, name, "--fields").finish().output.splitlines()
    assert fields == ["amount double", "channel keyword", "customer object", "customer.id keyword"]
    server.request("DELETE", f"/{name}")
