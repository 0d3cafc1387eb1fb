# SPDX-License-Identifier: Apache-2.0
"""Faults: what can go wrong with one request, by name; and plans, which say what goes wrong in a
run. A plan is drawn from a seed, and each of its faults names the request that it strikes: the
nth of a kind, or also some or all after it."""

import dataclasses
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from wire_messages import Answer, Request, kind_of
from wire_proxy import DropError, Proxy, Script

TIMEOUT_SECONDS = 0.8  # the pipelines' `timeout`
SILENT_SECONDS = 1.2
DOWN_SECONDS = 0.06
LARGE_PAGE = 30
PLAN, SCROLL, PIT = ("plan",), ("search", "open", "next"), ("pit_open", "pit_next")
PAGES = ("search", "open", "next", "pit_next")
OFTEN = ("search", "next", "pit_next")
READING = (*SCROLL, *PIT)
QUERY_LOST = "the query string lost on its way"
ANY = (*PLAN, *READING, "close", "pit_close")


@dataclass(frozen=True)
class Fault:
    name: str
    kinds: tuple[str, ...]
    before: Callable[[Proxy, Request, random.Random], Answer | None] | None = None
    after: Callable[[Proxy, Request, Answer, random.Random], None] | None = None
    slow: bool = False  # costs a timeout: never repeated for ever
    weight: int = 2
    is_silent: bool = False  # `before` gives no answer, and has struck all the same


FAULTS: dict[str, Fault] = {}


def fault(name: str, kinds: tuple[str, ...], **options: object):
    """Registers a function as the `after` of a fault, or as `before` if it takes no answer."""

    def register(function):
        where = "after" if function.__code__.co_argcount == 4 else "before"
        FAULTS[name] = Fault(name, kinds, **{where: function}, **options)
        return function

    return register


# The answer breaks off after the server has moved on.


@fault("cut in the headers", ANY)
def cut_headers(_proxy, _request, answer, rng):
    answer.cut_at, answer.reset = rng.randrange(1, len(answer.head())), rng.random() < 0.5


@fault("cut after the headers", ANY)
def cut_after_headers(_proxy, _request, answer, rng):
    answer.cut_at, answer.reset = len(answer.head()), rng.random() < 0.5


@fault("cut in the body", ANY, weight=5)
def cut_body(_proxy, _request, answer, rng):
    begin = len(answer.head())
    # Often near the beginning, where the id of a scroll stands.
    end = begin + (min(300, len(answer.body)) if rng.random() < 0.3 else len(answer.body))
    answer.cut_at, answer.reset = rng.randrange(begin, max(end, begin + 1)), rng.random() < 0.5


@fault("cut before the last byte", ANY)
def cut_last_byte(_proxy, _request, answer, rng):
    answer.cut_at, answer.reset = -1, rng.random() < 0.5


@fault("no answer, connection closed", ANY)
def cut_everything(_proxy, _request, answer, rng):
    answer.cut_at, answer.reset = 0, rng.random() < 0.5


@fault("content-length too large", ANY)
def promise_more(_proxy, _request, answer, rng):
    answer.length = len(answer.body) + rng.randrange(1, 5000)


@fault("content-length too small", ANY)
def promise_less(_proxy, _request, answer, rng):
    answer.length = max(0, len(answer.body) - rng.randrange(1, 200))


# The request never reaches the server.


@fault("reset before the request is passed on", ANY)
def reset_before(_proxy, _request, rng):
    raise DropError(rng.random() < 0.5)


@fault("connections refused for a while", READING, weight=1)
def go_down(proxy, _request, rng):
    proxy.go_down(rng.uniform(0.2, 1.0) * DOWN_SECONDS)
    raise DropError(True)


def refusal(status: int, kind: str = "es_rejected_execution_exception", **headers: str) -> Answer:
    answer = Answer(200, [("content-type", "application/json")], b"")
    why = {"type": kind, "reason": "rejected execution: the queue is full"}
    value = {"error": {"root_cause": [why], **why}, "status": status}
    answer.replace(status, value, **headers)
    return answer


@fault("429", ANY)
def too_many(_proxy, _request, _rng):
    return refusal(429)


