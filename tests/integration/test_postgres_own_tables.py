# SPDX-License-Identifier: Apache-2.0
"""Whole runs into PostgreSQL tables that are not as a pipeline would make them: with triggers and
rules that pass rows over, with partitions, with types of an earlier pipeline. What a run says is
compared with what is in the tables."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
import servers
from project import Project

SKIP = """create function skip() returns trigger language plpgsql as $$
          begin if new.n % 3 = 0 then return null; end if; return new; end $$;
          create trigger skip before insert on {table} for each row execute function skip()"""
RULE = "create rule skip as on insert to {table} where new.n % 3 = 0 do instead nothing"


@dataclass
class Into:
    """A project of one pipeline into an empty database."""

    project: Project
    conninfo: str

    def pipeline(self, **keys: object) -> None:
        sink = {"connection": "to", "table": "t", "mode": "append", **keys.pop("sink", {})}
        pipeline = {"source": {"files": "in.*.ndjson"}, "columns": {"n": "int64"}, **keys}
        pipeline["sink"] = sink
        content = {
            "connections": {"to": {"postgres": self.conninfo}},
            "pipelines": {"p": pipeline},
        }
        self.project.write("tidemill.yaml", json.dumps(content))

    def file(self, name: str, rows: list[dict]) -> None:
        self.project.write(f"in.{name}.ndjson", "".join(json.dumps(row) + "\n" for row in rows))

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, query: str = "select n from t order by 1") -> list[tuple]:
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def into(tmp_path, tidemill, postgres_database) -> Into:
    return Into(Project(tmp_path, tidemill), postgres_database)


KEYED = {"key": "n", "newest": "n"}
PASSED_OVER = {
    "append, trigger": ({"mode": "append"}, SKIP, "n bigint"),
    "merge, trigger": ({"mode": "merge", **KEYED}, SKIP, "n bigint primary key"),
    "merge, rule": ({"mode": "merge", **KEYED}, RULE, "n bigint primary key"),
    "replace, trigger": ({"mode": "replace"}, SKIP, "n bigint"),
    "replace, trigger, refusals": (
        {"mode": "replace"},
        SKIP,
        "n bigint references parent deferrable initially deferred",
    ),
    "replace, rule": ({"mode": "replace"}, RULE, "n bigint"),
    "replace, partition": ({"mode": "replace"}, SKIP, None),
}


@pytest.mark.parametrize("kind", PASSED_OVER)
def test_rows_that_the_table_passes_over_are_not_counted_as_loaded(into: Into, kind: str) -> None:
    sink, passes_over, columns = PASSED_OVER[kind]
    into.execute("create table parent (n bigint primary key)", "insert into parent values (1), (2)")
    if columns is None:
        into.execute(
            "create table whole (n bigint) partition by range (n)",
            "create table t partition of whole for values from (0) to (20)",
        )
    else:
        into.execute(f"create table t ({columns})")
    into.execute(passes_over.format(table="t"))
    into.pipeline(sink=sink, max_rejects=20)
    into.file("a", [{"n": n} for n in range(22 if columns is None else 10)])
    counts = into.project.record()["counts"]
    refused = {"replace, trigger, refusals": 4, "replace, partition": 1}.get(kind, 0)
    loaded = into.rows()
    assert (counts["loaded"], counts["refused"]) == (len(loaded), refused)
    assert counts["superseded"] == counts["emitted"] - len(loaded) - refused
    assert all(n % 3 != 0 for (n,) in loaded)


@pytest.mark.parametrize("mode", ["append", "merge", "replace"])
@pytest.mark.parametrize("partitioned", [False, True])
def test_an_unlogged_table_is_told_before_its_rows_can_be_lost(
    into: Into, mode: str, partitioned: bool
) -> None:
    """A crash of the server empties it, and keeps the marks of what was loaded. A replace fills it
    anew."""
    if partitioned:
        into.execute(
            "create table t (n bigint primary key) partition by range (n)",
            "create table low partition of t for values from (0) to (5)",
            "create unlogged table high partition of t for values from (5) to (20)",
        )
    else:
        into.execute("create unlogged table t (n bigint primary key)")
    into.pipeline(sink={"mode": mode, **(KEYED if mode == "merge" else {})})
    into.file("a", [{"n": n} for n in range(10)])
    if mode != "replace":
        table = "high" if partitioned else "t"
        for command in ("check", "run"):
            told = into.project.run(command, code=2).stderr
            assert f"table {table} is unlogged" in told
            assert f"ALTER TABLE {table} SET LOGGED" in told
            assert "[E1010]" in told
        assert into.rows() == []
        into.execute(f"alter table {table} set logged")
    into.project.run("run")
    assert into.rows() == [(n,) for n in range(10)]


@pytest.mark.parametrize("mode", ["append", "merge", "replace"])
def test_a_rule_that_takes_every_row_elsewhere_is_told(into: Into, mode: str) -> None:
    """Of its own command the server counts what went elsewhere: rows were said to be loaded, and
    the table was empty. COPY, by which an append comes, knows no rules."""
    into.execute(
        "create table t (n bigint primary key)",
        "create table elsewhere (like t)",
        "create rule away as on insert to t do instead "
        "insert into elsewhere select new.* from generate_series(1, 2)",
    )
    into.pipeline(sink={"mode": mode, **(KEYED if mode == "merge" else {})})
    into.file("a", [{"n": n} for n in range(10)])
    if mode != "append":
        for command in ("check", "run"):
            told = into.project.run(command, code=2).stderr
            assert "the rule away of table t turns every INSERT into something else" in told
            assert "[E1010]" in told
        into.execute("alter table t disable rule away")
    assert into.project.record()["counts"]["loaded"] == 10
    assert into.rows() == [(n,) for n in range(10)]


def test_a_table_of_late_rows_with_other_types_is_refused(into: Into) -> None:
    """The eight bytes of a double would be taken for those of a bigint."""
    keys = {
        "source": {"files": "in.*.ndjson", "registry": True},
        "series": "who",
        "time": "at",
    }
    columns = {"who": "text", "at": "timestamp", "n": "int64", "v": "int64"}
    row = {"who": "a", "at": "2024-03-01T10:00:00Z"}
    into.pipeline(columns=columns, **keys)
    into.file("a", [{**row, "n": 1, "v": 1}])
    into.project.run("run")
    into.file("b", [{**row, "n": 2, "v": 2}])
    into.project.run("run")
    assert into.rows("select n, v from t_late") == [(2, 2)]

    into.pipeline(columns={**columns, "v": "double"}, **keys)
    into.execute("alter table t alter v type double precision")
    into.project.run("state", "p", "accept")
    into.file("c", [{**row, "n": 3, "v": 4.5}])
    for command in ("check", "run"):
        told = into.project.run(command, code=2).stderr
        assert 'late rows\' column `v` of "public"."t_late" is bigint' in told
        assert "[E1010]" in told
    into.execute("alter table t_late alter v type double precision")
    into.project.run("run")
    assert into.rows("select n, v from t_late order by n") == [(2, 2.0), (3, 4.5)]


def test_a_table_without_late_rows_is_made_anew_for_other_types(into: Into) -> None:
    keys = {"source": {"files": "in.*.ndjson", "registry": True}, "series": "who", "time": "at"}
    columns = {"who": "text", "at": "timestamp", "n": "int64", "v": "int64"}
    row = {"who": "a", "at": "2024-03-01T10:00:00Z"}
    into.pipeline(columns=columns, **keys)
    into.file("a", [{**row, "n": 1, "v": 1}])
    into.project.run("run")
    into.pipeline(columns={**columns, "v": "double"}, **keys)
    into.execute("alter table t alter v type double precision")
    into.project.run("state", "p", "accept")
    into.file("b", [{**row, "n": 2, "v": 4.5}])
    into.project.run("run")
    assert into.rows("select n, v from t_late") == [(2, 4.5)]


REFUSE = """create function refuse() returns trigger language plpgsql as $$
            begin if new.n = 7 then raise exception 'no'; end if; return new; end $$;
            create trigger refuse before insert on t for each row execute function refuse()"""


def test_settings_of_the_session_change_nothing(into: Into, postgres_database: str) -> None:
    """How the server prints types, bytes and numbers is the administrator's business."""
    with psycopg.connect(postgres_database) as connection:
        name = connection.info.dbname
    for setting in (
        "quote_all_identifiers = on",
        "bytea_output = escape",
        "extra_float_digits = -5",
        "standard_conforming_strings = off",
        "datestyle = 'SQL, DMY'",
    ):
        into.execute(f'alter database "{name}" set {setting}')
    columns = {"n": "int64", "d": "double", "b": "bytes", "who": "text", "at": "timestamp"}
    row = {"d": 0.1 + 0.2, "b": "QUJDRA==", "who": "a", "at": "2024-03-01T10:00:00Z"}
    into.file("a", [{**row, "n": n} for n in range(10)])

    into.execute("create table t (n bigint, d double precision, b bytea, who text, at timestamptz)")
    into.execute(REFUSE)
    into.pipeline(columns=columns, sink={"mode": "replace"}, max_rejects=1)
    assert into.project.record()["counts"]["refused"] == 1
    (values,) = into.rows("select row_values ->> 'd', row_values ->> 'b' from t_rejects")
    assert values == ("0.30000000000000004", "\\x41424344")

    into.execute("drop table t, t_rejects")
    into.project.run("state", "p", "reset", "--yes")
    into.pipeline(columns=columns, series="who", time="at")
    assert into.project.record()["counts"]["loaded"] == 10
    assert into.project.record()["counts"]["seen"] == 10


