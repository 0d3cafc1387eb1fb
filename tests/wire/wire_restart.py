# SPDX-License-Identifier: Apache-2.0
"""A server that is killed and started again in the middle of a run: all its scrolls and points in time
are gone, for some seconds nobody is there, then it refuses, then it answers again."""

import random
import threading
from dataclasses import dataclass, field

from wire_faults import Hit, Plan
from wire_messages import Answer, Request
from wire_proxy import Proxy
from wire_scenarios import ROUTES, Case

NAME = "the server is killed and started again"
COLD_TIMEOUT = "30s"  # a server that has just started is slow
MOMENTS = ("before", "after")  # the request that it is killed at reaches it


@dataclass
class Restart(Plan):
    """Kills the server at a request, the nth of a kind."""

    server: object = None
    kind: str = "next"
    number: int = 1
    moment: str = "before"
    thread: threading.Thread | None = None
    failures: list[BaseException] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{NAME} {self.moment} {self.kind} {self.number}"

    def before(self, proxy: Proxy, request: Request) -> Answer | None:
        if self.moment == "before":
            self.strike(proxy, request)
        return None

    def after(self, proxy: Proxy, request: Request, _answer: Answer) -> None:
        if self.moment == "after":
            self.strike(proxy, request)

    def strike(self, proxy: Proxy, request: Request) -> None:
        if self.hits or (request.kind, request.number) != (self.kind, self.number):
            return
        self.hits.append(Hit(NAME, request.kind, self.spilled()))
        proxy.downs += 1
        self.server.kill()
        self.thread = threading.Thread(target=self.start_again)
        self.thread.start()

    def start_again(self) -> None:
        try:
            self.server.start()
        except BaseException as error:
            self.failures.append(error)

    def settle(self) -> None:
        """Waits until the server is back."""
        if self.thread is not None:
            self.thread.join()
        if self.failures:
            raise self.failures[0]


def draw_restart(seed: int, ground: object) -> tuple[Case, Restart]:
    rng = random.Random(f"restart {seed}")
    case = Case(
        route=rng.choice(list(ROUTES)),
        sink=rng.choice(["sqlite", "postgres"]),
        snapshot=["scroll", "pit"][seed % 2],
        slices=rng.choice([None, None, 2]),
        page_size=rng.choice([60, 110]),
        workers=rng.choice([1, 2, 3]),
        few_rows=rng.random() < 0.67,
        compressed=False,
        patient=rng.random() < 0.5,
        timeout=COLD_TIMEOUT,
    )
    case = ground.suit(case)
    requests = case.requests()
    kinds = [kind for kind in ("next", "pit_next", "next", "pit_next") if requests[kind]]
    kind = rng.choice([*kinds, "open" if requests["open"] else "pit_open"])
    number = rng.randrange(max(1, requests[kind] - 2)) + 1
    return case, Restart(
        [], server=ground.server, kind=kind, number=number, moment=rng.choice(MOMENTS)
    )
