# SPDX-License-Identifier: Apache-2.0
"""Inputs of 5 to 64 KB to begin sessions of large inputs with: what matters stands around multiples of
the 4 KB that the targets read files by, rows and cells outgrow buffers, batches and blocks. They
follow from a fixed seed, and are made when they are wanted."""

import ctypes
import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

BYTES_MAX = 65_536
EACH = 40
WINDOW = 4096
CSV_HEADER_BYTES = 10  # of the line that fuzz_csv.c puts before an input


def write_seeds(target: str, folder: Path) -> None:
    """Beside what earlier sessions have left there."""
    rng = random.Random(f"large {target}")
    made = MAKERS[target](rng)
    for i in range(EACH):
        data = next(made)[:BYTES_MAX]
        (folder / f"seed-{i:02}").write_bytes(data)


def sizes(rng: random.Random) -> int:
    """Half of them right at a boundary, or next to it."""
    if rng.random() < 0.5:
        return rng.randrange(5000, BYTES_MAX)
    return min(WINDOW * rng.randrange(2, 17) + rng.randrange(-2, 3), BYTES_MAX)


# CSV.

TOKENS = (b'""', b"\r\n", b'",', b'"\r\n', "\u00f3".encode(), "\U0001f300".encode(), b"\n\n", b',"')


def csv_shape(rng: random.Random, header: bool) -> int:
    """The first byte: delimiter comma, records up to 1 MB, any number of few bytes."""
    return rng.randrange(8) << 5 | (8 if header else 0)


