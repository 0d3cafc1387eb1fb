# SPDX-License-Identifier: Apache-2.0
"""Whatever a search server or the wire to it does: what is read is equal to an undisturbed read, or
there is a clear error - never a hole, never a double."""

import base64
import json
import os
import random
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_search import Answer, FakeSearch, Request

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {f"d{i:04}": {"customer_id": f"c{i % 17}", "amount": i / 4} for i in range(311)}
PAGE = 20
COLUMNS = ("id:text:_id", "customer:text:customer_id", "amount:double:amount")
SECONDS_MAX = 60


def driver() -> Path:
    default = ROOT / "build" / "test" / "tests/unit/source/elasticsearch/read_elasticsearch"
    return Path(os.environ.get("READ_ELASTICSEARCH", default))


class Result:
    def __init__(self, process: subprocess.CompletedProcess):
        self.code = process.returncode
        self.errors = process.stderr
        rows = [json.loads(line) for line in process.stdout.splitlines()]
        self.rows = sorted((row["id"], row["customer"], row["amount"]) for row in rows)
        line = next((x for x in self.errors.splitlines() if x.startswith("summary: ")), None)
        self.summary = json.loads(line.removeprefix("summary: ")) if line else {}


EXPECTED = sorted((i, d["customer_id"], d["amount"]) for i, d in DOCUMENTS.items())

SILENCE_MS = 1600
PATIENCE_MS = 10000


def read(server: FakeSearch, *options: str, threads: int = 2, page: int = PAGE) -> Result:
    # A busy machine answers late, too, where nothing is meant to be silent.
    patience_ms = SILENCE_MS // 4 if getattr(server.fault, "silent", False) else PATIENCE_MS
    command = [driver(), "--url", server.url, "--index", "uses", "--threads", str(threads)]
    command += ["--page-size", str(page), "--retry-pause-ms", "1"]
    command += ["--request-timeout-ms", str(patience_ms)]
    for column in COLUMNS:
        command += ["--column", column]
    process = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert "Sanitizer" not in process.stderr, process.stderr
    assert "budget left: 0" in process.stderr, process.stderr
    return Result(process)


@pytest.fixture(params=["elasticsearch", "opensearch"])
def server(request: pytest.FixtureRequest) -> Iterator[FakeSearch]:
    with FakeSearch(DOCUMENTS, opensearch=request.param == "opensearch") as fake:
        yield fake


@pytest.fixture
def elasticsearch() -> Iterator[FakeSearch]:
    with FakeSearch(DOCUMENTS) as fake:
        yield fake


def expect_whole(server: FakeSearch, result: Result) -> None:
    assert result.code == 0, result.errors
    assert result.rows == EXPECTED
    assert server.crimes == []
    assert server.contexts == {}, "contexts were left open"


def expect_failure(server: FakeSearch, result: Result, *words: str) -> None:
    assert result.code == 1, result.errors
    assert result.rows == [], "rows of a failed run were handed out"
    for word in words:
        assert word in result.errors
    assert server.crimes == []


def once(kind: str, number: int, spoil):
    """Spoils the answer to one request of a kind."""

    def fault(request: Request, answer: Answer) -> None:
        if request.kind == kind and request.number == number:
            spoil(request, answer)

    fault.silent = spoil is silence
    return fault


def always(kind: str, spoil):
    def fault(request: Request, answer: Answer) -> None:
        if request.kind == kind:
            spoil(request, answer)

    fault.silent = spoil is silence
    return fault


def edit(change):
    """Changes the answer's JSON."""

    def spoil(_: Request, answer: Answer) -> None:
        page = json.loads(answer.body)
        if answer.status == 200:
            change(page)
        answer.body = json.dumps(page, separators=(",", ":")).encode()

    return spoil


def cut(at: int, reset: bool):
    def spoil(_: Request, answer: Answer) -> None:
        answer.cut_at = at
        answer.reset = reset

    return spoil


