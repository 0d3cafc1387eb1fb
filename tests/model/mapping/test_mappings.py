# SPDX-License-Identifier: Apache-2.0
"""Values are typed as each index's own mapping types them: random mappings and documents in a real
server, whose docvalue_fields are the oracle.

    TIDEMILL_MODEL_SEED=N         the first seed
    TIDEMILL_MAPPING_WORLDS=N     how many worlds per server: three indices each
    TIDEMILL_MAPPING_DOCUMENTS=N  of each index
"""

import json
import os
import sqlite3
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import servers
from mapping_reference import REJECT, expected, fits
from mapping_values import dump
from mapping_world import World, make_world

SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
WORLDS = int(os.environ.get("TIDEMILL_MAPPING_WORLDS", "12"))
DOCUMENTS = int(os.environ.get("TIDEMILL_MAPPING_DOCUMENTS", "60"))


def features_of(server) -> frozenset[str]:
    """What not every product and build has."""
    tries = {
        "scaled_float": {"type": "scaled_float", "scaling_factor": 10},
        "constant_keyword": {"type": "constant_keyword", "value": "a"},
        "unsigned_long": {"type": "unsigned_long"},
        "flattened": {"type": "flattened"},
        "flat_object": {"type": "flat_object"},
        "flat": {"type": "object", "subobjects": False},
    }
    found = set()
    for name, mapping in tries.items():
        index = f"mapping-tried-{os.getpid()}"
        try:
            server.request("PUT", f"/{index}", {"mappings": {"properties": {"f": mapping}}})
        except servers.ServerError:
            continue
        server.request("DELETE", f"/{index}")
        found.add(name)
    return frozenset(found)


def fill(server, world: World) -> None:
    """What the server refuses is not in its index: mostly what is malformed without leave."""
    for index, documents in world.documents.items():
        settings = {"number_of_shards": 2, "number_of_replicas": 0}
        mappings = world.mappings(index)
        server.request("PUT", f"/{index}", {"settings": settings, "mappings": mappings})
        lines = []
        for identifier, source in documents.items():
            lines += (json.dumps({"index": {"_id": identifier}}), dump(source))
        answer = server.request("POST", f"/{index}/_bulk?refresh=true", "\n".join([*lines, ""]))
        for item in answer["items"]:
            if "error" in item["index"]:
                del documents[item["index"]["_id"]]


def ask(server, world: World, index: str) -> dict[str, dict[str, list]]:
    """The doc values of each document by column."""
    fields = []
    for column, kind in zip(world.columns, world.kinds[index], strict=True):
        if kind is not None and (kind.mapping["type"] != "text" or kind.sub_field):
            form = {"format": "epoch_millis"} if kind.family == "moment" else {}
            fields.append({"field": column.take} | form)
    body = {"size": 10000, "docvalue_fields": fields, "_source": False}
    hits = server.request("POST", f"/{index}/_search", body)["hits"]["hits"]
    assert len(hits) == len(world.documents[index])
    values = {
        hit["_id"]: {c.name: hit.get("fields", {}).get(c.take, []) for c in world.columns}
        for hit in hits
    }
    for column, kind in zip(world.columns, world.kinds[index], strict=True):
        if kind is not None and kind.family == "constant" and server.product == "opensearch":
            # OpenSearch 2 gives the name of the index for it; searches go by the value.
            assert all(fields[column.name] == [index] for fields in values.values())
            for fields in values.values():
                fields[column.name] = [kind.mapping["value"]]
    return values


