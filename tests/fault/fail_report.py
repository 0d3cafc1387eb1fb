# SPDX-License-Identifier: Apache-2.0
"""What a record of calls that failed says, for docs/torture.md."""

import os
from datetime import date

from fail_cases import ERRORS, Case
from fail_record import Record
from report import machine

INTRODUCTION = """
The Nth call of a kind since the beginning of main fails, in the binary or any of its libraries, in a
run of 40 rows, or in the night after it, in which one file has grown, one moved, one changed and one
is new: each N for each kind, with several errors; the same with all calls after the Nth failing, too
(lasting); and allocations, one of each call stack first, then the others in an order of chance, as
far as time went. The command must succeed, or end with a documented exit code and a message, never by a
signal or not at all; then the same command without faults must make the tables - output, rejects,
late rows, state - of an undisturbed run, and leave nothing behind. Connections to PostgreSQL have
`gssencmode=disable`: Kerberos, which its client library else tries first, dies where memory runs out
in it (libgssapi_krb5 1.20). Written by `make torture`; how: `tests/fault/torture --help`.
"""


def describe(record: Record, cases: list[Case], commit: str) -> str:
    met, absorbed = record.count().total(), record.count("absorbed")[(True,)]
    lines = [
        INTRODUCTION.strip(),
        "",
        f"- date: {date.today()}; commit {commit}",
        f"- machine: {machine()}",
        f"- command: `make torture`; {record.seconds / 3600:.1f} hours of processes, two at a time",
        f"- calls that failed: {met:,}; {absorbed:,} absorbed, the others a clear error",
        f"- {summary_of_allocations(record)}",
        f"- consequences that may not be: {len(record.broken())}",
        "",
        *table_of_cases(record, cases),
        "",
        *table_of_kinds(record),
    ]
    if broken := record.broken():
        lines += ["", "Consequences that may not be:", "", *[f"- {done.said}" for done in broken]]
    return "\n".join(lines) + "\n"


def summary_of_allocations(record: Record) -> str:
    calls = sum(seen.calls["alloc"] for seen in record.seen.values())
    failed = record.count("kind")[("alloc",)]
    seen = set().union(*(seen.stacks for seen in record.seen.values()))
    struck = set().union(*record.stacks.values())
    return (
        f"allocations: {failed:,} of {calls:,} failed, along {len(struck):,} call stacks of"
        f" {len(seen):,}"
    )


def table_of_cases(record: Record, cases: list[Case]) -> list[str]:
    met, absorbed = record.count("case", "kind", "lasting"), record.count("case", "absorbed")
    lines = [
        "| source/sink/mode/command | calls but allocations | failed | lasting | allocations"
        " | failed | stacks | failed | absorbed |",
        "|---|" + "---:|" * 8,
    ]
    for case in map(str, cases):
        if case not in record.seen:
            continue
        seen = record.seen[case]
        kinds = [kind for kind in ERRORS if kind != "alloc"]
        row = [
            sum(seen.calls[kind] for kind in kinds),
            sum(met[case, kind, False] for kind in kinds),
            sum(met[case, kind, True] for kind in kinds),
            seen.calls["alloc"],
            met[case, "alloc", False],
            len(seen.stacks),
            len(record.stacks[case]),
            absorbed[case, True],
        ]
        lines.append(f"| {case} | " + " | ".join(f"{n:,}" for n in row) + " |")
    return lines


def table_of_kinds(record: Record) -> list[str]:
    met, absorbed = record.count("kind", "lasting"), record.count("kind", "absorbed")
    lines = [
        "| kind of call | failed with | once | lasting | absorbed |",
        "|---|---|---:|---:|---:|",
    ]
    for kind, errors in ERRORS.items():
        names = ", ".join(os.strerror(error).lower() for error in errors)
        row = [met[kind, False], met[kind, True], absorbed[kind, True]]
        lines.append(f"| {kind} | {names} | " + " | ".join(f"{n:,}" for n in row) + " |")
    return lines