def truncate(_: Request, answer: Answer) -> None:
    """Shorter, with a length that agrees."""
    answer.body = answer.body[: len(answer.body) // 2]


def promise_more(_: Request, answer: Answer) -> None:
    answer.content_length = len(answer.body) + 10


def promise_less(_: Request, answer: Answer) -> None:
    answer.content_length = len(answer.body) - 7


def leave_over(_: Request, answer: Answer) -> None:
    """Of an answer that was longer than it had said."""
    answer.left_over = b'ote":"x"},"sort":[3]}]}}'


def html(_: Request, answer: Answer) -> None:
    answer.body = b"<html><body>Please log in</body></html>"


def empty(_: Request, answer: Answer) -> None:
    answer.body = b""


def silence(_: Request, answer: Answer) -> None:
    answer.silent_ms = SILENCE_MS


def time_out(page: dict) -> None:
    page["timed_out"] = True
    del page["hits"]["hits"][-3:]


def lose_shard(page: dict) -> None:
    reason = {"type": "io_exception", "reason": "disk on fire"}
    page["_shards"] |= {"failed": 1, "failures": [{"shard": 0, "reason": reason}]}
    page["hits"]["hits"] = []


def drop_hit(page: dict) -> None:
    del page["hits"]["hits"][2:3]


def double_hit(page: dict) -> None:
    page["hits"]["hits"][2:2] = page["hits"]["hits"][2:3]


def end_early(page: dict) -> None:
    page["hits"]["hits"] = []


def search_fewer_shards(page: dict) -> None:
    page["_shards"] |= {"total": 0, "successful": 0}
    page["hits"] = {"total": {"value": 0, "relation": "eq"}, "hits": []}


def status(code: int, retry_after: str | None = None, kind: str = "es_rejected"):
    def spoil(_: Request, answer: Answer) -> None:
        answer.status = code
        error = {"type": kind, "reason": "no room now"}
        answer.body = json.dumps({"error": error, "status": code}).encode()
        if retry_after is not None:
            answer.headers["Retry-After"] = retry_after

    return spoil


def lost(server: FakeSearch):
    """The server has forgotten the context; the request was for nothing."""

    def spoil(request: Request, answer: Answer) -> None:
        which = request.body.get("scroll_id") or request.body["pit"]["id"]
        server.contexts.pop(which, None)
        answer.status, value = server._missing()
        answer.body = json.dumps(value).encode()

    return spoil


PASSING = {
    "reset in the headers": cut(30, True),
    "end in the headers": cut(30, False),
    "nothing at all": cut(0, False),
    "reset before anything": cut(0, True),
    "reset in the body": cut(700, True),
    "end in the body": cut(700, False),
    "reset before the last byte": cut(-1, True),
    "truncated, right length": truncate,
    "length too large": promise_more,
    "length too small": promise_less,
    "the end of another answer": leave_over,
    "a login page": html,
    "an empty body": empty,
    "silence": silence,
    "timed_out": edit(time_out),
    "a failed shard": edit(lose_shard),
    "a missing hit": edit(drop_hit),
    "a double hit": edit(double_hit),
    "an early end": edit(end_early),
    "429": status(429),
    "502": status(502),
    "503 with Retry-After": status(503, "0"),
    "500": status(500),
}


def test_undisturbed(server):
    for options in ((), ("--pit",), ("--slices", "1"), ("--slices", "2"), ("--slices", "7")):
        expect_whole(server, read(server, *options))
        expect_whole(server, read(server, *options, page=1000))


@pytest.mark.parametrize("number", [1, 2, 5])
@pytest.mark.parametrize("name", PASSING)
def test_a_fault_in_a_scroll_costs_an_attempt_at_most(elasticsearch, name, number):
    elasticsearch.fault = once("next", number, PASSING[name])
    result = read(elasticsearch)
    expect_whole(elasticsearch, result)
    assert result.summary["attempts"] == 4


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_in_an_opening_request(elasticsearch, name):
    elasticsearch.fault = once("open", 2, PASSING[name])
    result = read(elasticsearch)
    expected_attempts = 3 if name[:3] in ("429", "502", "503") else 4
    assert result.code == 0, result.errors
    assert result.rows == EXPECTED
    assert elasticsearch.crimes == []
    assert result.summary["attempts"] == expected_attempts


# Larger than a shard; the documents of all shards together do not fit.
ONE_PAGE = 200
REFUSED = ("429", "502", "503")  # before anything was done: asked again at once
# The library asks again by itself where a connection turns out to be dead that was used before.
UNANSWERED = ("nothing at all", "reset before anything")


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_in_a_plain_search(server, name):
    """One page holds a split. As for the first page of a scroll, attempts are what is counted: with
    more of them inside each, a silent server would be waited for `retries` times `retries`."""
    server.fault = once("search", 2, PASSING[name])
    result = read(server, page=ONE_PAGE)
    expect_whole(server, result)
    attempts = {3} if name.startswith(REFUSED) else {3, 4} if name in UNANSWERED else {4}
    assert result.summary["attempts"] in attempts
    assert (server.count("search"), server.count("open")) == (4, 0)


def planned_smaller(request: Request, answer: Answer) -> None:
    """The index has grown since."""
    if request.path.startswith("/_cat/"):
        answer.body = answer.body.replace(f'"{len(DOCUMENTS)}"'.encode(), b'"30"')


@pytest.mark.parametrize("slices", [0, 1])
def test_a_split_that_has_outgrown_its_page_is_read_by_a_scroll(server, slices):
    server.fault = planned_smaller
    result = read(server, "--slices", str(slices), page=30)
    expect_whole(server, result)
    splits = 1 if slices else server.shards
    assert result.summary["attempts"] == splits
    assert (server.count("search"), server.count("open")) == (splits, splits)


@pytest.mark.parametrize(
    ("change", "attempts"),
    [(drop_hit, 3), (double_hit, 3), (end_early, 3), (time_out, 4), (lose_shard, 4)],
)
def test_of_a_page_that_is_outgrown_only_the_count_is_believed(server, change, attempts):
    """If it is of all shards."""

    def fault(request: Request, answer: Answer) -> None:
        planned_smaller(request, answer)
        if request.kind == "search" and request.number == 2:
            edit(change)(request, answer)

    server.fault = fault
    result = read(server, page=30)
    expect_whole(server, result)
    assert result.summary["attempts"] == attempts


@pytest.mark.parametrize("number", [1, 3, 6])
@pytest.mark.parametrize("name", PASSING)
def test_a_fault_in_a_point_in_time(server, name, number):
    server.fault = once("pit_next", number, PASSING[name])
    result = read(server, "--pit")
    expect_whole(server, result)
    assert server.count("pit_open") == 1


READING = ("search", "open", "next", "pit_next")
PAGES = (PAGE, PAGE, ONE_PAGE, 1000)


@pytest.mark.parametrize("seed", range(40))
def test_random_cuts(server, seed):
    """Each answer to a data request may break off anywhere; every run ends, whole or with an
    error."""
    choose = random.Random(seed)
    print("seed", seed)

    def fault(request: Request, answer: Answer) -> None:
        if request.kind in READING and choose.random() < 0.06:
            answer.cut_at = choose.randrange(len(answer.body) + 100)
            answer.reset = choose.random() < 0.5

    server.fault = fault
    options = ["--pit"] if seed % 2 else []
    slices = str(choose.randrange(8))
    result = read(server, *options, "--slices", slices, threads=3, page=choose.choice(PAGES))
    assert server.crimes == []
    if result.code == 0:
        assert result.rows == EXPECTED
    else:
        expect_failure(server, result, "failed: remote_retry")


@pytest.mark.parametrize("step", range(0, 1100, 37))
def test_cuts_at_every_place_of_a_page(elasticsearch, step):
    elasticsearch.fault = once("next", 2, cut(step, step % 2 == 0))
    expect_whole(elasticsearch, read(elasticsearch, page=10))


def test_a_page_that_comes_twice(server):
    for kind, options in (("next", ()), ("pit_next", ("--pit",))):
        before: dict[str, bytes] = {}

        def fault(request: Request, answer: Answer, before=before, kind=kind) -> None:
            if request.kind != kind:
                return
            key = json.dumps([request.body.get("scroll_id"), request.body.get("slice")])
            if key in before and "done" not in before:
                answer.body = before[key]
                before["done"] = b""
            before[key] = answer.body

        server.fault = fault
        expect_whole(server, read(server, *options, threads=1))
        assert "done" in before


def test_an_old_page_in_the_place_of_another_is_found_though_the_count_is_right(elasticsearch):
    pages: list[bytes] = []

    def fault(request: Request, answer: Answer) -> None:
        if request.kind in ("open", "next"):
            pages.append(answer.body)
            if request.kind == "next" and request.number == 2:
                answer.body = pages[1]

    elasticsearch.fault = fault
    result = read(elasticsearch, "--slices", "1", threads=1, page=60)
    expect_whole(elasticsearch, result)
    assert "came twice" in result.errors


def test_a_storm_of_refusals_is_sat_out(server):
    def fault(request: Request, answer: Answer) -> None:
        if request.kind in ("search", "open", "pit_next") and request.number % 4 != 0:
            status(429 if request.number % 2 else 503)(request, answer)

    server.fault = fault
    for options, page in (((), PAGE), ((), ONE_PAGE), (("--pit",), 1000)):
        result = read(server, *options, threads=1, page=page)
        expect_whole(server, result)
        assert result.summary["attempts"] == 3


@pytest.mark.parametrize("name", sorted(PASSING.keys() - {"silence"}))
def test_what_does_not_pass_is_an_error(elasticsearch, name):
    elasticsearch.fault = always("next", PASSING[name])
    result = read(elasticsearch)
    expect_failure(elasticsearch, result, "failed: remote_retry: uses slice", elasticsearch.url)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("timed_out", "ran out of its own time limit"),
        ("a failed shard", "1 of 1 shards failed"),
        ("a failed shard", "disk on fire"),
        ("a missing hit", "documents came where the server should have given"),
        ("a login page", "is not a whole search answer"),
        ("a login page", "`<html><body>Please log in</body></html>`"),
        ("429", "HTTP status 429: es_rejected: no room now"),
        ("silence", "timed out"),
    ],
)
def test_the_reason_is_named(elasticsearch, name, words):
    elasticsearch.fault = once("next", 2, PASSING[name])
    result = read(elasticsearch)
    expect_whole(elasticsearch, result)
    assert words in result.errors


