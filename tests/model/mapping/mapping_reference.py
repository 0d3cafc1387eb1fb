# SPDX-License-Identifier: Apache-2.0
"""What a table must hold, by the server's own doc values.

The server is asked for `docvalue_fields` of each document: that is how its mapping types a value.
Where a column says more than doc values do, the rule is stated here, of the document's text:

- text is as it is written, whatever the field's type, and indexed as such: an address in another
  spelling; a sub-field's is what the server has indexed, a key's of a flattened field, too, where
  that is not too long for its ignore_above;
- json is as it is written, and so is a list under `array: json`;
- where the mapping does not say how a column is read - the field is not mapped, or of a type that
  does not fit - the column's own rules count, which mapping_values.OWN lists;
- numbers and times keep digits that doc values round: rounded, they must be equal;
- lists are rejects, or their first element (doc values are sorted, and without duplicates): its
  doc value is that of a second document that holds the first element alone;
- what the server could not index (ignore_malformed) is a reject or null, as the column says.
"""

import re
import struct
from base64 import b64decode
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from ipaddress import ip_address

from mapping_kinds import Kind
from mapping_values import REJECT, Raw, dump
from mapping_world import Column

LAST_MICROS = 253402300799999999
WHOLE = re.compile(r"[+-]?[0-9]+")
NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]*)?")
SHORT_NEGATIVE = re.compile(r"-[0-9]{3}")
ECHOED = ("keyword", "wildcard", "version", "ip")  # of these doc values are what was written
UNKNOWN = object()  # nothing is known: the server refused the second document


@dataclass
class Rounded:
    """Ours, rounded as the field rounds, must be equal to the doc value."""

    kind: str
    factor: int
    value: float

    def allows(self, ours: object) -> bool:
        number = float(ours) if ours is not None else None
        if number is None:
            return False
        if self.kind == "float":
            return struct.unpack("f", struct.pack("f", number))[0] == self.value
        if self.kind == "half_float":
            return abs(number - self.value) <= max(abs(number) / 2**10, 2**-24)
        if self.kind == "scaled_float":
            return abs(Fraction(number) - Fraction(self.value)) <= Fraction(6, 10 * self.factor)
        return number == self.value


@dataclass
class Written:
    """Ours is this text, and the server has indexed it as such."""

    text: str
    kind: Kind
    doc_value: object

    def allows(self, ours: object) -> bool:
        if ours != self.text:
            return False
        if self.kind.mapping["type"] != "ip":
            return ours == self.doc_value
        address = ip_address(ours)
        mapped = address.ipv4_mapped if address.version == 6 else None
        return (mapped or address) == ip_address(self.doc_value)


def find(node: object, path: str, in_list: bool = False) -> list[tuple[object, bool]]:
    """The values of a path, however it is spelled; and whether one stands in a list of objects."""
    found: list[tuple[object, bool]] = []
    if isinstance(node, list):
        for element in node:
            found += find(element, path, True)
    if not isinstance(node, dict):
        return found
    for key, value in node.items():
        if key == path:
            found.append((value, in_list))
        elif path.startswith(f"{key}."):
            found += find(value, path[len(key) + 1 :], in_list)
    return found


def passes_list(node: object, path: str) -> bool:
    """Is one of the objects above the value a list of objects?"""
    if isinstance(node, list):
        return any(isinstance(element, dict) for element in node)
    if not isinstance(node, dict):
        return False
    return any(
        passes_list(value, path[len(key) + 1 :])
        for key, value in node.items()
        if path.startswith(f"{key}.")
    )


def as_written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def null_text(kind: Kind) -> object:
    mapping = kind.mapping["fields"][kind.sub_field] if kind.sub_field else kind.mapping
    null_value = mapping.get("null_value")
    return None if null_value is None else as_written(null_value)


def micros(text: str) -> int:
    """Of epoch_millis with a fraction."""
    return int((Decimal(text) * 1000).to_integral_value(rounding=ROUND_DOWN))


def typed_text(column: Column, kind: Kind, value: object, doc_value: object) -> object:
    if kind.sub_field:
        return doc_value
    if isinstance(value, dict):
        return None if column.malformed == "null" else REJECT
    if value is None and kind.mapping is None:
        return None
    text = null_text(kind) if value is None else as_written(value)
    is_echoed = kind.mapping is not None and kind.mapping["type"] in ECHOED
    return Written(text, kind, doc_value) if is_echoed and doc_value is not None else text


def typed_own(column: Column, kind: Kind, value: object) -> object:
    meaning = None if value is None else kind.meanings[dump(value)]
    return None if meaning is REJECT and column.malformed == "null" else meaning


