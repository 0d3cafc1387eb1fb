# SPDX-License-Identifier: Apache-2.0
"""What documents may hold in a field: some of it as a neat writer would put it, most of it as
writers do."""

import json
import random
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from fractions import Fraction


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


REJECT = Enum("Verdict", "REJECT").REJECT  # the row is a reject because of this value

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


def huge(rng: random.Random) -> object:
    number = rng.choice((rng.randrange(100), rng.randrange(2**64), 2**64 - 1, 2**63))
    return rng.choice((Raw(number), str(number), f"{number}.0"))


KEYS = ("k", "k.m", "one two", "k.m.n", "żółw")


def key_value(rng: random.Random) -> object:
    return {"below": word(rng)} if rng.random() < 0.04 else word(rng)


ADDRESSES = (
    "10.0.0.1",
    "192.168.7.255",
    "::1",
    "2001:DB8::1",
    "2001:db8:0:0:1:0:0:1",
    "::ffff:10.1.2.3",
)
VERSIONS = ("1.2.3", "1.2.3-alpha.1+build.5", "v1.0", "1.02", "2.0", "1.0.0-RC1", "12", "1.2.3.4")


def base64_text(rng: random.Random) -> object:
    """Also with the line breaks of mail; the tool that writes base64 puts them in by default."""
    plain = b64encode(rng.randbytes(rng.randrange(12))).decode()
    lines = [plain[at : at + 4] for at in range(0, len(plain), 4)]
    return rng.choice((plain, plain, "\n".join(lines), "\r\n".join((*lines, "")), " ".join(lines)))


# What a column reads by its own rules, where the mapping says nothing of how: the value as it is
# written, and what it is.
OWN = {
    "int64": (
        (Raw("5"), 5),
        (Raw("-70000000000"), -70000000000),
        ("12", 12),
        ("-7", -7),
        ("", None),
        (Raw("12.5"), REJECT),
        (" 12 ", REJECT),
        ("5d", REJECT),
        ("abc", REJECT),
        (True, REJECT),
    ),
    "double": (
        (Raw("1.5"), Fraction("1.5")),
        (Raw("-3"), Fraction(-3)),
        ("0.25", Fraction("0.25")),
        ("", None),
        ("1.5f", REJECT),
        (" 1.5", REJECT),
        ("abc", REJECT),
        (False, REJECT),
    ),
    "bool": (
        (True, True),
        (False, False),
        ("true", True),
        ("TRUE", True),
        ("f", False),
        ("", False),
        ("yes", REJECT),
        (Raw("1"), REJECT),
    ),
    "timestamp": (
        (Raw("1700000000000"), 1700000000000000),
        ("1700000000000", 1700000000000000),
        (Raw("2024"), 2024000),  # milliseconds, where a mapping with years would have a year
        (Raw("-608"), -608000),
        ("2024", 1704067200000000),
        ("2024-03-31", 1711843200000000),
        ("2024-03-31T10:00:00.123456+02:00", 1711872000123456),
        ("31.03.2024", REJECT),
        ("", REJECT),
        (True, REJECT),
    ),
}
