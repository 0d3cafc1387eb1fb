# SPDX-License-Identifier: Apache-2.0
"""Indices that come and go around a run: missing, empty, closed, deleted at a moment that a proxy chooses,
created meanwhile. As the project file says, or an error that names the index, and nothing by halves."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from integration.project import Project
from wire_messages import Answer, Request
from wire_proxy import Proxy, Script

SERVERS = ("elasticsearch_8", "opensearch_2")
DOCUMENTS = 60  # of each index
PAGE = 20
BAD = 7
WRITTEN = "2024-05-01T10:00:00Z"
SNAPSHOTS = pytest.mark.parametrize("snapshot", ["scroll", "pit"])
MODES = pytest.mark.parametrize("mode", ["append", "merge"])
SINKS = {
    "append": {"mode": "append", "again": "append"},
    "merge": {"mode": "merge", "key": "id", "newest": "n"},
}


class Moment(Script):
    """Does something before the first request of some kind for an index, or its nth page."""

    def __init__(self, kinds: tuple[str, ...], number: int, act: Callable[[], None]) -> None:
        self.kinds, self.number, self.act = kinds, number, act
        self.done = False

    def before(self, _proxy: Proxy, request: Request) -> Answer | None:
        if not self.done and request.kind in self.kinds and request.number == self.number:
            self.done = True
            self.act()
        return None


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest):
    return request.getfixturevalue(request.param)


@pytest.fixture
def names(server) -> Iterator[list[str]]:
    """Two indices; a test may delete them, or make more that begin alike."""
    names = ["coming-a", "coming-b"]
    for first, name in enumerate(names):
        create(server, name, first)
    yield names
    for at in server.request(
        "GET", "/_cat/indices/coming-*?format=json&h=index&expand_wildcards=all"
    ):
        server.request("DELETE", f"/{at['index']}")


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def create(server, name: str, first: int, shards: int = 1) -> None:
    properties = {"n": {"type": "long"}, "at": {"type": "date"}, "word": {"type": "keyword"}}
    server.create_index(name, properties, shards=shards)
    rows = ((f"{first}-{d}", {"n": first * DOCUMENTS + d, "at": WRITTEN}) for d in range(DOCUMENTS))
    server.load(name, rows)


def make_anew(server, name: str, shards: int = 1) -> None:
    """What it stands for has another mapping; each shard has a document or some."""
    server.request("DELETE", f"/{name}")
    server.create_index(name, {"n": {"type": "double"}, "at": {"type": "date"}}, shards=shards)
    rows = range(1 if shards == 1 else 20 * shards)
    server.load(name, [(f"x{d}", {"n": 999.0 + d, "at": WRITTEN}) for d in rows])


def write(
    project: Project,
    url: str,
    index: object,
    mode: str = "append",
    pipeline: dict | None = None,
    **source: object,
) -> None:
    config = {
        "source": {"connection": "events", "index": index, "page_size": PAGE, **source},
        "columns": {"id": {"type": "text", "from": "_id"}, "n": "int64", "at": "timestamp"},
        "sink": {"connection": "lite", "table": "t", **SINKS[mode]},
        **(pipeline or {}),
    }
    events = {"elasticsearch": url, "retries": 2, "retry_pause": "5ms"}
    connections = {"events": events, "lite": {"sqlite": "out.sqlite"}}
    content = {"connections": connections, "pipelines": {"p": config}}
    project.write("tidemill.yaml", json.dumps(content))


def loaded(project: Project) -> list[int]:
    tables = project.rows("select name from sqlite_master where name = 't'")
    return [n for (n,) in project.rows("select n from t order by n")] if tables else []


def numbers(*firsts: int) -> list[int]:
    return [first * DOCUMENTS + d for first in firsts for d in range(DOCUMENTS)]


def check_a_deletion(project: Project, mode: str, gone: str) -> None:
    """The run is told by name; what is loaded is whole; the same command is, too; a new run is not."""
    said = project.run("run", "--workers", "1", code=4).stderr
    assert gone in said, said
    assert "error[E4" in said or "E4" in said, said
    rows = loaded(project)
    whole = [[], numbers(0), numbers(1)] if mode == "append" else [[]]
    assert rows in whole
    again = project.run("run", code=4).stderr
    assert f"index `{gone}` of the run that is resumed is gone" in again
    assert loaded(project) == rows
    project.run("run", "--new")


@MODES
@SNAPSHOTS
def test_deleted_between_plan_and_reading(project, server, names, snapshot, mode):
    opening = ("open", "pit_open")
    with Proxy(server.port, server.product == "opensearch") as proxy:
        proxy.script = Moment(opening, 1, lambda: server.request("DELETE", f"/{names[1]}"))
        write(project, proxy.url, "coming-*", mode, snapshot=snapshot)
        check_a_deletion(project, mode, names[1])
        assert proxy.script.done
    assert sorted(set(loaded(project))) == numbers(0)


@MODES
@SNAPSHOTS
def test_deleted_while_it_is_read(project, server, names, snapshot, mode):
    pages = ("next", "pit_next")
    with Proxy(server.port, server.product == "opensearch") as proxy:
        number = 2 if snapshot == "scroll" else 3  # in the middle of the first index
        proxy.script = Moment(pages, number, lambda: server.request("DELETE", f"/{names[0]}"))
        write(project, proxy.url, "coming-*", mode, snapshot=snapshot)
        check_a_deletion(project, mode, names[0])
        assert proxy.script.done
    assert sorted(set(loaded(project))) == numbers(1)


@SNAPSHOTS
def test_made_anew_between_plan_and_reading(project, server, names, snapshot):
    """The name is there, but what it stands for has another mapping."""

    with Proxy(server.port, server.product == "opensearch") as proxy:
        proxy.script = Moment(("open", "pit_open"), 1, lambda: make_anew(server, names[1]))
        write(project, proxy.url, "coming-*", "merge", snapshot=snapshot)
        said = project.run("run", "--workers", "1", code=4).stderr
        assert proxy.script.done
        assert f"index `{names[1]}` was deleted and made anew" in said and "E2001" in said, said
        assert loaded(project) == []
        again = project.run("run", code=4).stderr
        assert f"index `{names[1]}` was deleted and made anew since" in again, again
        project.run("run", "--new")
    assert loaded(project) == [*numbers(0), 999]


def give_name_away(server, name: str, to: str) -> None:
    """As after a reindex: the index goes, and an alias of its name leads to another one."""
    actions = [{"remove_index": {"index": name}}, {"add": {"index": to, "alias": name}}]
    server.request("POST", "/_aliases", {"actions": actions})


@MODES
@pytest.mark.parametrize("to", ["coming-c", "coming-a"], ids=["to a new one", "to a planned one"])
@pytest.mark.parametrize("page_size", [PAGE, 2 * DOCUMENTS], ids=["scroll", "plain search"])
def test_a_name_that_was_given_to_an_alias(project, server, names, mode, to, page_size):
    """Searches by that name find the documents of another index."""

    def act() -> None:
        if to not in names:
            create(server, to, 2)
        give_name_away(server, names[1], to)

    with Proxy(server.port, server.product == "opensearch") as proxy:
        proxy.script = Moment(("open", "search"), 1, act)
        write(project, proxy.url, "coming-*", mode, page_size=page_size)
        said = project.run("run", "--workers", "1", code=4).stderr
        assert proxy.script.done
    assert "was given to an alias" in said and "E2001" in said and to in said, said
    assert loaded(project) in ([[], numbers(0)] if mode == "append" else [[]])


class NoAnswer(Script):
    """To the question which index a split was read from, the first time or always."""

    def __init__(self, body: bytes, always: bool) -> None:
        self.body, self.always, self.asked = body, always, 0

    def before(self, proxy: Proxy, request: Request) -> Answer | None:
        if "/_settings" not in request.target or "uuid" not in request.target:
            return None
        self.asked += 1
        headers = [("content-type", "application/json")]
        return Answer(200, headers, self.body) if self.always or self.asked == 1 else None


@MODES
@pytest.mark.parametrize("body", [b"[]", b'"uuid"', b'{"message":"rate limited","id":"7"}'])
def test_what_is_no_answer_is_not_taken_for_one(project, server, names, mode, body):
    with Proxy(server.port, server.product == "opensearch") as proxy:
        write(project, proxy.url, "coming-*", mode)
        proxy.script = NoAnswer(body, always=True)
        said = project.run("run", "--workers", "1", code=4).stderr
        assert "the question for the uuid of indices" in said and "E4004" in said, said
        assert loaded(project) == []
        proxy.script = NoAnswer(body, always=False)
        project.run("run", "--workers", "1")
        assert loaded(project) == numbers(0, 1)


@pytest.mark.parametrize("body", [b"[]", b"<html>"], ids=["no answer", "no JSON"])
def test_what_is_no_answer_is_asked_for_again_three_times_in_all(project, server, names, body):
    """Whichever of the two it is, and not three times three."""
    with Proxy(server.port, server.product == "opensearch") as proxy:
        write(project, proxy.url, "coming-*", "merge")
        proxy.script = NoAnswer(body, always=True)
        project.run("run", "--workers", "1", code=4)
        assert proxy.script.asked == 3


class MadeAnew(Script):
    """Deletes an index and makes it anew before the nth opening of a split: `chooses` says which, by
    the indices that were opened until then, that one included."""

    def __init__(
        self, server, number: int, chooses: Callable[[list[str]], str], shards: int = 1
    ) -> None:
        self.server, self.number, self.chooses, self.shards = server, number, chooses, shards
        self.opened: list[str] = []
        self.name = ""

    def before(self, _proxy: Proxy, request: Request) -> Answer | None:
        if request.kind in ("open", "search"):
            self.opened.append(request.target.split("/")[1])
            if len(self.opened) == self.number:
                self.name = self.chooses(self.opened)
                make_anew(self.server, self.name, self.shards)
        return None


def run_while_made_anew(project: Project, server, script: MadeAnew, index: str, code: int) -> str:
    """An append with one worker: splits are read and committed one after the other."""
    with Proxy(server.port, server.product == "opensearch") as proxy:
        proxy.script = script
        write(project, proxy.url, index)
        said = project.run("run", "--workers", "1", code=code).stderr
    write(project, server.url, index)
    assert script.name
    return said


def check_that_it_is_told(project: Project, said: str, name: str) -> None:
    """And again by the same command; nothing is loaded beyond what was."""
    rows = loaded(project)
    assert f"index `{name}` was deleted and made anew" in said and "E2001" in said, said
    assert "appends" in said and "`run --new`" in said, said
    again = project.run("run", code=4).stderr
    assert f"index `{name}` was deleted and made anew since" in again, again
    assert loaded(project) == rows


def test_what_is_appended_is_of_the_index_that_was_planned(project, server, names):
    script = MadeAnew(server, 2, lambda opened: opened[-1])
    said = run_while_made_anew(project, server, script, "coming-*", 4)
    check_that_it_is_told(project, said, script.name)
    (whole,) = {name for name in names if name != script.name}
    assert loaded(project) == numbers(names.index(whole))


def test_a_slice_of_an_index_that_was_made_anew_is_not_appended(project, server, names):
    """The one before it stays: it was committed, and is of the index that was planned."""
    server.request("DELETE", f"/{names[0]}")
    create(server, names[0], 0, shards=2)
    script = MadeAnew(server, 2, lambda opened: opened[-1], shards=2)
    said = run_while_made_anew(project, server, script, names[0], 4)
    check_that_it_is_told(project, said, names[0])
    rows = loaded(project)
    assert 0 < len(rows) < DOCUMENTS and set(rows) < set(numbers(0))


def test_an_index_that_was_made_anew_after_it_was_appended_does_not_matter(project, server, names):
    script = MadeAnew(server, 2, lambda opened: opened[0])
    run_while_made_anew(project, server, script, "coming-*", 0)
    assert script.opened[0] != script.opened[1]
    assert loaded(project) == numbers(0, 1)


@MODES
@SNAPSHOTS
def test_created_during_the_run_is_for_the_next_one(project, server, names, snapshot, mode):
    opening = ("open", "pit_open")
    with Proxy(server.port, server.product == "opensearch") as proxy:
        proxy.script = Moment(opening, 1, lambda: create(server, "coming-c", 2))
        write(project, proxy.url, "coming-*", mode, snapshot=snapshot)
        record = project.record("--workers", "1")
        assert proxy.script.done
        assert record["counts"]["read"] == 2 * DOCUMENTS
        assert loaded(project) == numbers(0, 1)
        record = project.record("--workers", "1")
        assert record["counts"]["read"] == 3 * DOCUMENTS
    assert sorted(set(loaded(project))) == numbers(0, 1, 2)


@pytest.mark.parametrize(
    ("index", "allow_empty"),
    [
        ("coming-*", False),
        ("coming-*", True),
        ("coming-b", False),
        (["coming-a", "coming-b"], True),
    ],
)
def test_a_closed_index_is_an_error(project, server, names, index, allow_empty):
    server.request("POST", f"/{names[1]}/_close")
    write(project, server.url, index, allow_empty=allow_empty)
    said = project.run("run", code=2).stderr
    assert f"index `{names[1]}` is closed" in said
    assert "E1011" in said
    assert loaded(project) == []
    write(project, server.url, ["coming-*", f"-{names[1]}"])
    project.run("run")
    assert loaded(project) == numbers(0)


@pytest.mark.parametrize(
    ("index", "missing"),
    [
        ("nothing-like-it", "nothing-like-it"),
        ("nothing-like-*", "nothing-like-*"),
        (["coming-a", "nothing-like-it"], "nothing-like-it"),
        (["nothing-1", "coming-*", "nothing-2"], "nothing-"),
        (["nothing-like-*", "coming-a"], "nothing-like-*"),
        (["nothing-like-it", "-coming-a"], "nothing-like-it"),
    ],
)
@pytest.mark.parametrize("cursor", [{}, {"cursor": "at"}])
def test_what_is_missing_is_an_error_unless_it_may_be(
    project, server, names, index, missing, cursor
):
    write(project, server.url, index, "merge", cursor)
    said = project.run("run", code=2).stderr
    assert missing in said
    assert "E1011" in said
    assert "allow_empty: true" in said
    write(project, server.url, index, "merge", cursor, allow_empty=True)
    project.run("check")
    project.run("plan")
    found = {"coming-*": (0, 1), "coming-a": (0,)}
    firsts = next((found[part] for part in index if part in found), ())
    record = project.record()
    assert record["counts"]["read"] == len(firsts) * DOCUMENTS
    assert loaded(project) == numbers(*firsts)
    check_what_comes(project, server, index, firsts, bool(cursor))


def check_what_comes(project: Project, server, index, firsts: tuple, by_cursor: bool) -> None:
    """The next run reads what is there by then; by a cursor, what was written since."""
    create(server, "nothing-like-it", 3)
    try:
        project.run("run")
    finally:
        server.request("DELETE", "/nothing-like-it")
    listed = [index] if isinstance(index, str) else index
    comes = not by_cursor and any(part.startswith("nothing-like") for part in listed)
    assert loaded(project) == numbers(*firsts, *([3] if comes else []))


@MODES
@pytest.mark.parametrize("shards", [1, 2])
def test_an_index_that_outgrows_its_page_is_read_whole(project, server, names, mode, shards):
    """It fitted one page when it was planned: what the plain search gave is thrown away, rejects
    too."""
    server.request("DELETE", f"/{names[0]}")
    create(server, names[0], 0, shards)
    bad = ((f"bad-{d}", {"n": 5, "at": WRITTEN, "word": "much"}) for d in range(BAD))
    server.load(names[0], bad)
    more = ((f"more-{d}", {"n": 1000 + d, "at": WRITTEN}) for d in range(4 * DOCUMENTS))
    columns = {"id": {"type": "text", "from": "_id"}, "n": "int64", "word": "decimal(9,2)"}
    with Proxy(server.port, server.product == "opensearch") as proxy:
        proxy.script = Moment(("search",), 1, lambda: server.load(names[0], more))
        changes = {"columns": columns, "max_rejects": BAD}
        write(project, proxy.url, names[0], mode, changes, page_size=2 * DOCUMENTS)
        record = project.record("--workers", "1")
        assert proxy.script.done
        assert proxy.crimes == [] and all(c.closed for c in proxy.contexts.values())
        assert (proxy.counts["search"], proxy.counts["open"]) == (shards, shards)
    counts = record["counts"]
    assert (counts["read"], counts["rejected"]) == (5 * DOCUMENTS + BAD, BAD)
    assert counts["discarded"] == 0
    assert loaded(project) == [*numbers(0), *[1000 + d for d in range(4 * DOCUMENTS)]]


def test_an_empty_index_has_no_rows(project, server, names):
    server.create_index("coming-empty", {"n": {"type": "long"}}, shards=2)
    write(project, server.url, "coming-empty", "merge")
    assert project.record()["counts"]["read"] == 0
    write(project, server.url, "coming-*", "merge", snapshot="pit")
    project.run("run", "--new")
    assert loaded(project) == numbers(0, 1)
