# SPDX-License-Identifier: Apache-2.0
"""Sample events in many indices, for the benchmarks that read those."""

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from measure import ROOT, TIDEMILL

sys.path.insert(0, str(ROOT / "tools"))
import servers

BULK_LINES = 10000
INDICES_PER_REQUEST = 20  # the server takes its time for many at once
KEYWORDS = {"type": "keyword"}
DATES = {"type": "date"}
MAPPINGS = {
    "properties": {
        **dict.fromkeys(("ts", "written"), DATES),
        **dict.fromkeys(("event_id", "customer_id", "offer_id", "channel", "note"), KEYWORDS),
    }
}


def sample(directory: Path, rows: int) -> list[str]:
    events = directory / "events.ndjson"
    customers = max(rows // 20, 10)
    command = [TIDEMILL, "sample", "--rows", str(rows), "--customers", str(customers), events]
    subprocess.run(command, check=True)
    return events.read_text().splitlines()


def create(server: servers.SearchServer, name: str, shards: int) -> None:
    """By a template: indices that a bulk request makes are made together."""
    settings = {"number_of_shards": shards, "number_of_replicas": 0, "refresh_interval": "-1"}
    template = {"settings": settings, "mappings": MAPPINGS}
    body = {"index_patterns": [f"{name}*"], "template": template}
    server.request("PUT", f"/_index_template/{name.strip('-')}", body)


def load(
    server: servers.SearchServer, names: list[str], lines: list[str], first_id: int = 0
) -> None:
    """Spreads the documents evenly: line i goes to names[i * n / lines]."""
    for first in range(0, len(lines), BULK_LINES):
        batch = []
        for i in range(first, min(first + BULK_LINES, len(lines))):
            name = names[i * len(names) // len(lines)]
            action = {"_index": name, "_id": f"e{first_id + i:09}"}
            batch += [json.dumps({"index": action}), lines[i]]
        answer = server.request("POST", "/_bulk?filter_path=errors", "\n".join([*batch, ""]))
        if answer["errors"]:
            sys.exit("Elasticsearch refused documents")


def settle(server: servers.SearchServer, names: list[str]) -> None:
    for first in range(0, len(names), INDICES_PER_REQUEST):
        listed = ",".join(names[first : first + INDICES_PER_REQUEST])
        server.request("POST", f"/{listed}/_refresh")
        server.request("POST", f"/{listed}/_forcemerge?max_num_segments=1")


def expect(server: servers.SearchServer, pattern: str, rows: int) -> None:
    count = server.request("GET", f"/{pattern}/_count")["count"]
    if count != rows:
        sys.exit(f"{pattern} holds {count} documents, not {rows}")


def aside(work: Callable[..., None], *arguments: object) -> None:
    """In a process of its own: what it needs of memory would hide that of the runs."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        sys.exit("the documents could not be made")
