# SPDX-License-Identifier: Apache-2.0
"""Rows as files in the formats that sources read; where each record begins is what rejects name."""

import gzip
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow


@dataclass(frozen=True)
class Record:
    """One record of a file: its bytes, with the line's end."""

    text: bytes


def ndjson_line(fields: dict) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


def hit_line(identifier: str, fields: dict) -> bytes:
    return ndjson_line({"_index": "events", "_id": identifier, "_source": fields})


def csv_cell(value: object) -> str:
    """A null is an empty cell; text is quoted where it must be, and where it would be a null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if text == "" or any(c in text for c in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def csv_line(values: list) -> bytes:
    return ",".join(csv_cell(value) for value in values).encode() + b"\n"


def compress(path: Path, content: bytes) -> None:
    """Writes content, compressed as the file's name says."""
    if path.suffix == ".gz":
        # Two members one after the other are one file, too.
        middle = len(content) // 2
        content = gzip.compress(content[:middle]) + gzip.compress(content[middle:])
    elif path.suffix == ".zst":
        content = pyarrow.compress(content, codec="zstd", asbytes=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def scratch_directory() -> Path:
    """In memory if possible: thousands of runs need no real fsync."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
