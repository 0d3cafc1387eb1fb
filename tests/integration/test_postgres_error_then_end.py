# SPDX-License-Identifier: Apache-2.0
"""The server says why it does not take the rows of a COPY, and then its connection ends: what it said
is told, not that the connection ended."""

import json
import time
from pathlib import Path

import psycopg
import pytest
from project import Project
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tworuns.pg_wire import PgProxy, ReadingLink

ERROR = b"E"
# Not about a row, and nothing that passes.
REFUSAL = """create table t (a text);
create function refuse() returns trigger language plpgsql as
$$ begin raise exception 'no room for %', new.a using errcode = '53100'; end $$;
create trigger refuse before insert on t for each row execute function refuse()"""
ALONE_SECONDS = 0.2  # the error has arrived well before the end of the connection


class EndingLink(ReadingLink):
    def answer(self, message: bytes) -> bool:
        self.client.sendall(message)
        if message[:1] == ERROR and b"no room for" in message:
            self.proxy.ended += 1
            time.sleep(ALONE_SECONDS)
            return False
        return True


class EndingProxy(PgProxy):
    link_class = EndingLink
    ended = 0


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, tidemill)


def test_the_reason_is_told(project: Project, postgres_database: str) -> None:
    with psycopg.connect(postgres_database) as connection:
        connection.execute(REFUSAL)
    project.write("in.csv", "a\nx\n")
    with EndingProxy(int(conninfo_to_dict(postgres_database)["port"])) as proxy:
        place = make_conninfo(
            postgres_database, host="127.0.0.1", port=proxy.port, sslmode="disable",
            gssencmode="disable",
        )  # fmt: skip
        content = {
            "connections": {"db": {"postgres": place}},
            "pipelines": {
                "p": {
                    "source": {"files": "in.csv"},
                    "columns": {"a": "text"},
                    "sink": {"connection": "db", "table": "t", "mode": "append"},
                }
            },
        }
        project.write("tidemill.yaml", json.dumps(content))
        said = project.run("run", code=5).stderr
        assert proxy.ended > 0
    assert "no room for x" in said and "given up" not in said
