# SPDX-License-Identifier: Apache-2.0
"""Whole pipelines, run by the binary, against pipeline_reference.py on seeded random data.

A case is a random pipeline over a random source that grows, changes and loses rows between its
runs; every run draws its workers, memory, splits, partitions and commit units. After each run all
tables and counts are compared with those of the reference. A twin of some cases runs with other
options, and perhaps into another kind of sink: its tables, digests included, must be the same.

TIDEMILL_MODEL_SEED=41 TIDEMILL_MODEL_CASES=1 repeats case 41; there is no last case.
"""

import os

import pytest
from pipeline_world import END_OF_TIME, Case

FIRST_SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
CASES = int(os.environ.get("TIDEMILL_MODEL_CASES", "80"))


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CASES))
def test_equal_to_reference(seed, tidemill, tmp_path, request):
    case = Case(seed, tidemill, tmp_path, request.getfixturevalue)
    print(f"\nseed {seed}: {case.describe()}")
    for _ in range(case.run_count):
        case.change_source()
        case.run_and_compare()
    case.check_nothing_left()


@pytest.mark.parametrize("ordered", [True])
def test_what_exceeds_the_memory_spills(ordered, tidemill, tmp_path, request):
    """The first large case of its kind, with all of its rows to be processed at once."""

    def suits(case: Case) -> bool:
        stored = ordered or case.design.pipeline.key
        whole = "steps" not in case.design.config  # steps without state may leave nothing to sort
        many = case.source.events.shape == "tiny"
        return bool(
            case.large and case.ordered is ordered and stored and (ordered or (whole and many))
        )

    for seed in range(FIRST_SEED, FIRST_SEED + 10_000):
        case = Case(seed, tidemill, tmp_path / str(seed), request.getfixturevalue)
        if suits(case):
            break
    print(f"\nseed {seed}: {case.describe()}")
    case.horizon = END_OF_TIME
    case.change_source()
    case.run_and_compare()
    assert case.spilled_bytes > 0
    case.check_nothing_left()
