# SPDX-License-Identifier: Apache-2.0
"""Real servers for tests and measurements, on 127.0.0.1, each with a directory of its own.

    with servers.start("postgres") as postgres:
        connect(postgres.conninfo())

`stop` and `kill` end a server, `start` brings it back on the same port with the same data, `close`
ends it and removes what it wrote. `python3 tools/servers --help` does the same from a shell.
"""

from .instance import Instance, ServerError
from .pgbouncer import PgBouncer
from .postgres import Postgres
from .search import (
    Elasticsearch6,
    Elasticsearch7,
    Elasticsearch8,
    OpenSearch2,
    OpenSearch3,
    SearchServer,
)

KINDS = {
    kind.name: kind
    for kind in (
        Elasticsearch8,
        Elasticsearch7,
        Elasticsearch6,
        OpenSearch2,
        OpenSearch3,
        Postgres,
        PgBouncer,
    )
}


def start(name: str, **options: object) -> Instance:
    """A running server of KINDS. Options: `detached`; `heap` where there is Java; `settings` of
    PostgreSQL; those of PgBouncer."""
    instance = KINDS[name](**options)
    try:
        instance.start()
    except BaseException:
        instance.close()
        raise
    return instance


__all__ = [
    "KINDS",
    "Elasticsearch6",
    "Elasticsearch7",
    "Elasticsearch8",
    "Instance",
    "OpenSearch2",
    "OpenSearch3",
    "PgBouncer",
    "Postgres",
    "SearchServer",
    "ServerError",
    "start",
]
