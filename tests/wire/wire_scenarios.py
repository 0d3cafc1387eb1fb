# SPDX-License-Identifier: Apache-2.0
"""Documents in three indices, the pipelines that read them, and what their tables must hold:
worked out by a plain client that knows neither scrolls nor points in time."""

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from pipelines.balances import COLUMNS, KEY, LUA_STEP, SERIES, ZONE
from pipelines.tables import micros

PIPELINE, TABLE = "events", "loaded"
INDICES = {"wire-a": 1, "wire-b": 2, "wire-c": 3}  # shards
CURSOR_INDICES = {name.replace("wire", "cursor"): count for name, count in INDICES.items()}
SHARDS = INDICES | CURSOR_INDICES
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
    indices: dict[str, int] = field(default_factory=lambda: INDICES)
    documents: int = DOCUMENTS  # that a run reads, about

    @property
    def prefix(self) -> str:
        """Of its indices."""
        return next(iter(self.indices)).rpartition("-")[0] + "-"


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
BY_CURSOR = {"columns": {**COLUMNS, "at": "timestamp"}, "cursor": "at", "lag": "30 min"}
# A run has gone before (wire_cursor.py): what is struck is the second.
CURSOR_ROUTES = {
    route.name: route
    for route in (
        Route(
            "cursor_ordered",
            {
                **BY_CURSOR,
                **SERIES,
                "steps": [LUA_STEP],
                "commit": {"rows": 70},
                "until": "2024-03-29",
            },
            {"mode": "append"},
            CURSOR_INDICES,
            2400,
        ),
        Route(
            "cursor_stream",
            {**BY_CURSOR, "steps": [], "commit": {"rows": 150}},
            {"mode": "append"},
            CURSOR_INDICES,
            1800,
        ),
        Route(
            "cursor_merge",
            {**BY_CURSOR, "partitions": 8, "commit": {"rows": 60}},
            {"mode": "merge", **KEY},
            CURSOR_INDICES,
            1800,
        ),
    )
}
ALL_ROUTES = ROUTES | CURSOR_ROUTES


def make_documents(seed: int) -> dict[str, list[tuple[str, dict]]]:
    """By index: (id, source)."""
    rng = random.Random(seed)
    documents: dict[str, list[tuple[str, dict]]] = defaultdict(list)
    for i in range(DOCUMENTS):
        source = draw_source(rng, i)
        index = rng.choices(list(INDICES), [1, 2, 3])[0]
        documents[index].append((f"e{i}", source))
    return documents


def draw_source(rng: random.Random, i: int, first_day: int = 0) -> dict:
    at = START + rng.randrange(first_day * 86_400, DAYS * 86_400)
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
    return source


@dataclass
class Wanted:
    """What a run leaves, worked out from the documents in a few plain lines."""

    output: list[dict]
    rejects: set[str]  # documents
    late: list[dict] = field(default_factory=list)


@dataclass
class Ground:
    """A server with the documents in it."""

    server: object
    shards: dict[str, tuple[str, int]]  # by document id: index and shard
    documents: dict[str, dict]

    @property
    def opensearch(self) -> bool:
        return self.server.product == "opensearch"

    def suit(self, case: "Case") -> "Case":
        """As the server can do it: the oldest knows no points in time."""
        if self.server.name != "elasticsearch_6":
            return case
        slices = None if case.slices is None else min(case.slices, min(SHARDS.values()))
        return replace(case, snapshot="scroll", slices=slices)

    def read(self, _route: str) -> dict[str, dict]:
        """The documents that a run meets."""
        return self.documents

    def wanted(self, route: str) -> Wanted:
        return Wanted(work_out(route, self.documents), bad_ids(self.documents))


def prepare(server: object, seed: int) -> Ground:
    for index, documents in make_documents(seed).items():
        server.create_index(index, MAPPING, shards=INDICES[index])
        server.load(index, documents)
    ground = Ground(server, *fetch(server, INDICES))
    assert len(ground.documents) == DOCUMENTS
    return ground


def fetch(server: object, indices: dict[str, int]) -> tuple[dict, dict]:
    """All documents, shard by shard, each in one answer; and where they are."""
    places, documents = {}, {}
    for index, shards in indices.items():
        for shard in range(shards):
            path = f"/{index}/_search?size=10000&preference=_shards:{shard}"
            for hit in server.request("GET", path)["hits"]["hits"]:
                assert hit["_id"] not in documents
                documents[hit["_id"]] = hit["_source"]
                places[hit["_id"]] = (index, shard)
    return places, documents


def good(documents: dict[str, dict]) -> list[dict]:
    bad = bad_ids(documents)
    return [document for i, document in documents.items() if i not in bad]


def bad_ids(documents: dict[str, dict]) -> set[str]:
    """`at`, null: of a cursor."""
    return {i for i, d in documents.items() if d["amount"] == "much" or d.get("at", "") is None}