def test_a_lost_scroll_starts_its_split_anew(elasticsearch):
    elasticsearch.fault = once("next", 2, lost(elasticsearch))
    result = read(elasticsearch)
    expect_whole(elasticsearch, result)
    assert "search_context_missing_exception" in result.errors
    assert result.summary["attempts"] == 4


def test_a_lost_point_in_time_starts_all_its_slices_anew(server):
    server.fault = once("pit_next", 5, lost(server))
    result = read(server, "--pit", threads=1)
    expect_whole(server, result)
    assert server.count("pit_open") == 2
    assert result.summary["discarded"] > 0


def test_a_changed_pit_id_is_used_from_then_on(server):
    server.fault = always("pit_next", server.change_pit_id)
    result = read(server, "--pit", threads=1, page=20)
    assert result.code == 0, result.errors
    assert result.rows == EXPECTED
    ids = [r.body["pit"]["id"] for r in server.requests if r.kind == "pit_next"]
    assert len(set(ids)) == len(ids)


def test_shards_that_are_not_searched_are_missed(elasticsearch):
    elasticsearch.fault = once("open", 2, edit(search_fewer_shards))
    result = read(elasticsearch)
    expect_whole(elasticsearch, result)
    assert "shards were searched" in result.errors


def test_a_slow_drip_is_read_or_given_up(elasticsearch):
    def drip(_: Request, answer: Answer) -> None:
        answer.drip_ms = 5

    elasticsearch.fault = always("next", drip)
    expect_whole(elasticsearch, read(elasticsearch))

    def trickle(_: Request, answer: Answer) -> None:
        answer.drip_ms = 150

    elasticsearch.fault = once("next", 3, trickle)
    elasticsearch.fault.silent = True
    elasticsearch.kinds.clear()
    result = read(elasticsearch)
    expect_whole(elasticsearch, result)
    assert "timed out" in result.errors


