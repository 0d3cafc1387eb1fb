# SPDX-License-Identifier: Apache-2.0
"""The shared library shows what its header declares, and nothing else."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "build" / "release" / "libtidemill.so"
DECLARATION = re.compile(r"^TIDEMILL_API\b[^;(]*?(\w+)\(", re.MULTILINE)


def test_exports_are_the_declared_functions():
    declared = DECLARATION.findall((ROOT / "include" / "tidemill.h").read_text())
    listing = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--format=posix", str(LIBRARY)],
        capture_output=True,
        text=True,
        check=True,
    )
    exported = [line.split()[0] for line in listing.stdout.splitlines()]
    assert sorted(exported) == sorted(declared)