@fault("429 with Retry-After", READING)
def too_many_later(_proxy, _request, rng):
    later = rng.choice(["0", "0", "0", "1", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", ""])
    return refusal(429, Retry_After=later)


@fault("503", ANY)
def unavailable(_proxy, _request, _rng):
    return refusal(503, "cluster_block_exception")


@fault("503 with Retry-After", READING, weight=1)
def unavailable_later(_proxy, _request, rng):
    return refusal(503, Retry_After=rng.choice(["0", "0", "1"]))


@fault("circuit breaker on large pages", ("search", "open", "pit_next"))
def break_circuit(_proxy, request, _rng):
    large = request.json["size"] > LARGE_PAGE
    return refusal(429, "circuit_breaking_exception") if large else None


@fault(QUERY_LOST, (*PLAN, "search", "open", *PIT), is_silent=True, weight=0)
def lose_query(_proxy, request, _rng):
    """A question that differs, with an answer that may look well. Drawn by no seed: those that are
    known stay what they were."""
    request.target = request.target.partition("?")[0]
    request.kind = kind_of(request.method, request.target)


# The server has done it, and something between says otherwise.


@fault("gateway: 502, 503, 504 after it was done", ANY, weight=3)
def gateway(_proxy, _request, answer, rng):
    page = "<html><head><title>Bad Gateway</title></head></html>"
    answer.replace(rng.choice([502, 503, 504]), page, content_type="text/html")


@fault("429 after it was done", READING)
def refuse_late(_proxy, _request, answer, _rng):
    answer.replace(429, {"error": {"type": "too_many", "reason": "slow down"}, "status": 429})


@fault("500 after it was done", READING)
def fail_late(_proxy, _request, answer, _rng):
    answer.replace(500, {"error": {"type": "null_pointer_exception", "reason": None}})


@fault("a login page", (*PLAN, *READING))
def login(_proxy, _request, answer, _rng):
    answer.replace(200, "<html><body>Please log in</body></html>")


# Slow.


@fault("slow drip", ANY)
def drip(_proxy, _request, answer, rng):
    pieces = rng.randrange(3, 30)
    answer.drip = (max(1, len(answer.sent()) // pieces), 0.2 / pieces)


@fault("silence", READING, slow=True, weight=1)
def silence(_proxy, _request, answer, _rng):
    answer.silent_seconds = SILENT_SECONDS


@fault("trickle", PAGES, slow=True, weight=1)
def trickle(_proxy, _request, answer, _rng):
    answer.drip = (20, 0.1)


# Mutilated answers of the right length.


@fault("garbled", (*PLAN, *READING), weight=3)
def garble(_proxy, _request, answer, rng):
    # Never JSON again: what is still well-formed only a checksum could tell, such as that of TLS.
    text = bytearray(answer.plain())
    at = rng.randrange(len(text))
    text[at : at + rng.randrange(1, 12)] = rng.choice([b"\0", b"\x1f", b"\xff\xfe", b"\xc3("])
    answer.edit(bytes(text))


@fault("truncated, with the right length", (*PLAN, *READING))
def truncate(_proxy, _request, answer, rng):
    if answer.zipped and rng.random() < 0.5:
        answer.body = answer.body[: rng.randrange(len(answer.body))]
    else:
        text = answer.plain()
        answer.edit(text[: rng.randrange(len(text))])


@fault("an empty body", (*PLAN, *READING))
def empty(_proxy, _request, answer, _rng):
    answer.replace(200, "")


# Wrong pages. A server in trouble does that.


def on_page(change):
    def after(proxy, request, answer, rng):
        answer.edit_json(lambda page: change(page, rng))

    return after


def wrong(name: str, **options: object):
    def register(change):
        FAULTS[name] = Fault(name, PAGES, after=on_page(change), **options)
        return change

    return register


@wrong("timed_out", weight=2)
def time_out(page, rng):
    page["timed_out"] = True
    del page["hits"]["hits"][rng.randrange(len(page["hits"]["hits"]) + 1) :]


@wrong("failed shards", weight=3)
def fail_shard(page, rng):
    reason = {"type": "node_disconnected_exception", "reason": "node left"}
    failures = [{"shard": 0, "index": "wire", "reason": reason}]
    page["_shards"] |= {"failed": 1, "failures": failures}
    page["_shards"]["successful"] = max(0, page["_shards"]["total"] - 1)
    if rng.random() < 0.7:
        page["hits"]["hits"] = page["hits"]["hits"][::2]


@wrong("a short page")
def shorten(page, rng):
    hits = page["hits"]["hits"]
    del hits[max(0, len(hits) - rng.randrange(1, 4)) :]


@wrong("a missing hit")
def drop_hit(page, rng):
    hits = page["hits"]["hits"]
    if len(hits) > 1:
        del hits[rng.randrange(len(hits) - 1)]


@wrong("a double hit")
def double_hit(page, rng):
    hits = page["hits"]["hits"]
    if hits:
        at = rng.randrange(len(hits))
        hits.insert(at, hits[at])


@wrong("an early end")
def end_early(page, _rng):
    page["hits"]["hits"] = []


@fault("the page before once more", ("next", "pit_next"), weight=3)
def repeat_page(proxy, request, answer, _rng):
    before = proxy.page_before(request)
    if before is not None:
        answer.edit(before)


# Contexts.


@fault("context lost", ("next", "pit_next"), weight=4, is_silent=True)
def lose(proxy, request, _rng):
    proxy.lose(request)


@fault("PIT id changed", ("pit_next",), weight=3)
def change_id(proxy, request, answer, _rng):
    if answer.status == 200:
        proxy.change_pit_id(request, answer)


@dataclass
class Strike:
    """A fault and the requests that it strikes: `number` to `number + times - 1` of a kind."""

    fault: Fault
    kind: str
    number: int
    times: int
    seed: int
    hits: int = 0

    def meets(self, request: Request) -> bool:
        return request.kind == self.kind and 0 <= request.number - self.number < self.times

    def rng(self, request: Request) -> random.Random:
        return random.Random(f"{self.seed} {request.number}")

    def __str__(self) -> str:
        times = "for ever" if self.times >= FOR_EVER else f"{self.times} times"
        return f"{self.fault.name} at {self.kind} {self.number}, {times}"


FOR_EVER = 1_000_000


@dataclass
class Hit:
    name: str
    kind: str
    spilled: bool


@dataclass
class Plan(Script):
    """The strikes of one run. `spilled` says whether rows lie on disk at the moment."""

    strikes: list[Strike]
    spilled: Callable[[], bool] = lambda: False
    hits: list[Hit] = field(default_factory=list)

    def settle(self) -> None:
        """After the run: what it has brought about is over."""

    def note(self, strike: Strike, request: Request) -> None:
        strike.hits += 1
        self.hits.append(Hit(strike.fault.name, request.kind, self.spilled()))

    def before(self, proxy: Proxy, request: Request) -> Answer | None:
        for strike in self.strikes:
            if strike.fault.before and strike.meets(request):
                answer = self.strike_before(strike, proxy, request)
                if answer is not None:
                    return answer
        return None

    def strike_before(self, strike: Strike, proxy: Proxy, request: Request) -> Answer | None:
        try:
            answer = strike.fault.before(proxy, request, strike.rng(request))
        except DropError:
            self.note(strike, request)
            raise
        if answer is not None or strike.fault.is_silent:
            self.note(strike, request)
        return answer

    def after(self, proxy: Proxy, request: Request, answer: Answer) -> None:
        for strike in self.strikes:
            # An answer that is spoilt is not spoilt again.
            if strike.fault.after and strike.meets(request) and answer.status == 200:
                healthy = dataclasses.astuple(answer)
                strike.fault.after(proxy, request, answer, strike.rng(request))
                if dataclasses.astuple(answer) != healthy:
                    self.note(strike, request)
                    return


def draw(rng: random.Random, requests: dict[str, int]) -> Plan:
    """`requests`: about how many there are of each kind."""
    names = [f for f in FAULTS.values() if any(requests.get(kind) for kind in f.kinds)]
    strikes = []
    for _ in range(rng.choice([1, 1, 2, 3, 5])):
        chosen = rng.choices(names, [f.weight for f in names])[0]
        kinds = [kind for kind in chosen.kinds if requests.get(kind)]
        # The many pages of reading are where most goes wrong.
        kind = rng.choices(kinds, [4 if kind in OFTEN else 1 for kind in kinds])[0]
        times = rng.choice([1, 1, 1, 1, 2, 3, FOR_EVER])
        if chosen.slow:
            times = 1
        number = rng.randrange(requests[kind]) + 1
        strikes.append(Strike(chosen, kind, number, times, rng.randrange(1 << 30)))
    return Plan(strikes)