def test_a_merge_fills_columns_that_the_server_numbers(into: Into) -> None:
    """In the key: ours are taken. Beside it no upsert could, and a check says so."""
    rows = [{"n": n, "v": n} for n in range(5)]
    into.file("a", rows)
    into.pipeline(columns={"n": "int64", "v": "int64"}, sink={"mode": "merge", **KEYED})
    into.execute("create table t (n bigint generated always as identity primary key, v bigint)")
    into.project.run("run")
    into.file("b", [{"n": 3, "v": 9}])
    into.project.run("run")
    assert into.rows("select n, v from t order by n") == [(0, 0), (1, 1), (2, 2), (3, 9), (4, 4)]

    into.execute("alter table t alter v set not null, alter v add generated always as identity")
    for command in ("check", "run"):
        assert "column `v` is GENERATED ALWAYS" in into.project.run(command, code=2).stderr


def test_what_a_role_may_not_is_told_before_a_run(into: Into, request) -> None:
    role = f"own_tables_{abs(hash(request.node.nodeid)) % 10**9}"
    into.file("a", [{"n": 1}])
    into.execute(
        f"create role {role} login",
        "create table t (n bigint)",
        f"grant insert on t to {role}",
        f"grant create on schema public to {role}",
    )
    try:
        into.conninfo, owner = f"{into.conninfo} user={role}", into.conninfo
        into.pipeline()
        told = into.project.run("check", code=2).stderr
        assert f'role {role} may not SELECT from table "public"."t": GRANT it' in told
        into.conninfo = owner
        into.execute(
            f"grant select on t to {role}",
            "alter table t enable row level security",
            "create policy all_rows on t using (true)",
        )
        assert "row-level security applies" in into.project.run("check", code=2).stderr
        into.execute("alter table t disable row level security")
        into.project.run("run")
        assert into.rows() == [(1,)]
    finally:
        into.execute(f"drop owned by {role}; drop role {role}")


