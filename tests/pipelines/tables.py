# SPDX-License-Identifier: Apache-2.0
"""What a run left in a sink, as Python values that are alike for all kinds of sinks.

text str, int64 int, double float, decimal Decimal, bool bool, date date, timestamp int
(microseconds since 1970), digest str. A table is a list of rows in an order of its own: rows
are compared as sets with repetitions, so `Tables` sorts them.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg.types.json import set_json_loads

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
REJECT_COLUMNS = ("stage", "position", "step", "column_name", "reason", "sqlstate", "row_values")


@dataclass
class Tables:
    """The tables of a pipeline. Output and late: as dicts by column, sorted; rejects as tuples of
    (stage, position, step, column, reason, sqlstate, values); state as dicts."""

    output: list[dict]
    rejects: list[tuple]
    late: list[dict]
    state: list[dict]


def sort_key(row: dict) -> str:
    return repr(sorted(row.items()))


def sort_rows(rows: list[dict]) -> list[dict]:
    return sorted(rows, key=sort_key)


def micros(moment: datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - EPOCH) // timedelta(microseconds=1)


def cell(value: object, kind: str) -> object:
    """A value as a sink gives it, as one of the type."""
    if value is None:
        return None
    if kind.startswith("decimal"):
        return Decimal(value)
    if kind == "date":
        return value if isinstance(value, date) else date.fromisoformat(value)
    if kind == "timestamp":
        if isinstance(value, str):
            return micros(datetime.fromisoformat(value.replace("Z", "+00:00")))
        return micros(value) if isinstance(value, datetime) else value
    if kind == "bool":
        return value in (True, 1, "true", "t")
    if kind == "int64":
        return int(value)
    if kind == "double":
        return float(value)
    if kind == "uuid":
        return str(value)
    return value


class Reader:
    """Reads the tables of one pipeline; `types` says which type a column has."""

    def __init__(self, pipeline: str, table: str, types: dict[str, str]) -> None:
        self.pipeline = pipeline
        self.table = table
        self.types = {
            **types,
            "_day": "date",
            "_last_day": "date",
            "_previous_day": "date",
            "_hash": "int64",
            "_run": "int64",
            "_rows": "int64",
            "_digest": "uuid",
        }

    def kind(self, column: str) -> str:
        for prefix in ("_series_",):
            if column.startswith(prefix):
                return self.types[column.removeprefix(prefix)]
        return self.types[column]

    def typed(self, names: list[str], rows: list) -> list[dict]:
        kinds = [self.kind(name) for name in names]
        return sort_rows(
            [{n: cell(v, k) for n, v, k in zip(names, row, kinds, strict=True)} for row in rows]
        )

    def read(self) -> Tables:
        return Tables(
            self.rows(self.table),
            sorted(self.rejects(), key=repr),
            self.rows(self.table + "_late"),
            self.rows(f"tidemill_state_{self.pipeline}"),
        )

    def rows(self, table: str) -> list[dict]:
        raise NotImplementedError

    def names(self) -> list[str]:
        raise NotImplementedError

    def query(self, sql: str) -> tuple[list[str], list]:
        raise NotImplementedError

    def rejects(self) -> list[tuple]:
        table = self.table + "_rejects"
        if table not in self.names():
            return []
        names, rows = self.query(f"select * from \"{table}\" where pipeline = '{self.pipeline}'")
        # PostgreSQL quotes what SQLite spells otherwise.
        alike = {"column": "column_name", "values": "row_values"}
        names = [alike.get(name, name) for name in names]
        places = [names.index(name) for name in REJECT_COLUMNS]
        return [normal_reject(tuple(row[i] for i in places)) for row in rows]

    def foreign_tables(self) -> list[str]:
        """Names of tables that should be gone after a run."""
        raise NotImplementedError


class SqliteReader(Reader):
    def __init__(self, path: Path, *arguments: object) -> None:
        super().__init__(*arguments)
        self.path = path

    def query(self, sql: str) -> tuple[list[str], list]:
        if not self.path.exists():
            return [], []
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as base:
            cursor = base.execute(sql)
            return [column[0] for column in cursor.description], cursor.fetchall()

    def names(self) -> list[str]:
        return [n for (n,) in self.query("select name from sqlite_master where type = 'table'")[1]]

    def rows(self, table: str) -> list[dict]:
        if table not in self.names():
            return []
        return self.typed(*self.query(f'select * from "{table}"'))

    def foreign_tables(self) -> list[str]:
        marks = ("staged", "staging", "newstate")
        return [name for name in self.names() if any(mark in name for mark in marks)]

    def check_integrity(self) -> None:
        assert self.query("pragma integrity_check")[1] == [("ok",)]


def parse_json(text: str | bytes) -> object:
    """With all digits of its numbers."""
    return json.loads(text, parse_float=Decimal)


def prepare(connection: psycopg.Connection) -> None:
    set_json_loads(parse_json, connection)
    connection.execute("set time zone 'UTC'")


class PostgresReader(Reader):
    def __init__(self, conninfo: str, *arguments: object) -> None:
        super().__init__(*arguments)
        self.conninfo = conninfo

    def query(self, sql: str) -> tuple[list[str], list]:
        with psycopg.connect(self.conninfo) as connection:
            prepare(connection)
            cursor = connection.execute(sql)
            return [column.name for column in cursor.description], cursor.fetchall()

    def names(self) -> list[str]:
        sql = "select table_name from information_schema.tables where table_schema = 'public'"
        return [name for (name,) in self.query(sql)[1]]

    def rows(self, table: str) -> list[dict]:
        if table not in self.names():
            return []
        return self.typed(*self.query(f'select * from "{table}"'))

    def foreign_tables(self) -> list[str]:
        marks = ("staged", "staging", "newstate")
        return [name for name in self.names() if any(mark in name for mark in marks)]

    def settle(self) -> None:
        """What a process that was killed has sent is done, or will not be: a busy server may end its
        COMMIT long after it."""
        if "tidemill_runs" in self.names():
            with psycopg.connect(self.conninfo) as connection:
                connection.execute("lock table tidemill_runs in share mode")

    def backends(self) -> list[str]:
        sql = """select application_name from pg_stat_activity
                 where application_name like 'tidemill%' and datname = current_database()"""
        return [name for (name,) in self.query(sql)[1]]


class OneConnection(PostgresReader):
    """Reads all tables by one connection."""

    def __init__(self, conninfo: str, *arguments: object) -> None:
        super().__init__(conninfo, *arguments)
        # Plans that the server keeps are those of tables that come and go.
        self.connection = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
        prepare(self.connection)

    def query(self, sql: str) -> tuple[list[str], list]:
        cursor = self.connection.execute(sql)
        return [column.name for column in cursor.description], cursor.fetchall()


class CsvReader(SqliteReader):
    """Output as the part files that the manifest names; the rest in the directory's own SQLite."""

    def __init__(self, directory: Path, *arguments: object) -> None:
        super().__init__(directory / "tidemill.sqlite", *arguments)
        self.directory = directory

    def rows(self, table: str) -> list[dict]:
        if table != self.table:
            return super().rows(table)
        rows: list[dict] = []
        for path in sorted((self.directory / table).glob("*.csv")):
            names, *lines = read_csv(path)
            rows += self.typed(names, lines)
        return sort_rows(rows)

    def foreign_files(self) -> list[str]:
        """Files that are not part of the set."""
        committed = {name for (name,) in self.query("select name from tidemill_files")[1]}
        directory = self.directory / self.table
        if not directory.is_dir():
            return []
        return [p.name for p in directory.iterdir() if p.name not in committed]


def read_csv(path: Path) -> list[list]:
    """Records with empty cells as nulls, and quoted empty ones as empty text."""
    return [split_record(record) for record in split_unquoted(path.read_bytes().decode(), "\n")]


def split_unquoted(text: str, separator: str) -> list[str]:
    """Cuts at separators that are not within quotes; one at the end ends nothing."""
    parts, start, quoted = [], 0, False
    for i, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif c == separator and not quoted:
            parts.append(text[start:i])
            start = i + 1
    return parts


def split_record(record: str) -> list:
    cells = split_unquoted(record.removesuffix("\r") + ",", ",")
    return [
        cell[1:-1].replace('""', '"') if cell.startswith('"') else cell or None for cell in cells
    ]


def normal_reject(row: tuple) -> tuple:
    """With the values parsed: databases differ in the spaces of JSON."""
    *rest, values = row
    if isinstance(values, str):
        values = parse_json(values)
    values = json.dumps(values, sort_keys=True, default=str)
    return (*rest, values)
