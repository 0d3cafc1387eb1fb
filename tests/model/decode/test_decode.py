# SPDX-License-Identifier: Apache-2.0
"""Files through the file source (driver.c) against Python's json and csv, on seeded random content:
nested documents with dotted spellings, doubled keys, arrays, escapes, numbers of all sizes, strings
where numbers are wanted, broken lines; CSV with quotes and line feeds; plain and compressed, in
splits and buffers of any size.

TIDEMILL_DECODE_DRIVER names the driver. TIDEMILL_MODEL_SEED and TIDEMILL_DECODE_CASES choose seeds.
"""

import base64
import csv
import gzip
import io
import json
import os
import random
import re
import subprocess
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILT = ROOT / "build" / "test" / "tests" / "model" / "decode" / "decode_driver"
DRIVER = Path(os.environ.get("TIDEMILL_DECODE_DRIVER", BUILT))
FIRST_SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
CASES = int(os.environ.get("TIDEMILL_DECODE_CASES", "60"))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ZONE = "Europe/Warsaw"

# name, type, path, array, zone
COLUMNS = [
    ("t", "text", "t", "reject", ""),
    ("i", "int64", "o.i", "reject", ""),
    ("n", "int32", "o.p.n", "first", ""),
    ("f", "double", "f", "first", ""),
    ("d", "decimal", "o.d", "reject", ""),
    ("b", "bool", "b", "reject", ""),
    ("w", "json", "o.w", "reject", ""),
    ("j", "text", "j", "json", ""),
    ("at", "timestamp", "at", "reject", ZONE),
    ("y", "bytes", "y", "reject", ""),
]
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?")


class Number(str):
    """A number as it is written."""


class RefusedError(Exception):
    pass


MISSING = object()


# What the decoder should make of a document, as naively as can be.


def events(pairs, prefix=""):
    """(path, value) of all keys in the order of the text, parents before what is in them."""
    for key, value in pairs:
        yield prefix + key, value
        if isinstance(value, tuple):
            yield from events(value, prefix + key + ".")


def first_of(value):
    while isinstance(value, list):
        value = value[0] if value else None
    return value


def spellings(pairs, path, array, route=()):
    """(keys on the way, value) of all that stands under the path; a list of objects that hold it
    is refused."""
    for key, value in pairs:
        at = (*route, key)
        rest = path[len(key) + 1 :]
        if key == path:
            yield at, value
        elif path.startswith(key + ".") and isinstance(value, tuple):
            yield from spellings(value, rest, array, at)
        elif path.startswith(key + ".") and isinstance(value, list):
            objects = [first_of(value)] if array == "first" else flat(value)
            within = [
                s for o in objects if isinstance(o, tuple) for s in spellings(o, rest, array, at)
            ]
            yield from within if array == "first" else [(r, RefusedError) for r, _ in within]


def flat(value):
    return [item for part in value for item in flat(part)] if isinstance(value, list) else [value]


def above(pairs, path, array):
    """Of a path without value: is something above it no object?"""
    found = MISSING
    for at, value in events(pairs):
        if path.startswith(at + ".") and value is not None and not isinstance(value, tuple):
            element = first_of(value) if isinstance(value, list) else value
            if isinstance(value, list) and array != "first":
                found = RefusedError
            elif isinstance(element, tuple):
                found = above(element, path[len(at) + 1 :], array)
            else:
                found = MISSING if isinstance(value, list) and element is None else RefusedError
    return found


def find(pairs, path, array):
    """The value of a path: of one spelling the last one; of several spellings none may be another."""
    found = dict(spellings(pairs, path, array))
    values = [value for value in found.values() if value is not None]
    if len(values) > 1:
        return values[0] if array == "first" else RefusedError
    if found:
        return values[0] if values else None
    return above(pairs, path, array)


def exact(text):
    if not NUMBER.fullmatch(text):
        raise RefusedError
    return Decimal(text)


def to_integer(text, bits):
    value = exact(text)
    if (
        abs(value) >= 10**20
        or value != int(value)
        or not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)
    ):
        raise RefusedError
    return int(value)


def to_decimal(text):
    value = exact(text)
    scaled = value * 10**4 if value.is_zero() or value.adjusted() < 40 else None
    if scaled is None or scaled != int(scaled) or abs(scaled) >= 10**20:
        raise RefusedError
    return scaled / 10**4