def as_row(document: dict) -> dict:
    typed = {"used_at": document["used_at"] * 1_000_000, "amount": Decimal(document["amount"])}
    if "at" in document:
        typed["at"] = micros(datetime.fromisoformat(document["at"].replace("Z", "+00:00")))
    return {**document, **typed}


def work_out(route: str, documents: dict[str, dict]) -> list[dict]:
    """The output, worked out from the documents in a few plain lines."""
    rows = [as_row(document) for document in good(documents)]
    if route == "ordered":
        return work_out_days(rows)
    return newest(rows) if route == "merge" else rows


def newest(rows: list[dict]) -> list[dict]:
    best: dict[tuple, dict] = {}
    for row in rows:
        key = (row["person"], row["kind"])
        if key not in best or rank(row) > rank(best[key]):
            best[key] = row
    return list(best.values())


def rank(row: dict) -> tuple:
    return (row["used_at"], *(row[name] for name in COLUMNS), row.get("at"))


def day_of(row: dict) -> date:
    return datetime.fromtimestamp(row["used_at"] // 1_000_000, ZoneInfo(ZONE)).date()


def work_out_days(
    rows: list[dict], balances: dict | None = None, counts: dict | None = None
) -> list[dict]:
    """`balances` and `counts`: what people have from earlier runs, which becomes what they have."""
    days = defaultdict(list)
    # Ties of time are broken by the document's id.
    for row in sorted(rows, key=lambda row: (row["used_at"], row["event_id"])):
        days[row["person"], day_of(row)].append(row)
    output = []
    balances = defaultdict(Decimal) if balances is None else balances
    counts = defaultdict(int) if counts is None else counts
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
        return self.snapshot == "pit" or (self.slices or 0) > min(SHARDS.values())

    def is_staged(self) -> bool:
        """Rows are moved into the table at the end: how an index is cut is only known to be the same
        again where nobody chose the slices."""
        return self.route == "replace" or self.uses_pit() or self.slices is not None

    def commits_splits(self) -> bool:
        """One by one, each once it is whole."""
        return "stream" in self.route and not self.is_staged()

    @property
    def by_cursor(self) -> bool:
        return self.route in CURSOR_ROUTES

    def split_of(self, place: tuple[str, int]) -> tuple[str, int]:
        """Of a scroll: the split that a shard is read in."""
        index, shard = place
        return index, shard % (self.slices or SHARDS[index])

    def fits(self, documents: float, slices: int) -> bool:
        """One page: then a plain search reads it."""
        mean = documents / slices
        return documents <= self.page_size or (slices > 1 and mean * 1.25 < self.page_size)

    def requests(self) -> dict[str, int]:
        """About how many there are of each kind."""
        route = ALL_ROUTES[self.route]
        indices = route.indices
        splits = {i: self.slices or n for i, n in indices.items()}
        pits = [i for i, n in indices.items() if self.snapshot == "pit" or splits[i] > n]
        share = {i: route.documents * n / sum(indices.values()) for i, n in indices.items()}
        once = [i for i in indices if i not in pits and self.fits(share[i], splits[i])]
        scrolls = [i for i in indices if i not in [*pits, *once]]
        pages = {i: int(share[i] / self.page_size) + splits[i] for i in indices}
        opened = sum(splits[i] for i in scrolls)
        asks = self.commits_splits()
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
        route = ALL_ROUTES[self.route]
        source = {
            "connection": "events",
            "index": f"{route.prefix}*",
            "page_size": self.page_size,
            "snapshot": self.snapshot,
            "compressed": self.compressed,
            "keep_alive": "2 min",
        }
        if self.slices is not None:
            source["slices"] = self.slices
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


def draw_case(
    rng: random.Random,
    routes: tuple[str, ...] = tuple(ROUTES),
    sinks: tuple[str, ...] = ("sqlite", "postgres"),
) -> Case:
    snapshot = rng.choice(["scroll", "pit"])
    route = rng.choice(routes)
    return Case(
        route=route,
        sink=rng.choice([sink for sink in sinks if sink != "csv" or "merge" not in route]),
        snapshot=snapshot,
        slices=rng.choice([None, None, 1, 2, 5]),
        page_size=rng.choice([60, 110, 250, 700, 1000]),
        workers=rng.choice([1, 2, 3]),
        few_rows=rng.random() < 0.67,
        compressed=rng.random() < 0.25,
    )


# By a name that goes with the seed, so that a seed of one stays what it is.
DRAWS = {
    "wire": draw_case,
    "csv": partial(draw_case, routes=("ordered", "stream", "replace"), sinks=("csv",)),
    "cursor": partial(draw_case, routes=tuple(CURSOR_ROUTES), sinks=("sqlite", "postgres", "csv")),
}
