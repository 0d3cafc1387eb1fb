# SPDX-License-Identifier: Apache-2.0
"""Nights of runs by a cursor over a real Elasticsearch, against cursor_reference.py.

Each night documents come - on time, late within the lag or beyond it, without a cursor, or with one
that lies in the future -, some are written anew, edited in place or deleted, indices come and go, the
lag is another one, and the pipeline or its table is changed behind the runs' back. Runs are killed and
begun again until they are complete. All tables, the marks and the counts are compared.

A sample of what tests/model/nights/torture does for 30 nights and many seeds.
TIDEMILL_MODEL_SEED=3 TIDEMILL_MODEL_CASES=1 repeats case 3; TIDEMILL_MODEL_NIGHTS is of all cases.
"""

import os

import pytest
from cursor_world import CursorCase

FIRST_SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "0"))
CASES = int(os.environ.get("TIDEMILL_MODEL_CASES", "4"))
# A month where late rows of a series are kept; the others are shorter, since a night is some runs.
LONG, SHORT = 30, 12


def nights_of(seed: int) -> int:
    wanted = os.environ.get("TIDEMILL_MODEL_NIGHTS")
    return int(wanted) if wanted else LONG if seed % 4 == 3 else SHORT


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_equal_to_reference(seed, tidemill, tmp_path, request):
    nights = nights_of(seed)
    case = CursorCase(seed, tidemill, tmp_path, request.getfixturevalue, nights)
    print(f"\nseed {seed}: {case.describe()}, {nights} nights")
    for _ in range(nights):
        case.spend_night()
    case.remove_indices()
    print(dict(case.mishaps), dict(case.changes))
    reference = case.reference
    print(f"{case.kills} kills, {len(reference.output)} rows, {len(reference.late)} late")
