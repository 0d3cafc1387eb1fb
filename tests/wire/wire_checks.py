# SPDX-License-Identifier: Apache-2.0
"""How what a run left is compared with what it should have left."""

from collections import Counter


class WireError(AssertionError):
    """What must hold after a run does not."""


def require(holds: object, said: str) -> None:
    if not holds:
        raise WireError(said)


def without(found: list[dict], before: list[dict]) -> list[dict]:
    """What is there once or more often than before, as often."""
    known, more = Counter(map(repr, before)), []
    for row in found:
        if known[repr(row)] > 0:
            known[repr(row)] -= 1
        else:
            more.append(row)
    return more


def differences(found: list, expected: list) -> str:
    more = Counter(map(repr, found)) - Counter(map(repr, expected))
    less = Counter(map(repr, expected)) - Counter(map(repr, found))
    return (
        f"{more.total()} rows too many {sorted(more.elements())[:2]}, "
        f"{less.total()} missing {sorted(less.elements())[:2]}"
    )
