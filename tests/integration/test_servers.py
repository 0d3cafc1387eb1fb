# SPDX-License-Identifier: Apache-2.0
"""The servers that everything else in this folder is tested against do work."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import servers

SEARCH_SERVERS = (
    "elasticsearch_8",
    "elasticsearch_7",
    "elasticsearch_6",
    "opensearch_2",
    "opensearch_3",
)


@pytest.mark.parametrize("name", SEARCH_SERVERS)
def test_a_search_server_finds_what_was_loaded(name, request):
    server = request.getfixturevalue(name)
    server.create_index("servers", {"colour": {"type": "keyword"}})
    colours = ("red", "green", "blue", "grey")
    server.load("servers", ((str(i), {"colour": colours[i % 4]}) for i in range(1000)))
    answer = server.request(
        "POST",
        "/servers/_search",
        {"query": {"term": {"colour": "blue"}}, "track_total_hits": True},
    )
    number_only = name == "elasticsearch_6"
    assert answer["hits"]["total"] == (250 if number_only else {"value": 250, "relation": "eq"})
    server.request("DELETE", "/servers")


def test_postgres_is_durable_and_its_databases_are_apart(postgres, postgres_database):
    with psycopg.connect(postgres_database) as connection:
        assert connection.execute("show fsync").fetchone() == ("on",)
        connection.execute("create table only_here (n int)")
    with psycopg.connect(postgres.conninfo()) as connection:
        assert connection.execute("select to_regclass('only_here')").fetchone() == (None,)


@pytest.mark.parametrize("end", ["stop", "stop_immediately", "kill"])
def test_postgres_comes_back_with_its_data_on_its_port(end):
    with servers.start("postgres") as server:
        conninfo = server.conninfo()
        with psycopg.connect(conninfo) as connection:
            connection.execute("create table kept as select 42 as n")
        getattr(server, end)()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(conninfo)
        server.start()
        assert server.conninfo() == conninfo
        with psycopg.connect(conninfo) as connection:
            assert connection.execute("select n from kept").fetchone() == (42,)
        directory = server.directory
    assert not directory.exists()


def test_what_a_killed_owner_left_is_swept():
    tools = Path(servers.__file__).resolve().parents[1]
    program = """
import servers, time
server = servers.start("postgres")
print(server.directory, flush=True)
time.sleep(60)
"""
    owner = subprocess.Popen(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(tools)},
        stdout=subprocess.PIPE,
        text=True,
    )
    directory = Path(owner.stdout.readline().strip())
    conninfo = json.loads((directory / "instance.json").read_text())["address"]
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    psycopg.connect(conninfo).close()

    with servers.start("postgres"):
        assert not directory.exists()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(conninfo)
