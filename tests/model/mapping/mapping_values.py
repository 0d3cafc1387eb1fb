# SPDX-License-Identifier: Apache-2.0
"""How a field may be mapped, and what documents may hold in it: some of it as a neat writer would
put it, most of it as writers do."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


class Raw(str):
    """A number or word of JSON with its spelling."""


def dump(value: object) -> str:
    """JSON text in which numbers keep their spelling."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    return json.dumps(value)


@dataclass
class Kind:
    """One way to map a field."""

    mapping: dict
    family: str
    value: Callable[[random.Random], object]
    malformed: list = field(default_factory=list)  # what ignore_malformed keeps out of the index
    sub_field: str | None = None


START = datetime(2024, 1, 1, tzinfo=UTC)


def instant(rng: random.Random) -> datetime:
    years = rng.choice((0, 0, 0, -60, 30))
    return START + timedelta(
        days=rng.randrange(366) + 365 * years,
        seconds=rng.choice((0, rng.randrange(86400))),
        microseconds=rng.choice((0, rng.randrange(1000) * 1000, rng.randrange(10**6))),
    )


def millis(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def seconds(at: datetime) -> int:
    return millis(at) // 1000


def offset_of(rng: random.Random) -> str:
    return rng.choice(("Z", "Z", "+02:00", "-0530", "+01", ""))


def iso(rng: random.Random) -> object:
    at = instant(rng)
    digits = rng.choice((0, 1, 3, 3, 6))
    fraction = f".{at.microsecond:06d}"[: digits + 1] if digits else ""
    forms = (
        lambda: at.strftime("%Y-%m-%dT%H:%M:%S") + fraction + offset_of(rng),
        lambda: at.strftime("%Y-%m-%dT%H:%M") + offset_of(rng),
        lambda: at.strftime("%Y-%m-%d"),
        lambda: at.strftime("%Y-%m"),
        lambda: at.strftime("%Y-%m-%dT%H"),
    )
    return rng.choice(forms)()


def default_date(rng: random.Random) -> object:
    at = instant(rng)
    forms = (
        lambda: iso(rng),
        lambda: iso(rng),
        lambda: Raw(millis(at)),
        lambda: str(millis(at)),
        lambda: Raw(at.year),  # a year: the format that is named first
        lambda: str(at.year),
        lambda: Raw(rng.randrange(-5000, 900)),
        lambda: Raw(f"{millis(at)}.0"),
    )
    return rng.choice(forms)()


def nanos_date(rng: random.Random) -> object:
    at = instant(rng).replace(year=rng.randrange(1972, 2200), day=1)
    if rng.random() < 0.3:
        return Raw(millis(at))
    digits = rng.choice((0, 3, 6, 9))
    fraction = f".{at.microsecond:06d}{rng.randrange(1000):03d}"[: digits + 1] if digits else ""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + fraction + rng.choice(("Z", "+02:00"))


def by_patterns(*patterns: str) -> Callable[[random.Random], object]:
    """strftime patterns, and `seconds`, `millis` as number or text."""

    def value(rng: random.Random) -> object:
        at = instant(rng)
        pattern = rng.choice(patterns)
        if pattern in ("seconds", "millis"):
            number = seconds(at) if pattern == "seconds" else millis(at)
            return rng.choice((Raw(number), str(number)))
        if pattern == "number:%Y%m%d":
            return Raw(at.strftime("%Y%m%d"))
        return at.strftime(pattern.replace("%f", f"{at.microsecond // 1000:03d}"))

    return value


# A format of a mapping, and how documents spell it.
DATE_FORMATS = (
    (None, default_date),
    (None, default_date),
    ("strict_date_optional_time||epoch_second", by_patterns("%Y-%m-%dT%H:%M:%S.%fZ", "seconds")),
    (
        "epoch_second||yyyy/MM/dd HH:mm:ss||yyyy/MM/dd",
        by_patterns("seconds", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d"),
    ),
    (
        "yyyy-MM-dd HH:mm:ss.SSS||strict_date_optional_time",
        by_patterns("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"),
    ),
    ("yyyy-MM-dd HH:mm:ss", by_patterns("%Y-%m-%d %H:%M:%S")),
    (
        "basic_date_time_no_millis||basic_date",
        by_patterns("%Y%m%dT%H%M%SZ", "%Y%m%d", "number:%Y%m%d"),
    ),
    ("yyyyMMdd||epoch_millis", by_patterns("%Y%m%d", "number:%Y%m%d", "millis")),
    ("epoch_millis||yyyyMMdd", by_patterns("%Y%m%d", "number:%Y%m%d", "millis")),
    ("date_hour_minute_second||date", by_patterns("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")),
    ("dd.MM.yyyy||d.M.yyyy", by_patterns("%d.%m.%Y", "%-d.%-m.%Y")),
    ("MM/dd/yyyy hh:mm:ss a", by_patterns("%m/%d/%Y %I:%M:%S %p")),
    ("dd/MMM/yyyy:HH:mm:ss Z", by_patterns("%d/%b/%Y:%H:%M:%S +0200")),
    ("uuuu-MM-dd'T'HH:mm:ssXXX", by_patterns("%Y-%m-%dT%H:%M:%S+02:00", "%Y-%m-%dT%H:%M:%SZ")),
    ("yyyy", by_patterns("%Y")),
    ("yyyy-MM||yyyy", by_patterns("%Y-%m", "%Y")),
)

RANGES = {"byte": 120, "short": 32000, "integer": 2**31 - 10, "long": 2**53}


def whole(kind: str) -> Callable[[random.Random], object]:
    def value(rng: random.Random) -> object:
        number = rng.choice((rng.randrange(-100, 100), rng.randrange(-RANGES[kind], RANGES[kind])))
        small = rng.randrange(-99, 99)
        forms = (
            lambda: Raw(number),
            lambda: Raw(number),
            lambda: str(number),
            lambda: Raw(f"{small}.{rng.randrange(100)}"),
            lambda: f"{small}.{rng.randrange(100)}",
            lambda: f"{number}.0",
            lambda: f"+{abs(small)}",
            lambda: Raw(f"{rng.randrange(1, 9)}.5e1"),
            lambda: f"{rng.randrange(1, 9)}e1",
            lambda: f"-0.{rng.randrange(10)}",
            lambda: "",
        )
        return rng.choice(forms)()

    return value


def java_whole(kind: str) -> Callable[[random.Random], object]:
    plain = whole(kind)

    def value(rng: random.Random) -> object:
        odd = rng.choice((" 12 ", "5d", "\t7.9", "3f", "8."))
        return odd if rng.random() < 0.1 else plain(rng)

    return value


def real(rng: random.Random) -> object:
    number = round(rng.uniform(-1000, 1000), rng.randrange(5))
    forms = (
        lambda: Raw(number),
        lambda: Raw(number),
        lambda: Raw(int(number)),
        lambda: str(number),
        lambda: f" {number} ",
        lambda: f"{abs(number)}f",
        lambda: f"{int(abs(number))}e1d",
        lambda: Raw(f"{int(number)}e-2"),
        lambda: f".{rng.randrange(100)}",
        lambda: "",
    )
    return rng.choice(forms)()


def flag(rng: random.Random) -> object:
    return rng.choice((True, False, "true", "false", ""))


WORDS = (
    "",
    "a",
    "Zoë",
    "x" * 9,
    "\U0001f600\U0001f600",
    "tab\there",
    "null",
    "12",
    "-7.5",
    '"',
    "ab",
)


def word(rng: random.Random) -> object:
    number = rng.randrange(1000)
    return rng.choice((*WORDS, *WORDS, Raw(number), Raw(f"{number}.50"), True))


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


def sub_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    """A column takes the sub-field; the field above it is of any type."""
    above = rng.choice((Kind({"type": "text"}, "word", word), word_kind(rng, features)))
    sub = maybe(rng, {"type": "keyword"}, null_value="NIL", ignore_above=3)
    mapping = above.mapping | {"fields": {"raw": sub}}
    return Kind(mapping, "word", above.value, above.malformed, sub_field="raw")


def moment_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    if rng.random() < 0.15:
        return Kind({"type": "date_nanos"}, "moment", nanos_date, ["x", "2024-13-01T00:00:00Z"])
    form, value = rng.choice(DATE_FORMATS)
    mapping = {"type": "date"} | ({"format": form} if form else {})
    if rng.random() < 0.3:
        example = value(rng)
        mapping["null_value"] = (
            int(example) if isinstance(example, Raw) and "." not in example else example
        )
    return Kind(mapping, "moment", value, ["x", "2024-13-01", True, ""])


def constant_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    """Each document of the index has the value, whether it says so or not."""
    if "constant_keyword" not in features:
        return word_kind(rng, features)
    value = rng.choice(("always", "żółw", "7"))
    mapping = {"type": "constant_keyword", "value": value}
    return Kind(mapping, "constant", lambda rng: value)


def huge(rng: random.Random) -> object:
    number = rng.choice((rng.randrange(100), rng.randrange(2**64), 2**64 - 1, 2**63))
    return rng.choice((Raw(number), str(number), f"{number}.0"))


def huge_kind(rng: random.Random, features: frozenset[str]) -> Kind:
    if "unsigned_long" not in features:
        return whole_kind(rng, features)
    mapping = maybe(rng, {"type": "unsigned_long"}, null_value=2**63 + 5)
    return Kind(mapping, "huge", huge, ["12x", "abc", -1])


KEYS = ("k", "k.m", "one two", "k.m.n", "żółw")


def key_value(rng: random.Random) -> object:
    return {"below": word(rng)} if rng.random() < 0.04 else word(rng)


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
)
