# SPDX-License-Identifier: Apache-2.0
"""What all pytest folders share: the binary under test and the real servers.

A server starts with the first test that asks for it and is shared until the end of the session, so
a test takes an index or a database of its own. A test that kills or stops a server makes itself
one with `servers.start`.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import servers
from pipelines.files import scratch_directory

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def tidemill() -> Path:
    """The binary: TIDEMILL names another one than that of build/test."""
    default = ROOT / "build" / "test" / "src" / "cli" / "tidemill"
    return Path(os.environ.get("TIDEMILL", default)).resolve()


@pytest.fixture
def scratch_path() -> Iterator[Path]:
    """As tmp_path, but in memory if possible, for what would wait for many a real fsync."""
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=scratch_directory()) as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def elasticsearch_8() -> Iterator[servers.SearchServer]:
    """Elasticsearch 8.11.0: `url`, `request`, `create_index`, `load`."""
    with servers.start("elasticsearch_8") as server:
        yield server


@pytest.fixture(scope="session")
def elasticsearch_7() -> Iterator[servers.SearchServer]:
    """Elasticsearch 7.17.18."""
    with servers.start("elasticsearch_7") as server:
        yield server


@pytest.fixture(scope="session")
def elasticsearch_6() -> Iterator[servers.SearchServer]:
    """Elasticsearch 6.8.23: the oldest that is supported. No PIT, mappings with types."""
    with servers.start("elasticsearch_6") as server:
        yield server


@pytest.fixture(scope="session")
def opensearch_2() -> Iterator[servers.SearchServer]:
    """OpenSearch 2.19.1."""
    with servers.start("opensearch_2") as server:
        yield server


@pytest.fixture(scope="session")
def opensearch_3() -> Iterator[servers.SearchServer]:
    """OpenSearch 3.0.0."""
    with servers.start("opensearch_3") as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """A PostgreSQL with fsync on; its superuser is `postgres`, without a password."""
    with servers.start("postgres") as server:
        yield server


@pytest.fixture
def postgres_database(postgres: servers.Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """The conninfo of an empty database that is dropped after the test."""
    name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute(f"create database {name}")
        yield postgres.conninfo(name)
        connection.execute(f"drop database if exists {name} with (force)")


@pytest.fixture(scope="session")
def pipelines_database(postgres: servers.Postgres) -> str:
    """The conninfo of a database that many cases share, each with tables of its own."""
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute("create database pipelines")
    return postgres.conninfo("pipelines")