def test_pages_that_are_too_large_become_smaller(server):
    for options in ((), ("--pit",)):
        for page in (100, ONE_PAGE):
            result = read(server, *options, "--answer-bytes-max", "2000", page=page, threads=1)
            expect_whole(server, result)
            assert f"a page of {page} documents does not fit" in result.errors


def test_a_document_that_is_too_large_is_an_error(elasticsearch):
    result = read(elasticsearch, "--answer-bytes-max", "200", page=4)
    expect_failure(elasticsearch, result, "even a page of one document does not fit")


def test_memory_limits_of_the_server_make_pages_smaller(elasticsearch):
    def fault(request: Request, answer: Answer) -> None:
        if request.kind == "open" and request.body["size"] > 10:
            status(429, kind="circuit_breaking_exception")(request, answer)

    elasticsearch.fault = fault
    expect_whole(elasticsearch, read(elasticsearch))


@pytest.mark.parametrize(
    ("code", "words"),
    [(401, "check user and password"), (403, "privileges"), (404, "no room now"), (400, "query")],
)
def test_refusals_for_good_are_not_repeated(elasticsearch, code, words):
    elasticsearch.fault = always("open", status(code))
    result = read(elasticsearch, "--user", "reader", "--password", "s3cret", threads=1)
    expect_failure(elasticsearch, result, words, f"HTTP status {code}")
    assert elasticsearch.count("open") == 1
    assert "s3cret" not in result.errors


