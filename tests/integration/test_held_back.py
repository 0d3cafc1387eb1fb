# SPDX-License-Identifier: Apache-2.0
"""A sink that holds the reader back for longer than a scroll or a point in time lives: the reader
reads on to disk, and nothing is begun anew."""

import json
import time
from pathlib import Path

import psycopg
import pytest
from pipelines import engine
from pipelines.engine import Project
from wire_messages import Answer, Request
from wire_proxy import Proxy, Script

KEEP_ALIVE_SECONDS = 1
HELD_SECONDS = 3 * KEEP_ALIVE_SECONDS
DOCUMENTS, SHARDS, PAGE = 6000, 2, 200
NOTE = "x" * 300
BAD = {1999, 2000, 4001}  # documents whose number is none
COLUMNS = {"n": "int64", "note": "text", "masked": {"type": "text", "mask": "redact"}}
SECRET = "canary-7351"


@pytest.fixture
def index(elasticsearch_8, request):
    name = f"held-{abs(hash(request.node.nodeid)):x}"
    elasticsearch_8.create_index(
        name, {"n": {"type": "keyword"}, "note": {"type": "keyword"}}, shards=SHARDS
    )
    elasticsearch_8.load(
        name,
        [
            (f"d{n}", {"n": "bad" if n in BAD else n, "note": NOTE, "masked": SECRET})
            for n in range(DOCUMENTS)
        ],
    )
    yield name
    elasticsearch_8.request("DELETE", f"/{name}")


def search_statistics(server) -> dict:
    (node,) = server.request("GET", "/_nodes/stats/indices/search")["nodes"].values()
    return node["indices"]["search"]


def is_nothing_open(server) -> bool:
    """It is closed, and answered, a moment before its last search lets go of it."""
    return search_statistics(server)["open_contexts"] == 0


def is_blocked(connection: psycopg.Connection) -> bool:
    return connection.execute(
        "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock'"
        " and datname = current_database()"
    ).fetchone()[0]


