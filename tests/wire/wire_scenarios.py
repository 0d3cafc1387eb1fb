# SPDX-License-Identifier: Apache-2.0
"""Documents in three indices, the pipelines that read them, and what their tables must hold:
worked out by a plain client that knows neither scrolls nor points in time."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from pipelines.balances import COLUMNS, KEY, LUA_STEP, SERIES, ZONE

PIPELINE, TABLE = "events", "loaded"
INDICES = {"wire-a": 1, "wire-b": 2, "wire-c": 3}  # shards
DOCUMENTS = 3600
BAD_EVERY = 300
START = 1_709_280_000  # 2024-03-01T08:00:00Z
DAYS = 30

MAPPING = {
    "event_id": {"type": "keyword"},
    "person": {"type": "keyword"},
    "used_at": {"type": "long"},
    "amount": {"type": "keyword"},
    "kind": {"type": "keyword"},
    "points": {"type": "long"},
    "note": {"type": "keyword", "index": False, "doc_values": False},
}


@dataclass(frozen=True)
class Route:
    name: str
    config: dict
    sink: dict = field(default_factory=dict)


ROUTES = {
    route.name: route
    for route in (
        Route(
            "ordered",
            {**SERIES, "steps": [LUA_STEP], "commit": {"rows": 70}},
            {"mode": "append"},
        ),
        Route(
            "stream", {"steps": [], "commit": {"rows": 150}}, {"mode": "append", "again": "append"}
        ),
        Route("merge", {"partitions": 8, "commit": {"rows": 60}}, {"mode": "merge", **KEY}),
        Route("replace", {"commit": {"rows": 200}}, {"mode": "replace"}),
    )
}


def make_documents(seed: int) -> dict[str, list[tuple[str, dict]]]:
    """By index: (id, source)."""
    rng = random.Random(seed)
    documents: dict[str, list[tuple[str, dict]]] = defaultdict(list)
    for i in range(DOCUMENTS):
        at = START + rng.randrange(DAYS * 86_400)
        source = {
            "event_id": f"e{i}",
            "person": f"p{min(int(rng.expovariate(0.03)), 79)}",
            "used_at": at - at % rng.choice([1, 3600]),
            "amount": f"{rng.randrange(-500, 20000) / 100:.2f}",
            "kind": rng.choice("abcdefgh"),
            "points": rng.randrange(50),
            "note": rng.randbytes(rng.choice([40, 120, 400])).hex(),
        }
        if i % BAD_EVERY == BAD_EVERY - 1:
            source["amount"] = "much"
        index = rng.choices(list(INDICES), [1, 2, 3])[0]
        documents[index].append((f"e{i}", source))
    return documents


@dataclass
class Ground:
    """A server with the documents in it."""

    server: object
    shards: dict[str, tuple[str, int]]  # by document id: index and shard
    documents: dict[str, dict]

    @property
    def opensearch(self) -> bool:
        return self.server.product == "opensearch"


def prepare(server: object, seed: int) -> Ground:
    for index, documents in make_documents(seed).items():
        server.create_index(index, MAPPING, shards=INDICES[index])
        server.load(index, documents)
    return fetch(server)


def fetch(server: object) -> Ground:
    """All documents, shard by shard, each in one answer."""
    ground = Ground(server, {}, {})
    for index, shards in INDICES.items():
        for shard in range(shards):
            path = f"/{index}/_search?size=10000&preference=_shards:{shard}"
            for hit in server.request("GET", path)["hits"]["hits"]:
                assert hit["_id"] not in ground.documents
                ground.documents[hit["_id"]] = hit["_source"]
                ground.shards[hit["_id"]] = (index, shard)
    assert len(ground.documents) == DOCUMENTS
    return ground


def good(documents: dict[str, dict]) -> list[dict]:
    return [d for d in documents.values() if d["amount"] != "much"]


def bad_ids(documents: dict[str, dict]) -> set[str]:
    return {i for i, d in documents.items() if d["amount"] == "much"}


def as_row(document: dict) -> dict:
    typed = {"used_at": document["used_at"] * 1_000_000, "amount": Decimal(document["amount"])}
    return {**document, **typed}


def work_out(route: str, documents: dict[str, dict]) -> list[dict]:
    """The output, worked out from the documents in a few plain lines."""
    rows = [as_row(document) for document in good(documents)]
    if route == "ordered":
        return work_out_days(rows)
    if route == "merge":
        best: dict[tuple, dict] = {}
        for row in rows:
            key = (row["person"], row["kind"])
            if key not in best or rank(row) > rank(best[key]):
                best[key] = row
        return list(best.values())
    return rows


def rank(row: dict) -> tuple:
    return (row["used_at"], *(row[name] for name in COLUMNS))


def work_out_days(rows: list[dict]) -> list[dict]:
    zone, days = ZoneInfo(ZONE), defaultdict(list)
    # Ties of time are broken by the document's id.
    for row in sorted(rows, key=lambda row: (row["used_at"], row["event_id"])):
        day = datetime.fromtimestamp(row["used_at"] // 1_000_000, zone).date()
        days[row["person"], day].append(row)
    output, balances = [], defaultdict(Decimal)
    counts: dict[str, int] = defaultdict(int)
    for (person, day), held in sorted(days.items()):
        balances[person] += sum(row["amount"] for row in held)
        counts[person] += 1
        output.append(
            {
                "person": person,
                "day": day,
                "kind": held[-1]["kind"],
                "used_at": held[-1]["used_at"],
                "balance": balances[person],
                "days_active": counts[person],
                "points": held[0]["points"],
                "rows": len(held),
            }
        )
    return output


@dataclass(frozen=True)
class Case:
    """How one run reads and loads."""

    route: str
    sink: str
    snapshot: str
    slices: int | None
    page_size: int
    workers: int
    few_rows: bool  # in memory: the others spill
    compressed: bool
    patient: bool = False  # outlasts a restart of the server
    timeout: str = "800ms"

    def __str__(self) -> str:
        slices = self.slices or "default"
        return (
            f"{self.route}/{self.sink} {self.snapshot} slices={slices} page={self.page_size} "
            f"workers={self.workers} spills={self.few_rows} compressed={self.compressed}"
            f"{' patient' if self.patient else ''}"
        )

    def uses_pit(self) -> bool:
        """For some index at least: more slices than shards need it."""
        return self.snapshot == "pit" or (self.slices or 0) > min(INDICES.values())

    def is_staged(self) -> bool:
        """Rows are moved into the table at the end: how an index is cut is only known to be the same
        again where nobody chose the slices."""
        return self.route == "replace" or self.uses_pit() or self.slices is not None

    def split_of(self, place: tuple[str, int]) -> tuple[str, int]:
        """Of a scroll: the split that a shard is read in."""
        index, shard = place
        return index, shard % (self.slices or INDICES[index])

    def fits(self, documents: float, slices: int) -> bool:
        """One page: then a plain search reads it."""
        mean = documents / slices
        return documents <= self.page_size or (slices > 1 and mean * 1.25 < self.page_size)

    def requests(self) -> dict[str, int]:
        """About how many there are of each kind."""
        splits = {i: self.slices or n for i, n in INDICES.items()}
        pits = [i for i, n in INDICES.items() if self.snapshot == "pit" or splits[i] > n]
        share = {i: DOCUMENTS * n / sum(INDICES.values()) for i, n in INDICES.items()}
        once = [i for i in INDICES if i not in pits and self.fits(share[i], splits[i])]
        scrolls = [i for i in INDICES if i not in [*pits, *once]]
        pages = {i: int(share[i] / self.page_size) + splits[i] for i in INDICES}
        opened = sum(splits[i] for i in scrolls)
        asks = self.route == "stream" and not self.is_staged()
        return {
            "plan": 4 + (sum(splits.values()) if asks else 0),
            "search": sum(splits[i] for i in once),
            "open": opened,
            "next": sum(pages[i] for i in scrolls),
            "pit_open": len(pits),
            "pit_next": sum(pages[i] for i in pits),
            "close": opened,
            "pit_close": len(pits),
        }

    def config(self, url: str, sink: dict) -> dict:
        source = {
            "connection": "events",
            "index": "wire-*",
            "page_size": self.page_size,
            "snapshot": self.snapshot,
            "compressed": self.compressed,
            "keep_alive": "2 min",
        }
        if self.slices is not None:
            source["slices"] = self.slices
        route = ROUTES[self.route]
        patience = {"timeout": self.timeout, "retries": 4, "retry_pause": "4ms"}
        if self.patient:
            patience = {"timeout": self.timeout, "retries": 15, "retry_pause": "300ms"}
        return {
            "connections": {
                "events": {"elasticsearch": url, **patience},
                "sink": sink,
            },
            "pipelines": {
                PIPELINE: {
                    "source": source,
                    "columns": COLUMNS,
                    "max_rejects": 1000,
                    **({"until": "2024-05-01T00:00:00Z"} if "series" in route.config else {}),
                    **route.config,
                    "sink": {"connection": "sink", "table": TABLE, **route.sink},
                }
            },
        }


def draw_case(rng: random.Random) -> Case:
    snapshot = rng.choice(["scroll", "pit"])
    return Case(
        route=rng.choice(list(ROUTES)),
        sink=rng.choice(["sqlite", "postgres"]),
        snapshot=snapshot,
        slices=rng.choice([None, None, 1, 2, 5]),
        page_size=rng.choice([60, 110, 250, 700, 1000]),
        workers=rng.choice([1, 2, 3]),
        few_rows=rng.random() < 0.67,
        compressed=rng.random() < 0.25,
    )
