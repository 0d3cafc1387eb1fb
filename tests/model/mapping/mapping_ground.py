# SPDX-License-Identifier: Apache-2.0
"""A world in a real server, read by the binary, and compared cell by cell with the server's doc
values."""

import json
import os
import sqlite3
import subprocess
from collections import Counter
from pathlib import Path

from mapping_kinds import Kind
from mapping_reference import expected, fits
from mapping_values import REJECT, dump
from mapping_world import NESTED, World
from servers import SearchServer, ServerError


def features_of(server: SearchServer) -> frozenset[str]:
    """What not every product and build has."""
    tries = {
        "scaled_float": {"type": "scaled_float", "scaling_factor": 10},
        "constant_keyword": {"type": "constant_keyword", "value": "a"},
        "unsigned_long": {"type": "unsigned_long"},
        "flattened": {"type": "flattened"},
        "flat_object": {"type": "flat_object"},
        "flat": {"type": "object", "subobjects": False},
        "wildcard": {"type": "wildcard"},
        "wildcard_doc_values": {"type": "wildcard", "doc_values": True},
        "version": {"type": "version"},
        "match_only_text": {"type": "match_only_text"},
        "date_nanos": {"type": "date_nanos"},
        "java_time": {"type": "date", "format": "uuuu"},
    }
    found = set()
    for name, mapping in tries.items():
        index = f"mapping-tried-{os.getpid()}"
        try:
            server.create_index(index, {"f": mapping})
        except ServerError:
            continue
        server.request("DELETE", f"/{index}")
        found.add(name)
    return frozenset(found)


def fill(server: SearchServer, world: World) -> None:
    """What the server refuses is not in its index: mostly what is malformed without leave."""
    for index, documents in world.documents.items():
        settings = {"number_of_shards": 2, "number_of_replicas": 0}
        mappings = world.mappings(index)
        body = {"settings": settings, "mappings": mappings}
        server.request("PUT", f"/{index}{server.create_parameters}", body)
        lines = []
        for identifier, source in documents.items():
            lines += (json.dumps({"index": {"_id": identifier}}), dump(source))
        path = f"/{index}/{server.bulk_path}?refresh=true"
        answer = server.request("POST", path, "\n".join([*lines, ""]))
        for item in answer["items"]:
            if "error" in item["index"]:
                del documents[item["index"]["_id"]]


def has_doc_values(kind: Kind | None) -> bool:
    if kind is None or kind.mapping is None or kind.mapping.get("enabled") is False:
        return False
    return bool(kind.sub_field) or kind.mapping["type"] not in ("text", "match_only_text")


def question(world: World, index: str) -> dict:
    """Nested objects are documents of their own, and answer for themselves."""
    fields: dict[bool, list] = {False: [], True: []}
    for column, kind in zip(world.columns, world.kinds[index], strict=True):
        if has_doc_values(kind):
            form = {"format": "epoch_millis"} if kind.family == "moment" else {}
            fields[column.is_nested].append({"field": column.take} | form)
    inner = {"size": 100, "docvalue_fields": fields[True], "_source": False}
    nested = {
        "path": NESTED,
        "query": {"match_all": {}},
        "ignore_unmapped": True,
        "inner_hits": inner | {"ignore_unmapped": True},
    }
    query = {"bool": {"should": [{"match_all": {}}, {"nested": nested}]}}
    return {"size": 10000, "docvalue_fields": fields[False], "_source": False, "query": query}


def answers(hit: dict) -> dict[str, list]:
    """Doc values by field, those of nested objects behind each other."""
    fields = {name: list(values) for name, values in hit.get("fields", {}).items()}
    inner = hit.get("inner_hits", {}).get(NESTED, {"hits": {"hits": []}})["hits"]["hits"]
    for part in inner:
        for name, values in part.get("fields", {}).items():
            fields.setdefault(name, []).extend(values)
    return fields


def ask(server: SearchServer, world: World, index: str) -> dict[str, dict[str, list]]:
    """The doc values of each document by column."""
    hits = server.request("POST", f"/{index}/_search", question(world, index))["hits"]["hits"]
    assert len(hits) == len(world.documents[index])
    found = {hit["_id"]: answers(hit) for hit in hits}
    values = {
        identifier: {column.name: fields.get(column.take, []) for column in world.columns}
        for identifier, fields in found.items()
    }
    for column, kind in zip(world.columns, world.kinds[index], strict=True):
        if kind is not None and kind.family == "constant" and server.product == "opensearch":
            # OpenSearch gives the name of the index for it; searches go by the value.
            assert all(fields[column.name] == [index] for fields in values.values())
            for fields in values.values():
                fields[column.name] = [kind.mapping["value"]]
    return values


def run(server: SearchServer, world: World, tidemill: Path, directory: Path) -> tuple[dict, dict]:
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


def type_of(kind: Kind | None) -> str:
    """As the report names it."""
    if kind is None or kind.mapping is None:
        return "not mapped"
    return f"sub-field of {kind.mapping['type']}" if kind.sub_field else kind.mapping["type"]


def check_world(server: SearchServer, world: World, tidemill: Path, directory: Path) -> Counter:
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
        for kind in world.kinds[index]:
            counts[f"type {type_of(kind)}"] += len(documents)
        server.request("DELETE", f"/{index}")
    counts["rejects"] += len(rejects)
    text = "\n".join(problems[:20])
    assert not problems, f"seed {world.seed}: {len(problems)} differences\n{text}"
    assert len(rows) + len(rejects) == counts["documents"]
    return counts
