# SPDX-License-Identifier: Apache-2.0
"""Grounds whose documents are in a search server: an append that reads one instant of an index, or
chosen slices of it, is staged, so that its rows come into the table all at once, at the end."""

import time
from pathlib import Path

from kill_ground import DifferenceError, Ground
from kill_scenarios import Data

MAPPING = {
    "event_id": {"type": "keyword"},
    "person": {"type": "keyword"},
    "used_at": {"type": "long"},
    "amount": {"type": "keyword"},
    "kind": {"type": "keyword"},
    "points": {"type": "long"},
    "note": {"type": "keyword", "index": False, "doc_values": False},
}
CONNECTION = "search"
SHARDS = 4
# By the ground's seed: one instant for all slices, or an instant for each.
SNAPSHOTS = ({"slices": 4}, {"snapshot": "pit", "slices": 9})
PAGE = 60
CLOSED_SECONDS_MAX = 20.0


class SearchGround(Ground):
    """Before any other kind of ground among the bases of a class; the index is the ground's own."""

    alone = True  # nobody else reads the index: contexts are those of the runs that are looked at

    def __init__(
        self, binary: Path, directory: Path, sink: str, mode: str, seed: int, server, search
    ) -> None:
        self.search = search
        self.index = f"{sink}-{mode}"
        self.source = {
            "connection": CONNECTION,
            "index": self.index,
            "page_size": PAGE,
            **SNAPSHOTS[seed % len(SNAPSHOTS)],
        }
        super().__init__(binary, directory, sink, mode, seed, server)

    def connections(self) -> dict:
        return {CONNECTION: {"elasticsearch": self.search.url, "retry_pause": "20ms"}}

    def pipeline(self) -> dict:
        return super().pipeline() | {"source": self.source}

    def write_earlier(self, data: Data) -> None:
        self.search.create_index(self.index, MAPPING, shards=SHARDS)
        self.load(data.documents(data.earlier))

    def write_later(self, data: Data) -> None:
        self.load(data.documents(data.later))

    def load(self, documents: list[dict]) -> None:
        self.search.load(self.index, ((d["event_id"], d) for d in documents))

    def check_open(self, where: str) -> None:
        if not self.alone:
            return
        deadline = time.monotonic() + CLOSED_SECONDS_MAX
        while (count := self.open_contexts()) and time.monotonic() < deadline:
            time.sleep(0.05)
        if count:
            raise DifferenceError(f"{where}: {count} search contexts are left open")

    def open_contexts(self) -> int:
        stats = self.search.request("GET", f"/{self.index}/_stats/search")
        return stats["_all"]["total"]["search"]["open_contexts"]

    def remove(self) -> None:
        self.search.request("DELETE", f"/{self.index}")
        super().remove()