def wait_until(holds, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def make_project(binary: Path, place: Path, address: str, sink: dict, index: str, **source):
    project = Project(binary, place)
    project.content = {
        "connections": {"events": {"elasticsearch": address}, "out": sink},
        "pipelines": {
            "p": {
                "source": {
                    "connection": "events",
                    "index": index,
                    "page_size": PAGE,
                    "keep_alive": f"{KEEP_ALIVE_SECONDS}s",
                    **source,
                },
                "columns": COLUMNS,
                "max_rejects": 10,
                "commit": {"rows": PAGE},
                "sink": {"connection": "out", "table": "t", "mode": "append", "again": "append"},
            }
        },
    }
    project.write()
    return project


# Whoever writes rows, into the table or into its staging, waits for whoever holds the lock.
GATE = """
create function wait_at_gate() returns trigger language plpgsql as
  $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$;
create table t (n bigint, note text, masked text);
create trigger gate before insert on t for each statement execute function wait_at_gate();
create function add_gate() returns event_trigger language plpgsql as $$
declare made record;
begin
  for made in select * from pg_event_trigger_ddl_commands() loop
    if made.object_identity like 'public.%stag%' then
      execute format('create trigger gate before insert on %s for each statement'
                     ' execute function wait_at_gate()', made.object_identity);
    end if;
  end loop;
end $$;
create event trigger gates on ddl_command_end when tag in ('CREATE TABLE')
  execute function add_gate();
"""


def hold(project: Project, conninfo: str, look=lambda: None, workers: int = 2) -> engine.Execution:
    """Runs with the gate closed for a while."""
    with psycopg.connect(conninfo) as gate, psycopg.connect(conninfo, autocommit=True) as eyes:
        eyes.execute(GATE)
        gate.execute("select pg_advisory_xact_lock(1)")
        process = project.start(*engine.options(workers))
        wait_until(lambda: is_blocked(eyes))
        time.sleep(HELD_SECONDS)  # the server's time has to pass
        assert is_blocked(eyes)
        look()
        gate.rollback()
    return engine.finish(process)


@pytest.mark.parametrize("snapshot", ["scroll", "pit"])
def test_a_locked_table_costs_no_scroll(
    snapshot, tidemill, tmp_path, elasticsearch_8, index, postgres_database
) -> None:
    server, sink = elasticsearch_8, {"postgres": postgres_database}
    project = make_project(tidemill, tmp_path, server.address, sink, index, snapshot=snapshot)
    spilled = []

    def look() -> None:
        files = [path for path in project.spill.iterdir() if path.stat().st_size > 0]
        spilled.extend(files)
        assert all(SECRET.encode() not in path.read_bytes() for path in files)

    before = search_statistics(server)
    execution = hold(project, postgres_database, look)
    assert execution.code == 0, execution.describe()
    record = execution.record
    assert record["attempts_failed"] == 0
    assert record["held_back_rows"] >= PAGE and record["held_back_bytes"] > 0
    assert spilled
    assert record["counts"]["loaded"] == DOCUMENTS - len(BAD)
    assert record["rejects"] == len(BAD)
    after = search_statistics(server)
    wait_until(lambda: is_nothing_open(server))
    scrolls = SHARDS if snapshot == "scroll" else 0
    assert after["scroll_total"] - before["scroll_total"] == scrolls
    with psycopg.connect(postgres_database) as connection:
        found = connection.execute("select n, note, masked from t order by n").fetchall()
        rejects = connection.execute("select position from t_rejects order by 1").fetchall()
    wanted = [(n, NOTE) for n in range(DOCUMENTS) if n not in BAD]
    assert [(n, note) for n, note, _ in found] == wanted
    assert {masked for *_, masked in found} != {SECRET}
    assert rejects == sorted((f"{index}/d{n}",) for n in BAD)
    assert not project.spilled_files()


class Renewals(Script):
    """Every request that only keeps a point in time alive is answered with another id."""

    seen = 0

    def after(self, proxy: Proxy, request: Request, answer: Answer) -> None:
        if request.kind == "pit_next" and request.json["size"] == 0:
            self.seen += 1
            proxy.change_pit_id(request, answer)


def test_ids_that_change_while_a_point_in_time_is_kept_alive_are_used(
    tidemill, tmp_path, elasticsearch_8, index, postgres_database
) -> None:
    sink = {"postgres": postgres_database}
    with Proxy(elasticsearch_8.port) as proxy:
        proxy.one_worker, proxy.script = True, Renewals()
        project = make_project(
            tidemill,
            tmp_path,
            proxy.url,
            sink,
            index,
            snapshot="pit",
            slices=1,
            page_size=DOCUMENTS - 1,
        )
        execution = hold(project, postgres_database, workers=1)
        proxy.settle()
    assert execution.code == 0, execution.describe()
    assert proxy.script.seen > 2
    assert proxy.crimes == []
    assert {context.closed for context in proxy.contexts.values()} == {True}


def test_a_spill_directory_that_is_gone_is_an_error_and_the_same_command_goes_on(
    tidemill, tmp_path, elasticsearch_8, index, postgres_database
) -> None:
    sink = {"postgres": postgres_database}
    project = make_project(tidemill, tmp_path, elasticsearch_8.address, sink, index)
    project.spill.rmdir()
    project.spill.write_text("")
    execution = hold(project, postgres_database)
    assert execution.code == 1, execution.describe()
    said = json.loads(execution.said.strip().splitlines()[-1])["error"]
    assert "spill" in said and str(project.spill) in said, said
    project.spill.unlink()
    project.spill.mkdir()
    execution = project.run()
    assert execution.code == 0, execution.describe()
    with psycopg.connect(postgres_database) as connection:
        counts = connection.execute("select count(*), count(distinct n) from t").fetchone()
    assert counts == (DOCUMENTS - len(BAD),) * 2