def test_contexts_are_closed_after_a_failed_close(server):
    for kind, options in (("close", ()), ("pit_close", ("--pit",))):
        server.kinds.clear()
        server.fault = once(kind, 1, status(503))
        before = len(server.requests)
        result = read(server, *options, threads=1)
        assert result.code == 0, result.errors
        assert server.contexts == {}
        closes = [r for r in server.requests[before:] if r.kind == kind]
        assert closes[0].body == closes[-1].body, "the source's end did not try again"


@pytest.mark.parametrize("name", ["reset in the headers", "truncated, right length", "429", "502"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_questions_about_the_source_are_asked_again(server, number, name):
    server.fault = once("control", number, PASSING[name])
    expect_whole(server, read(server))


@pytest.mark.parametrize("name", ["end in the body", "truncated, right length"])
def test_questions_about_the_source_are_not_asked_for_ever(server, name):
    server.fault = always("control", cut(60, False) if "end" in name else PASSING[name])
    expect_failure(server, read(server), server.url)
    # Elasticsearch keeps its root to itself here, which is an answer.
    assert server.count("control") == (3 if server.opensearch else 4)


def test_a_point_in_time_whose_opening_broke_off_is_closed_if_it_was_named(server):
    server.fault = once("pit_open", 1, cut(-1, True))
    result = read(server, "--pit")
    assert (result.code, result.rows) == (0, EXPECTED), result.errors
    assert server.contexts == {}


def test_a_limit_of_the_page_size_is_kept_at_once(elasticsearch):
    """However far the size is above it."""

    def fault(request: Request, answer: Answer) -> None:
        if request.kind in ("search", "open") and request.body["size"] > 3:
            why = "Batch size is too large, size must be less than or equal to: [3] but was [20]. "
            why += "... by changing the [index.max_result_window] index level setting."
            error = {"type": "illegal_argument_exception", "reason": why}
            answer.status = 400
            answer.body = json.dumps({"error": {"root_cause": [error], **error}}).encode()

    elasticsearch.fault = fault
    for page, kind in ((100, "open"), (2000, "search")):
        elasticsearch.kinds.clear()
        expect_whole(elasticsearch, read(elasticsearch, page=page, threads=1))
        sizes = (
            elasticsearch.count(kind),
            elasticsearch.count("search") + elasticsearch.count("open"),
        )
        assert sizes == (6 if kind == "open" else 3, 6), "each split once too large, and once not"


@pytest.mark.parametrize(("kind", "options"), [("next", ()), ("pit_next", ("--pit",))])
def test_a_mutilated_id_is_not_believed(server, kind, options):
    """Else nothing more could be read by it, and nobody would close the right one."""

    def mutilate(_: Request, answer: Answer) -> None:
        answer.body = answer.body[:17] + b"\x1f" + answer.body[18:]

    server.fault = once(kind, 2, mutilate)
    expect_whole(server, read(server, *options))


@pytest.mark.parametrize("options", [(), ("--pit",)])
def test_contexts_are_closed_after_a_cancel(server, options):
    result = read(server, *options, "--cancel-after", "100", page=10)
    assert result.code == 1
    assert "failed: cancelled" in result.errors
    assert server.contexts == {}


def test_a_cancel_during_the_opening_request_closes_what_it_opened(elasticsearch):
    def slow(_: Request, answer: Answer) -> None:
        answer.silent_ms = 300

    elasticsearch.fault = lambda request, answer: (
        slow(request, answer) if request.kind == "open" and request.number > 1 else None
    )
    result = read(elasticsearch, "--cancel-after", "1", page=10, threads=3)
    assert "failed: cancelled" in result.errors
    assert elasticsearch.contexts == {}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "ca.pem", directory / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def test_https(certificate):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    with FakeSearch(DOCUMENTS, tls=tls) as server:
        expect_whole(server, read(server, "--ca-file", str(certificate[0])))
        expect_whole(server, read(server, "--insecure"))
        for options in ((), ("--ca-file", str(certificate[1])), ("--ca-file", "/nowhere.pem")):
            seen = len(server.requests)
            result = read(server, "--user", "reader", "--password", "s3cret", *options)
            expect_failure(server, result, "failed: remote:", "ca_file", server.url)
            assert "s3cret" not in result.errors
            assert len(server.requests) == seen, "a request went to a server that is not trusted"
        by_name = server.url.replace("127.0.0.1", "localhost")
        result = read(server, "--ca-file", str(certificate[0]), "--url", by_name)
        expect_failure(server, result, "failed: remote:", by_name)


def test_plain_http_to_a_tls_port_and_back(elasticsearch, certificate):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    with FakeSearch(DOCUMENTS, tls=tls) as server:
        plain = server.url.replace("https", "http")
        expect_failure(server, read(server, "--url", plain), "failed: remote", plain)
    result = read(elasticsearch, "--url", elasticsearch.url.replace("http", "https"))
    expect_failure(elasticsearch, result, "or plain http?")


def test_credentials(elasticsearch):
    basic = "Basic " + base64.b64encode("user:s3:crét".encode()).decode()
    expect_whole(elasticsearch, read(elasticsearch, "--user", "user", "--password", "s3:crét"))
    assert {r.authorization for r in elasticsearch.requests} == {basic}
    elasticsearch.requests.clear()
    expect_whole(elasticsearch, read(elasticsearch, "--api-key", "a2V5"))
    assert {r.authorization for r in elasticsearch.requests} == {"ApiKey a2V5"}
    elasticsearch.requests.clear()
    url = elasticsearch.url.replace("http://", "http://user:s3%3Acr%C3%A9t@")
    expect_whole(elasticsearch, read(elasticsearch, "--url", url))
    assert {r.authorization for r in elasticsearch.requests} == {basic}
    elasticsearch.fault = always("next", status(500))
    result = read(elasticsearch, "--url", url)
    expect_failure(elasticsearch, result, elasticsearch.url)
    assert "s3" not in result.errors
