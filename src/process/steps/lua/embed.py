# SPDX-License-Identifier: Apache-2.0
"""Writes a text file as a C array: embed.py INPUT OUTPUT SYMBOL."""

import sys

source, target, symbol = sys.argv[1:]
with open(source, "rb") as file:
    data = file.read()
lines = [", ".join(str(byte) for byte in data[i : i + 20]) for i in range(0, len(data), 20)]
with open(target, "w", encoding="ascii") as file:
    file.write(f"#include <stddef.h>\nextern const unsigned char {symbol}[];\n")
    file.write(f"extern const size_t {symbol}_size;\n")
    file.write(f"const unsigned char {symbol}[] = {{\n" + ",\n".join(lines) + "\n};\n")
    file.write(f"const size_t {symbol}_size = {len(data)};\n")