@contextmanager
def encoded(into: Into, postgres: servers.Postgres, encoding: str) -> Iterator[None]:
    """The project's database is one of another encoding."""
    name = f"encoded_{random.Random(str(into.project.directory) + encoding).randrange(10**9)}"
    into.execute(
        f"create database {name} template template0 encoding '{encoding}' "
        "lc_collate 'C' lc_ctype 'C'"
    )
    administer, into.conninfo = into.conninfo, postgres.conninfo(name)
    try:
        yield
    finally:
        into.conninfo = administer
        into.execute(f"drop database {name}")


def test_a_database_of_another_encoding_keeps_what_it_can_not_hold(
    into: Into, postgres: servers.Postgres
) -> None:
    texts = ["plain", "é", "€", "日本", "🚀"]
    into.file("a", [{"n": n, "s": s} for n, s in enumerate(texts)])
    with encoded(into, postgres, "LATIN1"):
        into.pipeline(columns={"n": "int64", "s": "text"}, max_rejects=5)
        counts = into.project.record()["counts"]
        assert (counts["loaded"], counts["refused"]) == (2, 3)
        into.project.run("rejects", "--export", "rejects.ndjson")
        lines = (into.project.directory / "rejects.ndjson").read_text().splitlines()
        values = [json.loads(line)["values"] for line in lines]
        assert values == [{"n": n, "s": s} for n, s in enumerate(texts)][2:]
        told = into.project.run("rejects", "p").stdout
        assert 'sequence N N N in encoding "UTF8" has no equivalent in encoding "LATIN1"' in told
        retried = into.project.run("rejects", "retry", "p", "--json", code=0).stdout
        assert (json.loads(retried)["tried"], json.loads(retried)["refused"]) == (3, 3)


