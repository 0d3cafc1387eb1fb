# SPDX-License-Identifier: Apache-2.0
"""What happens to a pipeline and its table between nights, behind the back of its runs: each time the
run must refuse, say why, and change nothing; then it is put right, or accepted, or begun anew."""

import sqlite3
import subprocess

import psycopg
from pipelines import engine

FROM_OTHERS = ("Either start over", "go on with both as they are")


def change_state(case, *arguments: str) -> None:
    command = [case.project.binary, "state", case.name, *arguments]
    done = subprocess.run(command, cwd=case.project.directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def execute(case, statement: str) -> None:
    if case.sink == "postgres":
        with psycopg.connect(case.fixture("pipelines_database"), autocommit=True) as connection:
            connection.execute(statement)
    else:
        with sqlite3.connect(case.project.directory / "out.sqlite") as connection:
            connection.execute(statement)


def refuse(case, *said: str) -> None:
    """Whatever is there now stays as it is."""
    case.write_project()
    before = case.run_rows()
    refused = case.project.run(*case.options())
    assert refused.code == engine.EXIT_FAILED, refused.describe()
    for words in said:
        assert words in refused.said, refused.said
    assert case.run_rows() == before


def edit_pipeline(case) -> None:
    """The step's script is another one, which does the same; or was only tried out."""
    case.script = case.script + f"-- as of night {case.night}\n"
    refuse(case, "the pipeline has changed", "step 1 lua", *FROM_OTHERS)
    if case.rng.random() < 0.5:
        change_state(case, "accept")
    else:
        case.script = case.script[: case.script.rindex("-- as of")]


def lose_table(case) -> None:
    """It is moved away, and found again; or it is gone for good, and all is loaded anew."""
    table, away = f"{case.name}_out", f"{case.name}_away"
    execute(case, f"alter table {table} rename to {away}")
    refuse(case, "does not exist any more")
    if case.rng.random() < 0.5:
        execute(case, f"alter table {away} rename to {table}")
    else:
        execute(case, f"drop table {away}")
        start_over(case)


def empty_table(case) -> None:
    execute(case, f"delete from {case.name}_out")
    refuse(case, "has been emptied")
    start_over(case)


def start_over(case) -> None:
    change_state(case, "reset", "--yes")
    case.forget_all()


def happen(case) -> None:
    """One of them, where it can be noticed: something has been loaded, and into a table."""
    mishaps = []
    if case.kind == "ordered" and case.has_states():
        mishaps.append(edit_pipeline)
    if case.sink != "csv" and case.has_output():
        mishaps += [lose_table, empty_table]
    if mishaps:
        mishap = case.rng.choice(mishaps)
        mishap(case)
        case.mishaps[mishap.__name__] += 1