def to_double(text):
    value = float(exact(text))
    if value in (float("inf"), float("-inf")):
        raise RefusedError
    return value


def to_moment(text):
    if re.fullmatch(r"-?\d+", text) and not re.fullmatch(r"\d{4}", text):
        return EPOCH + timedelta(milliseconds=int(text))
    match = MOMENT.fullmatch(text)
    if match is None:
        raise RefusedError
    fraction = (match[3] or ".0")[1:].ljust(9, "0")
    if fraction[6:] != "000":
        raise RefusedError
    text = text.replace(match[3] or "\n", "." + fraction[:6])
    moment = datetime.fromisoformat(text)
    # Compared as UTC: Python holds ambiguous times of a zone unequal to all others.
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(ZONE))).astimezone(
        timezone.utc
    )


def check_text(text):
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise RefusedError
    return text


def plain(value):
    """As json.loads would have it."""
    if isinstance(value, tuple):
        return {check_text(key): plain(item) for key, item in value}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Number):
        return float(value)
    return check_text(value) if isinstance(value, str) else value


def typed(value, kind, array):
    if value is RefusedError:
        raise RefusedError
    if value is MISSING or value is None:
        return None
    if array == "first" and isinstance(value, list):
        value = first_of(value)
        if value is None:
            return None
    if kind == "json" or (array == "json" and isinstance(value, list)):
        return plain(value)
    if isinstance(value, (list, tuple)):
        raise RefusedError
    if isinstance(value, bool):
        if kind in ("text", "bool"):
            return value if kind == "bool" else json.dumps(value)
        raise RefusedError
    check_text(value)
    if kind in ("bool", "bytes") and isinstance(value, Number):
        raise RefusedError
    return from_text(value, kind)


def from_text(text, kind):
    if text == "" and kind in ("int32", "int64", "double", "decimal"):
        return None
    if kind == "bool":
        if text.lower() not in ("true", "false", "t", "f", ""):
            raise RefusedError
        return text.lower() in ("true", "t")
    if kind == "bytes":
        try:
            text = "".join(char for char in text if char > " ")  # lines, as of mail
            if "=" not in text:
                text += "=" * (-len(text) % 4)
            return base64.b64encode(base64.b64decode(text, validate=True)).decode()
        except ValueError:
            raise RefusedError from None
    makers = {
        "int32": lambda: to_integer(text, 32),
        "int64": lambda: to_integer(text, 64),
        "double": lambda: to_double(text),
        "decimal": lambda: to_decimal(text),
        "timestamp": lambda: to_moment(text),
        "text": lambda: str(text),
    }
    try:
        return makers[kind]()
    except (ValueError, OverflowError):
        raise RefusedError from None


def expect_columns(take, name, position):
    values, refused = {}, None
    for column, kind, path, array, _zone in COLUMNS:
        try:
            values[column] = take(kind, path, array)
        except RefusedError:
            refused = refused or column
    if refused:
        return ("reject", f"{name}:{position}", refused, values)
    return ("row", position, values)


def expect_line(line, name, position):
    try:
        pairs = json.loads(
            line.decode(),
            object_pairs_hook=tuple,
            parse_int=Number,
            parse_float=Number,
            parse_constant=lambda _: 1 / 0,
        )
        if not isinstance(pairs, tuple):
            raise ValueError
    except (ValueError, ZeroDivisionError):
        return ("reject", f"{name}:{position}", None, {})
    return expect_columns(
        lambda kind, path, array: typed(find(pairs, path, array), kind, array), name, position
    )


# Random content.


def random_string(rng):
    letters = ["a", "b", "\\", '"', "/", "\n", "\t", "é", "€", "😀", "{", "]", ",", ":", " "]
    if rng.random() < 0.02:
        letters += ["\0", "\ud800", "\udc00"]
    return "".join(rng.choice(letters) for _ in range(rng.choice([0, 1, 3, 9, 40])))