def csv_rows(rng: random.Random, note_bytes: int) -> Iterator[bytes]:
    while True:
        length = rng.randrange(note_bytes)
        quoted = b'"' + rng.choice([b'a""b\r\n', b"word, "]) * (length // 6) + b'"'
        yield b"%s,%d,%d.%03d,2024-03-%02d,{}\r\n" % (
            rng.choice([b"", b"x" * length, quoted]),
            rng.randrange(1 << 40),
            rng.randrange(999_999),
            rng.randrange(1000),
            rng.randrange(1, 29),
        )


def crossing(rng: random.Random, bytes_left: int) -> bytes:
    """A record with a token across the end of so many bytes."""
    token = rng.choice(TOKENS)
    fill = max(bytes_left - 1 - rng.randrange(len(token)), 1)
    quoted = b'"' + b"q" * (fill - 1) + token + b'x",1,2,,\r\n'
    return rng.choice([quoted, b"p" * fill + token + b"x,1,2,,\r\n"])


def csv_inputs(rng: random.Random) -> Iterator[bytes]:
    """Short records, or some that are longer than a buffer."""
    while True:
        header, size = rng.random() < 0.8, sizes(rng)
        rows = csv_rows(rng, rng.choice([60, 5000, 12_000]))
        text = bytearray(CSV_HEADER_BYTES if header else 0)
        while len(text) < size:
            row, left = next(rows), WINDOW - len(text) % WINDOW
            ends_here = len(row) >= left - 8 and rng.random() < 0.7
            text += crossing(rng, left) if ends_here else row
        yield bytes([csv_shape(rng, header)]) + text[CSV_HEADER_BYTES if header else 0 : size]


# gzip and zstd.

LIBZSTD = ctypes.CDLL("libzstd.so.1")
LIBZSTD.ZSTD_compress.restype = ctypes.c_size_t
LIBZSTD.ZSTD_compressBound.restype = ctypes.c_size_t


def zstd(data: bytes, level: int) -> bytes:
    room = LIBZSTD.ZSTD_compressBound(ctypes.c_size_t(len(data)))
    out = ctypes.create_string_buffer(room)
    sizes = ctypes.c_size_t(room), data, ctypes.c_size_t(len(data))
    return out.raw[: LIBZSTD.ZSTD_compress(out, *sizes, ctypes.c_int(level))]


def lines(rng: random.Random, size: int) -> bytes:
    """Some longer than a buffer; compressible enough for many windows in 64 KB."""
    text = bytearray()
    while len(text) < size:
        length = rng.choice([3, 20, 24, 25, 80, 5000, 7000]) if rng.random() < 0.1 else 20
        text += (b"%x" % rng.getrandbits(24)) * (length // 6 + 1) + rng.choice([b"\n", b"\r\n"])
    return bytes(text[:size])


def framing_inputs(rng: random.Random) -> Iterator[bytes]:
    """Members and frames of 20 KB to 700 KB of text: beyond a window of gzip and a block of zstd."""
    while True:
        choice = rng.choice([0, 0, 1, 2, 2, 3])
        flags = rng.randrange(64) << 2
        if choice in (1, 3):
            packed = lines(rng, sizes(rng) - 2)
        else:
            parts = [lines(rng, rng.randrange(20_000, 230_000)) for _ in range(rng.randrange(1, 4))]
            if rng.random() < 0.5:
                packed = b"".join(gzip.compress(p, rng.randrange(1, 10), mtime=0) for p in parts)
            else:
                packed = b"".join(zstd(p, rng.choice([-5, 1, 3, 19])) for p in parts)
        if len(packed) <= BYTES_MAX - 2:
            yield bytes([choice | flags, rng.randrange(256)]) + packed


# JSON.

NAMES = ("a", "b", "c", "d", "\u00f3", "a.b", "b.a", "other")
TEXTS = ("plain ", "\u00f3\U0001f300", '"quoted\\" ', "\x07\n\t", "2024-03-01T10:00:00Z")


def value(rng: random.Random, depth: int, text_bytes: int) -> object:
    kind = rng.randrange(8 if depth else 5)
    if kind == 0:
        return rng.choice([rng.randrange(-(1 << 62), 1 << 62), rng.random() * 1e6, True, None])
    if kind in (1, 2):
        return rng.choice(TEXTS) * (rng.randrange(1 + text_bytes) // 6 + 1)
    if kind == 3:
        return [rng.randrange(1000) for _ in range(rng.randrange(text_bytes // 8 + 2))]
    if kind == 4:
        return str(rng.randrange(10 ** rng.randrange(1, 40)))
    return {rng.choice(NAMES): value(rng, depth - 1, text_bytes // 2) for _ in range(4)}


def document(rng: random.Random, size: int) -> str:
    """About so long."""
    fields = {}
    while len(text := json.dumps(fields, ensure_ascii=rng.random() < 0.3)) < size:
        name = rng.choice([*NAMES, f"more{len(fields)}", f"more{len(fields)}"])
        if name in fields:
            name += str(len(fields))
        fields[name] = value(rng, 3, rng.choice([30, 300, size // 4]))
    return text


def document_inputs(rng: random.Random) -> Iterator[bytes]:
    while True:
        text = document(rng, sizes(rng) * 3 // 4).encode()
        if len(text) < BYTES_MAX:
            yield bytes([rng.randrange(256)]) + text


def answer_inputs(rng: random.Random) -> Iterator[bytes]:
    """Pages of many hits or of some large ones; the cut is anywhere in them."""
    while True:
        hits, size, each = [], sizes(rng) - 600, rng.choice([60, 300, 9000])
        while size > 0:
            source = document(rng, rng.randrange(each))
            place = f'"_index":"i-{rng.randrange(3)}","_id":"{rng.getrandbits(64):x}"'
            hits.append(f'{{{place},"_source":{source},"sort":[{len(hits)}]}}')
            size -= len(hits[-1].encode()) + 1
        head = '{"took":3,"timed_out":false,"_scroll_id":"c2Nyb2xs","_shards":{"total":1},'
        total = f'"hits":{{"total":{{"value":{len(hits)},"relation":"eq"}},"hits":['
        text = (head + total + ",".join(hits) + "]}}").encode()
        if len(text) < BYTES_MAX - 3:
            yield rng.randbytes(3) + text


# Rows of a spill.


def spill_inputs(rng: random.Random) -> Iterator[bytes]:
    """Cells of random bytes; with small control bytes no cell is large, and rows are many."""
    while True:
        size, choice = sizes(rng), rng.choice([0, 1, 2, 4, 4, 4])
        many = bytes(rng.choice(b"\x01\x09\x0b\x11\x22") for _ in range(size))
        rows = rng.choice([rng.randbytes(size), many, rng.randbytes(64) * (size // 64)])
        yield bytes([choice]) + rows


MAKERS: dict[str, Callable[[random.Random], Iterator[bytes]]] = {
    "csv": csv_inputs,
    "framing": framing_inputs,
    "json_columns": document_inputs,
    "search_answer": answer_inputs,
    "spill": spill_inputs,
}
