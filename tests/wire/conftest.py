# SPDX-License-Identifier: Apache-2.0
"""The grounds of these tests: each server with the documents in it, for the whole session."""

from collections.abc import Iterator

import psycopg
import pytest
from wire_campaign import Campaign, Stage
from wire_scenarios import CURSOR_INDICES, INDICES, prepare

DATA_SEED = 1
SERVERS = ("elasticsearch_8", "elasticsearch_7", "opensearch_2")


@pytest.fixture(scope="session")
def wire_database(postgres) -> str:
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute("create database wire")
    return postgres.conninfo("wire")


@pytest.fixture(scope="session")
def wire_campaign(tidemill, wire_database, tmp_path_factory, request) -> Iterator[Campaign]:
    directory, known = tmp_path_factory.mktemp("wire"), {}
    stages = []
    for name in SERVERS:
        ground = prepare(request.getfixturevalue(name), DATA_SEED)
        stages.append(Stage(tidemill, directory, ground, wire_database, known))
    yield Campaign(stages)
    for stage in stages:
        stage.proxy.__exit__()
        stage.ground.server.request("DELETE", "/" + ",".join(INDICES))
        if stage.nights is not None:
            stage.ground.server.request("DELETE", "/" + ",".join(CURSOR_INDICES))