def typed_moment(kind: Kind, value: object, doc_value: str) -> object:
    written = kind.mapping.get("null_value") if value is None else value
    if kind.has_joda and "format" not in kind.mapping and SHORT_NEGATIVE.fullmatch(str(written)):
        # Of the year's four digits that Elasticsearch 6 demands, its parser counts the sign as one:
        # -608 is a year there, and milliseconds here, as in all servers since.
        assert int(doc_value) < -(10**12)
        return (int(written) * 1000,)
    if abs(micros(doc_value)) > LAST_MICROS:
        return UNKNOWN  # OpenSearch takes -163036800 for a year; years end with 9999 here
    return micros(doc_value) if kind.mapping["type"] == "date_nanos" else (micros(doc_value),)


def typed_key(column: Column, kind: Kind, value: object, doc_value: object) -> object:
    """All doc values are texts; a column reads them by its own rules."""
    if column.type == "text" and not isinstance(value, dict):
        return None if value is None and doc_value is None else doc_value or as_written(value)
    if value is None or value == "":  # of a number nothing; a null_value is for what it fits
        value = null_text(kind)
    if isinstance(value, str | int) and WHOLE.fullmatch(as_written(value)):
        return Fraction(value)
    return None if value in (None, "NIL") or column.malformed == "null" else REJECT


def typed(column: Column, kind: Kind, value: object, doc_value: object) -> object:
    """Of one value that is there; the doc value is None where the server has none."""
    if column.type == "json":
        return None if value is None else dump(value)
    if kind.family == "key":
        return typed_key(column, kind, value, doc_value)
    if column.type == "text":
        return typed_text(column, kind, value, doc_value)
    if kind.meanings is not None:
        return typed_own(column, kind, value)
    if doc_value is None and kind.family == "moment" and NEGATIVE.fullmatch(str(value)):
        return UNKNOWN  # Elasticsearch 7 calls epochs before 1970 malformed; here they are read
    if doc_value is None:
        # Null without null_value and "" of a number are no values; all else is malformed.
        nothing = value is None or (value == "" and kind.family in ("whole", "real", "huge"))
        return None if nothing or column.malformed == "null" else REJECT
    if kind.family == "moment":
        return typed_moment(kind, value, doc_value)
    if kind.family == "binary":
        return b64decode(f"{doc_value}==")  # OpenSearch 3 leaves the padding out
    if kind.family == "real":
        return Rounded(kind.mapping["type"], kind.mapping.get("scaling_factor", 1), doc_value)
    if kind.family == "huge" and column.type == "double":
        return Rounded("double", 1, float(doc_value))
    return Fraction(doc_value) if kind.family in ("whole", "huge") else doc_value


def expected(
    column: Column, kind: Kind | None, source: dict, doc_values: list, first: list | None
) -> object:
    """`first`: doc values of the document with firsts for lists; None when it was refused."""
    # An index without the field has no alias of it.
    path = column.path if kind and kind.mapping is not None else column.take
    found = find(source, path)
    if kind is None:
        kind = Kind({"type": "none"}, "none", lambda rng: None)
    if not found and not passes_list(source, path):
        return constant_of(kind, doc_values)
    value, in_list = found[0] if found else (None, True)
    keeps_lists = column.type == "json" or column.array == "json"
    if isinstance(value, list) and not in_list and keeps_lists and column.array != "first":
        return dump(value)
    if in_list or isinstance(value, list):
        if column.array != "first":
            return REJECT
        if first is None:
            return UNKNOWN
        return typed_first(column, kind, source, first)
    return typed(column, kind, value, doc_values[0] if doc_values else None)


def constant_of(kind: Kind, doc_values: list) -> object:
    """Of a document that says nothing: the mapping may, of all of its index."""
    return doc_values[0] if kind.family == "constant" and doc_values else None


def typed_first(column: Column, kind: Kind, source: dict, first: list) -> object:
    at = found_first(source, column.path)
    if at is Ellipsis:
        return constant_of(kind, first)
    return typed(column, kind, at, first[0] if first else None)


def found_first(node: object, path: str) -> object:
    """The value of the path where each list is its first element; ... when there is none."""
    while isinstance(node, list):
        if not node:
            return ...
        node = node[0]
    if path == "":
        return node
    if not isinstance(node, dict):
        return ...
    for key, value in node.items():
        if key == path or path.startswith(f"{key}."):
            at = found_first(value, path[len(key) + 1 :])
            if at is not ...:
                return at
    return ...


def fits(column: Column, wanted: object, ours: object) -> bool:
    """Is the cell of the table what was expected?"""
    if wanted is UNKNOWN:
        return True
    if wanted is None or ours is None:
        return wanted is None and ours is None
    if isinstance(wanted, Rounded | Written):
        return wanted.allows(ours)
    if isinstance(wanted, tuple):  # milliseconds, of whose microseconds nothing is known
        return ours // 1000 * 1000 == wanted[0]
    if isinstance(wanted, Fraction):
        return Fraction(str(ours)) == wanted
    return ours == wanted


__all__ = ["REJECT", "Raw", "expected", "fits"]
