#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what Python's decimal and float say about numbers in text and their arithmetic, as C
tables for test_decimal.c. None of the code under test is repeated here."""

import random
import struct
import sys
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

SEED = 20261121
COUNT = 4000
BOUND = 10**38
EXACT = Context(prec=400)


def words(value: int) -> str:
    """A 128-bit integer as high and low halves."""
    return f"{{(int64_t)UINT64_C({value >> 64 & 2**64 - 1}), UINT64_C({value & 2**64 - 1})}}"


def random_integer(chance: random.Random, digits_max: int = 38) -> int:
    digits = chance.randrange(1, digits_max + 1)
    nines, one = 10**digits - 1, 10 ** (digits - 1)
    value = chance.choice((chance.randrange(nines + 1), nines, one, chance.randrange(100)))
    return chance.choice((-1, 1)) * min(value, BOUND - 1)


def random_number(chance: random.Random) -> str:
    """Number text of many forms."""
    integer = str(chance.randrange(10 ** chance.randrange(1, 40)))
    fraction = str(chance.randrange(10 ** chance.randrange(1, 40)))
    integer = "0" * chance.choice((0, 0, 0, 1, 30)) + integer
    fraction += "0" * chance.choice((0, 0, 1, 2, 40))
    both = f"{integer}.{fraction}"
    text = chance.choice((integer, integer, both, both, f".{fraction}", f"{integer}."))
    text = chance.choice(("", "", "-", "+")) + text
    if chance.randrange(3) == 0:
        exponent = str(chance.randrange(chance.choice((5, 45))))
        text += chance.choice("eE") + chance.choice(("", "-", "+")) + exponent
    return text


def parse(text: str, precision: int, scale: int) -> tuple[str, int]:
    """The documented rule: digits that fit, else range before precision."""
    scaled = EXACT.scaleb(Decimal(text), scale)
    kept = int(scaled)  # towards zero
    if abs(kept) >= 10**precision:
        return "TIDE_NUMBER_RANGE", 0
    if kept != scaled:
        return "TIDE_NUMBER_PRECISION", 0
    return "TIDE_NUMBER_OK", kept


def rounded(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_HALF_UP, context=EXACT))


def checked(value: int) -> tuple[str, int]:
    return ("TIDE_NUMBER_OK", value) if abs(value) < BOUND else ("TIDE_NUMBER_RANGE", 0)


def parse_rows(chance):
    for _ in range(COUNT):
        precision = chance.randrange(1, 39)
        scale = chance.randrange(precision + 1)
        text = random_number(chance)
        fit, value = parse(text, precision, scale)
        yield f'{{"{text}", {precision}, {scale}, {fit}, {words(value)}}},'


def format_rows(chance):
    for _ in range(COUNT // 4):
        value, scale = random_integer(chance), chance.randrange(39)
        yield f'{{{words(value)}, {scale}, "{EXACT.scaleb(Decimal(value), -scale):f}"}},'


def divide_row(chance):
    scales = [chance.randrange(39) for _ in range(3)]
    a, b = random_integer(chance), random_integer(chance) or 1
    with localcontext(EXACT):
        # Exact comparison for halves: the quotient as a fraction of integers.
        shift = scales[2] + scales[1] - scales[0]
        numerator, divisor = abs(a) * 10 ** max(shift, 0), abs(b) * 10 ** max(-shift, 0)
        quotient, rest = divmod(numerator, divisor)
        quotient += 2 * rest >= divisor
    return a, b, scales, checked(quotient if (a < 0) == (b < 0) else -quotient)


def scale_row(chance):
    a, scales = random_integer(chance), [chance.randrange(39), chance.randrange(39), 0]
    moved = EXACT.scaleb(Decimal(a), scales[1] - scales[0])
    exact = checked(int(moved)) if moved == int(moved) else ("TIDE_NUMBER_PRECISION", 0)
    return a, scales, exact, checked(rounded(moved))


def operation_rows(chance):
    for _ in range(COUNT // 2):
        a, b = random_integer(chance), random_integer(chance)
        if chance.randrange(2):
            a, b = random_integer(chance, 20), random_integer(chance, 18)
        rows = [
            ("'+'", a, b, (0, 0, 0), checked(a + b)),
            ("'-'", a, b, (0, 0, 0), checked(a - b)),
            ("'*'", a, b, (0, 0, 0), checked(a * b)),
        ]
        x, y, scales, result = divide_row(chance)
        rows.append(("'/'", x, y, scales, result))
        x, scales, exact, half = scale_row(chance)
        rows += [("'='", x, 0, scales, exact), ("'~'", x, 0, scales, half)]
        for name, x, y, scales, (fit, value) in rows:
            scales_c = ", ".join(map(str, scales))
            yield f"{{{name}, {words(x)}, {words(y)}, {{{scales_c}}}, {fit}, {words(value)}}},"


def bits(value: float) -> str:
    return f"UINT64_C({struct.unpack('<Q', struct.pack('<d', value))[0]})"


def random_double(chance) -> float:
    kind = chance.randrange(4)
    if kind == 0:
        return struct.unpack("<d", struct.pack("<Q", chance.randrange(0x7FF0 << 48)))[0]
    if kind == 1:
        return chance.randrange(10**9) / 10 ** chance.randrange(9)
    if kind == 2:
        return float(chance.randrange(2**60))
    return chance.random() * 10 ** chance.randrange(-320, 308)


def double_rows(chance):
    # Numbers halfway between two doubles decide whether the last digit of many is looked at.
    for text in (
        "9007199254740993",
        "9007199254740993.0000000000000000000000000000000001",
        "2.4703282292062327208e-324",
        "2.4703282292062327209e-324",
        "1e-400",
        "-1e-400",
        "1.7976931348623157e308",
    ):
        yield f'{{"{text}", {bits(float(text))}}},'
    for _ in range(COUNT):
        value = random_double(chance)
        text = chance.choice((repr(value), f"{value:.17e}", f"{value:.25e}", f"{value:.3e}"))
        if chance.randrange(4) == 0:
            text = random_number(chance)
        yield f'{{"{text}", {bits(float(text))}}},'


def to_double_rows(chance):
    for _ in range(COUNT // 4):
        value, scale = random_integer(chance), chance.randrange(39)
        yield f"{{{words(value)}, {scale}, {bits(float(f'{value}e-{scale}'))}}},"


def main() -> None:
    chance = random.Random(SEED)
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print(f"/* Made by make_decimal_vectors.py, seed {SEED}. */")
    print('#include "decimal_vectors.h"')
    tables = (
        ("parse", parse_rows),
        ("format", format_rows),
        ("operation", operation_rows),
        ("double", double_rows),
        ("to_double", to_double_rows),
    )
    for name, rows in tables:
        lines = list(rows(chance))
        print(f"const decimal_{name} decimal_{name}s[] = {{")
        print("\n".join(lines))
        print(f"}};\nconst size_t decimal_{name}_count = {len(lines)};")


if __name__ == "__main__":
    sys.exit(main())
