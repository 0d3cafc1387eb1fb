# SPDX-License-Identifier: Apache-2.0
"""Cut the power at any instant, give the same command again: the tables are those of an undisturbed
run, and a run that was reported complete is complete.

A sample of what `tests/power/torture` does for longer, with the same code. TIDEMILL_POWER_SEED
chooses another sample, TIDEMILL_POWER_EACH its size.
"""

import os

import pytest
from power_ground import COMBINATIONS, DifferenceError, Ground

SEED = int(os.environ.get("TIDEMILL_POWER_SEED", "1"))
EACH = int(os.environ.get("TIDEMILL_POWER_EACH", "3"))


@pytest.mark.parametrize("which", COMBINATIONS, ids="/".join)
def test_a_power_cut_loses_nothing(which, tidemill, recorder, scratch_path):
    print(f"\nseed {SEED}")
    ground = Ground(tidemill, recorder, scratch_path, which, SEED)
    failures = []
    for i in range(EACH):
        trial = ground.trial(SEED * 1000 + i)
        try:
            trial.run()
            print(trial.describe())
        except DifferenceError as difference:
            failures.append(str(difference))
    assert failures == []
