# SPDX-License-Identifier: Apache-2.0
"""How a field may be mapped."""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from mapping_values import (
    ADDRESSES,
    DATE_FORMATS,
    OWN,
    RANGES,
    VERSIONS,
    Raw,
    base64_text,
    dump,
    flag,
    huge,
    java_whole,
    key_value,
    nanos_date,
    real,
    whole,
    word,
)


@dataclass
class Kind:
    """One way to map a field."""

    mapping: dict | None  # None: the field is not mapped
    family: str
    value: Callable[[random.Random], object]
    malformed: list = field(default_factory=list)  # what ignore_malformed keeps out of the index
    sub_field: str | None = None
    meanings: dict[str, object] | None = None  # of each value, where the column's own rules count
    has_joda: bool = False  # dates are parsed by the library that came before java.time


def maybe(rng: random.Random, mapping: dict, **options: object) -> dict:
    return mapping | {name: v for name, v in options.items() if rng.random() < 0.35}


def whole_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    name = rng.choice(tuple(RANGES))
    value = whole(name) if name == "long" else java_whole(name)
    mapping = maybe(rng, {"type": name}, null_value=7, coerce=True)
    return Kind(mapping, "whole", value, ["12x", "abc", True, "1,5"])


def real_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    name = rng.choice(("double", "double", "float", "half_float", "scaled_float"))
    if name not in features and name == "scaled_float":
        name = "float"
    mapping = maybe(rng, {"type": name}, null_value=1.5)
    if name == "scaled_float":
        mapping["scaling_factor"] = rng.choice((1, 100, 10000))
    return Kind(mapping, "real", real, ["12x", "abc", False, "1,5"])


def flag_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    return Kind(maybe(rng, {"type": "boolean"}, null_value=True), "flag", flag)


def word_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    return Kind(maybe(rng, {"type": "keyword"}, null_value="NONE", ignore_above=5), "word", word)


def wildcard(features: frozenset[str]) -> dict:
    """OpenSearch keeps no doc values of it unless told to."""
    if "wildcard" not in features:
        return {"type": "keyword"}
    return {"type": "wildcard"} | (
        {"doc_values": True} if "wildcard_doc_values" in features else {}
    )


def wildcard_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    return Kind(maybe(rng, wildcard(features), null_value="NONE", ignore_above=5), "word", word)


def sub_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    """A column takes the sub-field; the field above it is of any type."""
    above = rng.choice((Kind({"type": "text"}, "word", word), word_kind(rng, features)))
    indexed = wildcard(features) if rng.random() < 0.3 else {"type": "keyword"}
    sub = maybe(rng, indexed, null_value="NIL", ignore_above=3)
    mapping = above.mapping | {"fields": {"raw": sub}}
    return Kind(mapping, "word", above.value, above.malformed, sub_field="raw")


def moment_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    has_joda = "java_time" not in features
    if rng.random() < 0.15 and "date_nanos" in features:
        return Kind({"type": "date_nanos"}, "moment", nanos_date, ["x", "2024-13-01T00:00:00Z"])
    known = [pair for pair in DATE_FORMATS if not (has_joda and "uuuu" in str(pair[0]))]
    form, value = rng.choice(known)
    mapping = {"type": "date"} | ({"format": form} if form else {})
    if rng.random() < 0.3:
        example = value(rng)
        mapping["null_value"] = (
            int(example) if isinstance(example, Raw) and "." not in example else example
        )
    return Kind(mapping, "moment", value, ["x", "2024-13-01", True, ""], has_joda=has_joda)


def constant_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    """Each document of the index has the value, whether it says so or not."""
    if "constant_keyword" not in features:
        return word_kind(rng, features)
    value = rng.choice(("always", "żółw", "7"))
    mapping = {"type": "constant_keyword", "value": value}
    return Kind(mapping, "constant", lambda rng: value)


def huge_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    if "unsigned_long" not in features:
        return whole_kind(rng, features)
    mapping = maybe(rng, {"type": "unsigned_long"}, null_value=2**63 + 5)
    return Kind(mapping, "huge", huge, ["12x", "abc", -1])


def key_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    """A column takes a key of a flattened field."""
    mapping = {"type": "flat_object"}
    if "flattened" in features:
        mapping = maybe(rng, {"type": "flattened"}, ignore_above=5)
        if rng.random() < 0.4:
            mapping["null_value"] = rng.choice(("NIL", "7"))
    elif "flat_object" not in features:
        return word_kind(rng, features)
    return Kind(mapping, "key", key_value)


def address_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    # Elasticsearch 6 tells a mapping's null_value in a spelling of its own, which this one is.
    mapping = maybe(rng, {"type": "ip"}, null_value="2001:db8::7")
    return Kind(mapping, "word", lambda rng: rng.choice(ADDRESSES), ["10.0.0", "x", Raw(7), ""])


def version_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    mapping = {"type": "version" if "version" in features else "keyword"}
    return Kind(mapping, "word", lambda rng: rng.choice(VERSIONS))


def prose_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    name = "match_only_text" if "match_only_text" in features else "text"
    return Kind({"type": name}, "word", word)


def binary_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    return Kind({"type": "binary", "doc_values": True}, "binary", base64_text)


def object_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    """A day on which the field is an object."""
    values = ({"a": 1}, {"b": {"c": "x"}, "d": [1, {}]}, {}, "text")
    mapping = rng.choice(({"type": "object", "enabled": False}, None))
    return Kind(mapping, "object", lambda rng: rng.choice(values))


OWN_MAPPINGS = (None, {"type": "keyword"}, {"type": "keyword", "ignore_above": 3}, {"type": "text"})
OTHER_MAPPINGS = {
    "int64": ({"type": "date", "ignore_malformed": True},),
    "timestamp": ({"type": "long", "ignore_malformed": True},),
}


def own_kind(column_type: str) -> Callable[[random.Random, frozenset[str]], Kind]:
    """The mapping does not say how a column of this type is read."""

    def kind(rng: random.Random, features: frozenset[str]) -> Kind:
        mapping = rng.choice(OWN_MAPPINGS + OTHER_MAPPINGS.get(column_type, ()))
        values = OWN[column_type]
        meanings = {dump(value): meaning for value, meaning in values}
        return Kind(
            copy.deepcopy(mapping),
            "own",
            lambda rng: rng.choice(values)[0],
            meanings=meanings,
        )

    return kind


KINDS = (
    whole_kind,
    real_kind,
    flag_kind,
    word_kind,
    sub_kind,
    moment_kind,
    moment_kind,
    constant_kind,
    huge_kind,
    key_kind,
    wildcard_kind,
    address_kind,
    version_kind,
    prose_kind,
    binary_kind,
)

# A field whose type changes from day to day, and the type of the column that takes it.
WRITTEN_KINDS = (
    whole_kind,
    real_kind,
    flag_kind,
    word_kind,
    moment_kind,
    huge_kind,
    wildcard_kind,
    address_kind,
    version_kind,
    prose_kind,
    binary_kind,
    object_kind,
    object_kind,
)
NUMBER_KINDS = (whole_kind, real_kind, huge_kind, own_kind("double"))
DRIFTS = (
    ("text", WRITTEN_KINDS),
    ("json", WRITTEN_KINDS),
    ("double", NUMBER_KINDS),
    ("decimal(30,6)", NUMBER_KINDS),
    ("int64", (whole_kind, own_kind("int64"))),
    ("bool", (flag_kind, own_kind("bool"))),
    ("timestamp", (moment_kind, moment_kind, own_kind("timestamp"))),
)
