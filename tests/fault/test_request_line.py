# SPDX-License-Identifier: Apache-2.0
"""A request goes out as it was asked for, whatever stands between; and an answer to a request whose
query string got lost on its way is never taken for the answer."""

import pytest
from fake_search import FakeSearch
from test_elasticsearch_faults import DOCUMENTS, PAGE, expect_failure, expect_whole, read

ONE_PAGE = len(DOCUMENTS)


@pytest.fixture
def server():
    with FakeSearch(DOCUMENTS) as fake:
        yield fake


@pytest.mark.parametrize("prefix", ["/search", "/two/parts", "/na%C3%AFve%20one"])
def test_a_url_with_a_path(server, prefix):
    server.prefix = prefix
    for end in ("", "/"):
        expect_whole(server, read(server, "--url", server.url + prefix + end))
    assert {r.target.partition("?")[0] for r in server.requests if r.kind == "open"} == {
        f"{prefix}/uses/_search"
    }


def test_a_path_that_no_url_may_have_as_it_is_is_encoded(server):
    server.prefix = "/na%c3%afve"
    expect_whole(server, read(server, "--url", f"{server.url}/naïve"))


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("path", ["", "/below"])
def test_a_proxy_of_the_environment_is_asked_for_the_whole_url(server, name, path, monkeypatch):
    for other in ("http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, server.url)
    server.prefix = path
    expect_whole(server, read(server, "--url", f"http://search.invalid:9200{path}"))
    begin = f"http://search.invalid:9200{path}/"
    assert all(r.target.startswith(begin) for r in server.requests)


def test_hosts_without_a_proxy_beside_others(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    expect_whole(server, read(server))


@pytest.mark.parametrize(
    ("kind", "page", "options"),
    [("search", ONE_PAGE, ()), ("open", PAGE, ()), ("pit_open", PAGE, ("--pit",))],
)
@pytest.mark.parametrize("opensearch", [False, True])
def test_a_query_string_that_gets_lost_makes_no_hole(kind, page, options, opensearch):
    """Without it a search is one of all shards, and opens no scroll."""
    with FakeSearch(DOCUMENTS, opensearch=opensearch) as server:
        server.forgets = lambda request: request.kind == kind and request.number == 2
        result = read(server, *options, page=page)
        if kind != "pit_open":
            expect_whole(server, result)
        server.forgets = lambda request: request.kind == kind
        result = read(server, *options, page=page)
        words = {"search": "shards were searched instead of", "pit_open": "keep_alive"}
        expect_failure(server, result, words.get(kind, "shards were searched"))