def test_the_winner_of_a_merge_is_the_same_in_every_encoding(
    into: Into, postgres: servers.Postgres
) -> None:
    """By the bytes of KOI8-R the second of these letters comes before the first, so that the winner
    was another one for rows that met in a batch and rows that met in the table."""
    lesser, greater = [{"n": n, "m": 1, "w": "в"} for n in (1, 2, 3)], {"m": 1, "w": "ц"}
    files = {
        "a": [lesser[0], {"n": 1, **greater}, lesser[1], {"n": 3, **greater}],
        "b": [{"n": 2, **greater}, lesser[2]],
    }
    columns = {"n": "int64", "m": "int64", "w": "text"}
    sink = {"mode": "merge", "key": "n", "newest": "m"}
    for encoding in ("KOI8R", "UTF8"):
        with encoded(into, postgres, encoding):
            into.pipeline(columns=columns, sink=sink)
            for name, rows in files.items():
                into.file(name, rows)
                into.project.run("run")
            assert into.rows("select n, w from t order by n") == [(n, "ц") for n in (1, 2, 3)]
            (into.project.directory / "in.b.ndjson").unlink()


LATE = {
    "source": {"files": "in.*.ndjson", "registry": True},
    "series": "who",
    "time": "at",
    "steps": [{"lua": "step.lua", "output": {"n": "int64"}}],
}
WHEN = {"who": "text", "at": "timestamp"}


@pytest.fixture
def late(into: Into) -> Into:
    """`into`, whose pipeline's output stays the same whatever its columns are."""
    into.project.write("step.lua", "return {row = function() return {n = 1} end}")
    return into


def late_file(into: Into, name: str, day: int, **values: object) -> None:
    into.file(name, [{"who": "a", "at": f"2024-03-0{day}T10:00:00Z", **values}])


def columns_of(into: Into, table: str) -> dict[str, str]:
    return dict(
        into.rows(
            "select attname, format_type(atttypid, atttypmod) || case when attnotnull then '!' "
            f"else '' end from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 "
            "and not attisdropped"
        )
    )


def test_a_table_of_late_rows_takes_null_in_every_column(late: Into) -> None:
    """What is required today may not be so tomorrow, and a value that the server can't hold is
    null in late rows: one of them stopped every run."""
    required = {"v": {"type": "int64", "required": True}, "w": {"type": "date", "required": True}}
    late.pipeline(columns={**WHEN, **required}, **LATE)
    late_file(late, "a", 9, v=1, w="2024-01-01")
    late.project.run("run")
    assert columns_of(late, "t_late") == {
        "who": "text",
        "at": "timestamp with time zone",
        "v": "bigint",
        "w": "date",
    }
    late_file(late, "b", 2, v=1, w="-9000-01-01")
    late.project.run("run")
    # As an earlier version made it; and a column that the pipeline has not got any more.
    late.execute("alter table t_late alter v set not null, add gone text not null default ''")
    late.execute("alter table t_late alter gone drop default")
    late.pipeline(columns={**WHEN, "v": "int64"}, **LATE)
    late.project.run("state", "p", "accept")
    late_file(late, "c", 3)
    late.project.run("check")
    late.project.run("run")
    assert late.rows("select v, w, gone from t_late order by at") == [
        (1, None, ""),
        (None, None, None),
    ]


def test_a_table_of_late_rows_is_never_dropped(late: Into) -> None:
    """It may have been made by somebody else, and have grants, columns and triggers."""
    late.execute(
        "create table t_late (id bigint generated by default as identity primary key, "
        "v text not null, note text)",
        "grant select on t_late to public",
    )
    (before,) = late.rows(
        "select 't_late'::regclass::oid::int, relacl::text from pg_class where relname = 't_late'"
    )
    late.pipeline(columns={**WHEN, "v": "int64"}, **LATE)
    late_file(late, "a", 9, v=1)
    late.project.run("run")
    late_file(late, "b", 2, v=2)
    late.project.run("run")
    assert late.rows("select id, v, note from t_late") == [(1, 2, None)]
    assert late.rows(
        "select 't_late'::regclass::oid::int, relacl::text from pg_class where relname = 't_late'"
    ) == [before]
    assert columns_of(late, "t_late") == {
        "id": "bigint!",
        "v": "bigint",
        "note": "text",
        "who": "text",
        "at": "timestamp with time zone",
    }