def random_number(rng):
    return Number(
        rng.choice(
            [
                str(rng.randrange(-100, 100)),
                str(rng.randrange(-(2**31) - 2, 2**31 + 2)),
                str(
                    rng.choice([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**30, 2**31, -(2**31)])
                ),
                f"{rng.uniform(-1e6, 1e6):.4f}",
                f"{rng.uniform(-10, 10):.{rng.randrange(1, 25)}f}",
                repr(rng.uniform(-1, 1) * 10.0 ** rng.randrange(-300, 300)),
                f"{rng.randrange(1000)}.{rng.randrange(10)}0e{rng.randrange(-3, 5)}",
                rng.choice(
                    ["0", "-0", "1.0", "1e2", "12.50", "1E+2", "0.00001", "123456789012345.6789"]
                ),
            ]
        )
    )


def random_moment(rng):
    moment = datetime(1995, 1, 1) + timedelta(
        seconds=rng.randrange(10**9), microseconds=rng.randrange(10**6)
    )
    if rng.random() < 0.1:
        moment = datetime(2024, 10, 27, 0, 0) + timedelta(minutes=rng.randrange(300))
    text = rng.choice(
        [
            moment.isoformat(timespec="milliseconds"),
            moment.isoformat(timespec="seconds"),
            moment.isoformat(" ", timespec="microseconds"),
            moment.isoformat(timespec="minutes"),
            moment.strftime("%Y-%m-%d"),
            moment.isoformat(timespec="microseconds") + rng.choice(["0", "1", "000"]),
        ]
    )
    return (
        text
        if len(text) == 10
        else text + rng.choice(["Z", "Z", "Z", "", "+02:00", "-0330", "+05"])
    )


def random_value(rng, kind, depth=0):
    roll = rng.random()
    if roll < 0.04:
        return None
    if roll < 0.08:
        return rng.choice([True, False])
    if roll < 0.14 and depth < 3:
        return [random_value(rng, kind, depth + 1) for _ in range(rng.choice([0, 1, 1, 2]))]
    if roll < 0.17 and depth < 3:
        return tuple(
            (key, random_value(rng, kind, depth + 1)) for key in rng.sample(["p", "x", "n", ""], 2)
        )
    if roll < 0.2:
        return random_string(rng)
    values = {
        "text": lambda: random_string(rng),
        "bool": lambda: rng.choice([True, False, "true", "false", "", "False", "1"]),
        "timestamp": lambda: rng.choice(
            [random_moment(rng), random_moment(rng), Number(rng.randrange(10**13))]
        ),
        "json": lambda: (
            random_value(rng, rng.choice(["text", "int64"]), depth + 1) if depth < 3 else None
        ),
        "bytes": lambda: base64.b64encode(rng.randbytes(rng.randrange(9))).decode(),
    }
    number = random_number(rng)
    return values.get(kind, lambda: rng.choice([number, number, number, str(number)]))()


def nest(pairs, rng):
    """Spells dotted paths in any way; shuffles; doubles some."""
    out = []
    for path, value in pairs:
        parts = path.split(".")
        while len(parts) > 1:
            if rng.random() < 0.5:
                value = ((parts.pop(), value),)
            else:
                last = parts.pop()
                parts[-1] += "." + last
        out.append((parts[0], value))
    for _ in range(rng.choice([0, 0, 1, 4])):
        key = rng.choice(["x", "o.x", "tt", "", "o..i", "a long key that is not wanted"])
        out.append((key, random_value(rng, "json")))
    if rng.random() < 0.3:
        rng.shuffle(out)
    if rng.random() < 0.05:
        out += rng.sample(out, min(2, len(out)))
    if rng.random() < 0.05:
        out.append(("o", rng.choice([None, Number("1"), [], [(("i", Number("7")),)], ()])))
    return tuple(out)


def dump(value, rng):
    blank = rng.choice(["", "", " ", "\t "])
    if isinstance(value, tuple):
        items = (f"{dump(key, rng)}{blank}:{dump(item, rng)}" for key, item in value)
        return blank + "{" + f",{blank}".join(items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(dump(item, rng) for item in value) + blank + "]"
    if isinstance(value, Number):
        return blank + value
    has_surrogate = isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value)
    return json.dumps(value, ensure_ascii=has_surrogate or rng.random() < 0.3)


def random_line(rng):
    pairs = [
        (path, random_value(rng, kind)) for _, kind, path, _, _ in COLUMNS if rng.random() < 0.85
    ]
    line = dump(nest(pairs, rng), rng).strip().encode()
    if rng.random() < 0.03:
        line = line[: rng.randrange(1, len(line) + 1)]
    return line


