# SPDX-License-Identifier: Apache-2.0
"""Many nights of incremental runs over files, against nights_reference.py on seeded random changes.

A case is a directory of files and a pipeline over it, which appends, merges, or processes series,
into some sink. Each night files are added, grow, move, are copied, touched and removed, or one is
changed as it must not be; then the pipeline runs, with random workers and memory, killed at random
points and begun again until it is complete. Each morning all tables are compared.

TIDEMILL_MODEL_SEED=41 TIDEMILL_MODEL_CASES=1 repeats case 41; there is no last case.
"""

import os

import pytest
from nights_world import Case

FIRST_SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "0"))
CASES = int(os.environ.get("TIDEMILL_MODEL_CASES", "8"))
NIGHTS = 30


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_equal_to_reference(seed, tidemill, tmp_path, request):
    case = Case(seed, tidemill, tmp_path, request.getfixturevalue)
    print(f"\nseed {seed}: {case.describe()}")
    for _ in range(NIGHTS):
        case.spend_night()
    print(dict(case.mishaps))
    print(f"{case.kills} kills, {len(case.reference.output)} rows, {len(case.reference.late)} late")