def run(server, world: World, tidemill: Path, directory: Path) -> tuple[dict, dict]:
    """The rows and the rejected columns by index and document id."""
    columns = {"id": {"type": "text", "from": "_id"}, "day": {"type": "text", "from": "_index"}}
    columns |= {column.name: column.config() for column in world.columns}
    project = {
        "connections": {"es": {"elasticsearch": server.url}, "lite": {"sqlite": "out.sqlite"}},
        "pipelines": {
            "p": {
                "source": {"connection": "es", "index": f"{world.prefix}-*"},
                "columns": columns,
                "max_rejects": 1000000,
                "sink": {"connection": "lite", "table": "t", "mode": "append", "again": "append"},
            }
        },
    }
    (directory / "tidemill.yaml").write_text(json.dumps(project))
    result = subprocess.run(
        [tidemill, "run"], cwd=directory, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, (world.seed, result.stdout, result.stderr)
    with sqlite3.connect(directory / "out.sqlite") as database:
        database.row_factory = sqlite3.Row
        rows = {(row["day"], row["id"]): row for row in database.execute("select * from t")}
        found = database.execute("select position, column_name, reason from t_rejects").fetchall()
    return rows, {tuple(position.split("/", 1)): (name, why) for position, name, why in found}


def check_document(
    world: World,
    key: tuple[str, str],
    values: dict,
    rows: dict,
    rejects: dict,
    sent: set[str],
) -> list[str]:
    index, identifier = key
    source = world.documents[index][identifier]
    wanted = {}
    for column, kind in zip(world.columns, world.kinds[index], strict=True):
        second = identifier if f"{identifier}~" not in sent else f"{identifier}~"
        first = values[second][column.name] if second in values else None
        own = values[identifier][column.name]
        wanted[column.name] = expected(column, kind, source, own, first)
    refused = [name for name, value in wanted.items() if value is REJECT]
    where = f"{index}/{identifier} {dump(source)}"
    if (key in rejects) != bool(refused):
        return [f"{where}: reject {rejects.get(key)}, expected one of {refused}"]
    if key in rejects:
        name = rejects[key][0]
        return [] if name == refused[0] else [f"{where}: reject {rejects[key]}, not {refused[0]}"]
    if key not in rows:
        return [f"{where}: neither a row nor a reject"]
    return [
        f"{where}: {column.name} {column.config()} is {rows[key][column.name]!r}, doc values "
        f"{values[identifier][column.name]}, expected {wanted[column.name]}, "
        f"mapped {kind and kind.mapping}"
        for column, kind in zip(world.columns, world.kinds[index], strict=True)
        if not fits(column, wanted[column.name], rows[key][column.name])
    ]


def check_world(server, world: World, tidemill: Path, directory: Path) -> Counter:
    counts: Counter = Counter()
    sent = {index: set(documents) for index, documents in world.documents.items()}
    fill(server, world)
    rows, rejects = run(server, world, tidemill, directory)
    problems = []
    for index, documents in world.documents.items():
        values = ask(server, world, index)
        for identifier in documents:
            key = (index, identifier)
            problems += check_document(world, key, values, rows, rejects, sent[index])
        counts["documents"] += len(documents)
        counts["cells"] += len(documents) * len(world.columns)
        counts["mappings"] += 1
        server.request("DELETE", f"/{index}")
    counts["rejects"] += len(rejects)
    text = "\n".join(problems[:20])
    assert not problems, f"seed {world.seed}: {len(problems)} differences\n{text}"
    assert len(rows) + len(rejects) == counts["documents"]
    return counts


@pytest.mark.parametrize("product", ["elasticsearch_8", "elasticsearch_7", "opensearch_2"])
def test_values_are_what_doc_values_are(
    request: pytest.FixtureRequest, product: str, tidemill: Path, tmp_path: Path
) -> None:
    server = request.getfixturevalue(product)
    counts: Counter = Counter()
    features = features_of(server)
    worlds = WORLDS if product == "elasticsearch_8" else (WORLDS + 2) // 3
    for seed in range(SEED, SEED + worlds):
        directory = tmp_path / str(seed)
        directory.mkdir()
        world = make_world(seed, f"mapping-{product[:2]}-{os.getpid()}-{seed}", features, DOCUMENTS)
        counts += check_world(server, world, tidemill, directory)
    print(f"{product}: seeds {SEED}..{SEED + worlds - 1}: {dict(counts)}")
