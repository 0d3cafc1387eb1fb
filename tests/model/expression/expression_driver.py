# SPDX-License-Identifier: Apache-2.0
"""Talks to driver.c: rows and expressions in, values out."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DEFAULT = ROOT / "build" / "test" / "tests" / "model" / "expression" / "expression_driver"
DRIVER = Path(os.environ.get("TIDEMILL_EXPRESSION_DRIVER", DEFAULT))


@dataclass(frozen=True)
class Refused:
    """The row's error."""

    reason: str


@dataclass(frozen=True)
class Result:
    """What an expression came to: an error of compiling, or its type and a value per row."""

    error: str | None = None
    type: str = ""
    values: tuple[str | Refused | None, ...] = ()


def escape(cell: str | None) -> str:
    if cell is None:
        return "\\N"
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def unescape(cell: str) -> str:
    out, at = [], 0
    while at < len(cell):
        if cell[at] == "\\":
            at += 1
            out.append({"t": "\t", "n": "\n"}.get(cell[at], cell[at]))
        else:
            out.append(cell[at])
        at += 1
    return "".join(out)


class Driver:
    """One driver process over fixed rows."""

    def __init__(self, schema: dict[str, str], rows: list[tuple], zone: str = "UTC") -> None:
        self.process = subprocess.Popen(
            [DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.row_count = len(rows)
        self.write(f"zone\t{zone}")
        self.write("schema\t" + "\t".join(f"{name}\t{kind}" for name, kind in schema.items()))
        self.write(f"rows\t{len(rows)}")
        for row in rows:
            self.write("\t".join(escape(cell) for cell in row))

    def write(self, line: str) -> None:
        self.process.stdin.write(line + "\n")

    def read(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the driver died with {self.process.wait()}")
        return line[:-1]

    def evaluate(self, expression: str) -> Result:
        self.write("expression\t" + escape(expression))
        self.process.stdin.flush()
        head = self.read()
        if head.startswith("error "):
            return Result(error=unescape(head[6:]))
        values: list[str | Refused | None] = []
        for _ in range(self.row_count):
            line = self.read()
            if line == "null":
                values.append(None)
            elif line.startswith("!"):
                values.append(Refused(unescape(line[1:])))
            else:
                values.append(unescape(line[1:]))
        return Result(type=head[5:], values=tuple(values))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