def write_lines(rng):
    """Content, and (position, line) of each line that is not blank."""
    out, lines = b"", []
    for _ in range(rng.choice([1, 5, 60])):
        line = rng.choice([b"", b" ", b"\t"]) if rng.random() < 0.05 else random_line(rng)
        if line.strip():
            lines.append((len(out), line))
        out += line + rng.choice([b"\n", b"\n", b"\r\n"])
    if rng.random() < 0.5:
        out = out.rstrip(b"\r\n")
    return out, lines


def decode(directory, pattern, split_bytes, buffer_bytes):
    columns = [",".join(column) for column in COLUMNS]
    result = subprocess.run(
        [DRIVER, directory, pattern, str(split_bytes), str(buffer_bytes), *columns],
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    # Line by line would not do: a json column keeps the line feeds between its tokens.
    text, at, results = result.stdout.decode(), 0, []
    decoder = json.JSONDecoder(parse_float=Decimal)
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        results.append(found)
        at += 1
    return results


def comparable(column, kind, value):
    """Values as they are printed, so that Python's notion of equal is enough."""
    if value is None:
        return None
    if kind == "timestamp":
        return (
            datetime.fromisoformat(value.replace("Z", "+00:00"))
            if isinstance(value, str)
            else value
        )
    if kind == "json" or column == "j":
        try:
            return json.loads(json.dumps(value, default=float), parse_int=float)
        except ValueError:
            return value
    return float(value) if kind == "double" else value


def check(results, expected):
    rows = sorted((r["row"] for r in results if "row" in r), key=lambda row: row["$position"])
    rejects = {r["reject"]["position"]: r["reject"] for r in results if "reject" in r}
    assert len(rows) == sum(e[0] == "row" for e in expected)
    assert len(rejects) == sum(e[0] == "reject" for e in expected)
    kinds = {name: kind for name, kind, *_ in COLUMNS}
    at = iter(rows)
    for what in expected:
        if what[0] == "row":
            row = next(at)
            assert row["$position"] == what[1]
            got, values = row, what[2]
        else:
            reject = rejects[what[1]]
            assert reject["column"] == what[2], (reject, what)
            got, values = reject["values"], what[3]
            assert got.keys() == values.keys()
        for name, value in values.items():
            found = got[name]
            if name == "j" and isinstance(value, list):
                found = json.loads(found)
            assert comparable(name, kinds[name], found) == comparable(name, kinds[name], value), (
                name,
                what,
            )


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_documents(seed, tmp_path):
    rng = random.Random(seed)
    content, lines = write_lines(rng)
    name = "a.ndjson"
    if rng.random() < 0.2:
        name += ".gz"
        (tmp_path / name).write_bytes(gzip.compress(content))
    else:
        (tmp_path / name).write_bytes(content)
    expected = [expect_line(line, name, position) for position, line in lines]
    split_bytes = rng.choice([0, 7, 100, 1000])
    check(decode(tmp_path, "*", split_bytes, rng.choice([0, 1, 50, 4000])), expected)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES // 2))
def test_csv(seed, tmp_path):
    rng = random.Random(seed)
    header = [path for _, _, path, _, _ in COLUMNS] + ["other"]
    rng.shuffle(header)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=rng.choice(["\n", "\r\n"]), quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    expected = []
    kinds = {path: kind for _, kind, path, _, _ in COLUMNS}
    for _ in range(rng.choice([0, 1, 40])):
        position = len(out.getvalue().encode())
        record = {}
        for path in header:
            value = first_of(random_value(rng, kinds.get(path, "text")))
            text = (
                value if isinstance(value, str) else dump(value, rng) if value is not None else ""
            )
            record[path] = "".join(c for c in text if not "\ud800" <= c <= "\udfff")
        writer.writerow([record[path] for path in header])
        expected.append(
            expect_columns(
                lambda kind, path, _a, r=record: from_cell(r[path], kind), "a.csv", position
            )
        )
    (tmp_path / "a.csv").write_text(out.getvalue(), newline="")
    check(decode(tmp_path, "a.csv", 0, rng.choice([0, 1, 13, 500])), expected)


def from_cell(text, kind):
    if kind == "json":
        try:
            return plain(
                json.loads(text, object_pairs_hook=tuple, parse_int=Number, parse_float=Number)
            )
        except ValueError:
            raise RefusedError from None
    return from_text(check_text(text) if kind in ("text", "json") else text, kind)