TABLES_UNFIT_FOR_LATE_ROWS = {
    "a view needs the column": (
        ["create table t_late (v text)", "create view seen as select v from t_late"],
        'late rows\' column `v` of "public"."t_late" is text, but the pipeline now declares',
        "drop view seen",
    ),
    "an index": (
        ["create table t_late (v text)", "create index seen on t_late (v)"],
        'late rows\' column `v` of "public"."t_late" is text, but the pipeline now declares',
        "drop index seen",
    ),
    "generated": (
        ["create table t_late (k bigint, v bigint generated always as (k) stored)"],
        "is bigint, generated, but",
        "alter table t_late drop v",
    ),
    "a key": (
        ["create table t_late (id bigint primary key)"],
        'column `id` of "public"."t_late" is NOT NULL, but late rows may have no value',
        "alter table t_late drop id",
    ),
    "a view": (
        ["create view t_late as select 1 as v"],
        '"public"."t_late", where late rows go, is not a table',
        "drop view t_late",
    ),
    "unlogged": (
        ["create unlogged table t_late (v bigint)"],
        'table "public"."t_late", where late rows go, is unlogged',
        "alter table t_late set logged",
    ),
}


@pytest.mark.parametrize("kind", TABLES_UNFIT_FOR_LATE_ROWS)
def test_a_table_that_can_not_take_late_rows_is_told(late: Into, kind: str) -> None:
    statements, finding, cure = TABLES_UNFIT_FOR_LATE_ROWS[kind]
    late.execute(*statements)
    late.pipeline(columns={**WHEN, "v": "int64"}, **LATE)
    late_file(late, "a", 9, v=1)
    for command in ("check", "run"):
        told = late.project.run(command, code=2).stderr
        assert finding in told
        assert "[E1010]" in told
    late.execute(cure)
    late.project.run("run")
    late_file(late, "b", 2, v=2)
    late.project.run("run")
    assert late.rows("select v from t_late") == [(2,)]


def test_late_rows_of_which_the_encoding_lacks_a_character_are_escaped(
    late: Into, postgres: servers.Postgres
) -> None:
    """Refused they would be rejects, and loaded into the output by a retry."""
    columns = {**WHEN, "v": "text", "j": "json"}
    texts = ["plain", "é", "€", "c", "🚀"]
    with encoded(late, postgres, "LATIN1"):
        late.pipeline(columns=columns, **LATE)
        late_file(late, "a", 9, v="first", j={})
        late.project.run("run")
        rows = [
            {"who": "a", "at": f"2024-03-02T10:00:0{n}Z", "v": v, "j": {"k": v}}
            for n, v in enumerate(texts)
        ]
        late.file("b", rows)
        assert late.project.record()["counts"]["late"] == 5
        found = late.rows("select v, j::text from t_late order by at")
        assert [v for v, _ in found] == ["plain", "é", "\\u20ac", "c", "\\ud83d\\ude80"]
        assert [json.loads(j)["k"] for _, j in found] == texts


STATE = "tidemill_state_p"


@pytest.mark.parametrize(
    ("edit", "stays"),
    [
        ({}, True),
        ({"columns": {"who": "int64", "at": "timestamp"}}, False),
        ({"columns": {**WHEN, "b": "text"}, "series": ["who", "b"]}, False),
        ({"steps": [{**LATE["steps"][0], "state": {"seen": "int64"}}]}, False),
    ],
    ids=["as it was", "another type", "another key", "another column"],
)
def test_a_reset_leaves_a_state_table_that_fits_to_who_may_read_it(
    late: Into, edit: dict, stays: bool
) -> None:
    """Else the table is made anew: the next run finds it as that needs it."""
    late.pipeline(columns=WHEN, **LATE)
    late_file(late, "a", 9)
    late.project.run("run")
    late.execute(f"grant select on {STATE} to public")
    if stays:
        late.execute(f"create view watched as select who from {STATE}")
    late.pipeline(**{"columns": WHEN, **LATE, **edit})
    late.file("a", [{"who": "7", "at": "2024-03-09T10:00:00Z", "b": "x"}])
    late.project.run("state", "p", "reset", "--yes")
    late.execute("drop table t")
    late.project.run("run")
    granted = "select count(*) from information_schema.role_table_grants "
    granted += f"where table_name = '{STATE}' and grantee = 'PUBLIC'"
    assert late.rows(granted) == [(int(stays),)]
    assert late.rows(f"select who::text from {STATE}") == [("7",)]
    if stays:
        assert late.rows("select who from watched") == [("7",)]
