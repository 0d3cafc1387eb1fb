# SPDX-License-Identifier: Apache-2.0
"""Books of the search contexts that a client holds or asks for, held against the server's own
statistic.

    most      the client's side, exact: a context counts from the moment that the request for it is
              seen until the one to close it has been answered; a plain search, until it is
    moments   the server's side: times when its statistic was found to say the same

The server's statistic alone is not exact. It answers a page, or a request to close, before its
thread has let go of the context, and it adds up shard after shard, so that it can count a context
that was closed meanwhile as well as one that was opened after that. So it is read while nothing
else is under way - the proxy holds back what comes - until it says what the books say; where
somebody keeps a context that the client has closed, or never asked for, it never will.
"""

import threading
import time

from wire_messages import Answer, Request
from wire_proxy import Proxy, Script

STATISTICS = (
    "/_nodes/stats/indices/search?filter_path=nodes.*.indices.search.open_contexts,"
    "nodes.*.indices.search.scroll_current,nodes.*.indices.search.scroll_total,"
    "nodes.*.indices.search.query_total"
)
OPENINGS, CLOSINGS = ("open", "pit_open"), ("close", "pit_close")
SECONDS_MAX = 30.0
MOMENTS_MAX = 20  # each costs a question or some


def statistics(server) -> dict:
    nodes = server.request("GET", STATISTICS)["nodes"]
    return next(iter(nodes.values()))["indices"]["search"]


def settle(server, contexts: int = 0) -> dict:
    """The statistics once they say that so many are open."""
    deadline = time.monotonic() + SECONDS_MAX
    while (now := statistics(server))["open_contexts"] != contexts:
        assert time.monotonic() < deadline, f"{contexts} contexts should be open, not {now}"
    return now


class ContextBooks(Script):
    """`shards`: of each index, with a context each; for a scroll of a whole index, too."""

    def __init__(self, server, shards: int) -> None:
        self.server = server
        self.shards = shards
        self.changed = threading.Condition()
        self.under_way = 0  # requests
        self.held = 0
        self.most = 0
        self.moments = 0
        self.looking = False
        self.problems: list[str] = []

    def __str__(self) -> str:
        return f"at most {self.most} contexts, {self.moments} times by the server, too"

    def before(self, _proxy: Proxy, request: Request) -> Answer | None:
        with self.changed:
            self.changed.wait_for(lambda: not self.looking)
            self.under_way += 1
            if request.kind in (*OPENINGS, "search"):
                self.held += self.shards
                self.most = max(self.most, self.held)
        return None

    def after(self, _proxy: Proxy, request: Request, _answer: Answer) -> None:
        with self.changed:
            self.under_way -= 1
            if request.kind in (*CLOSINGS, "search"):
                self.held -= self.shards
            self.changed.notify_all()
            if self.looking or self.moments == MOMENTS_MAX or request.number % 10:
                return
            self.looking = True
            still = self.changed.wait_for(lambda: self.under_way == 0, SECONDS_MAX)
        self._look(still)

    def _look(self, still: bool) -> None:
        try:
            assert still, "a request is not answered"
            settle(self.server, self.held)
            self.moments += 1
        except AssertionError as problem:
            self.problems.append(str(problem))
        finally:
            with self.changed:
                self.looking = False
                self.changed.notify_all()

    def check(self, most: int) -> None:
        assert self.problems == []
        assert self.held == 0
        assert self.moments > 3
        assert 0 < self.most <= most
