# SPDX-License-Identifier: Apache-2.0
"""Kill the run at any instant, run the same command again: the tables are those of an undisturbed
run.

A sample of what `tests/kill/torture` does for longer, with the same code. TIDEMILL_KILL_SEED
chooses another sample, TIDEMILL_KILLS_EACH its size. A failure names the kills: torture
--replay repeats it.
"""

import os
import random

import pytest
from kill_ground import Campaign, Ground
from kill_scenarios import COMBINATIONS

SEED = int(os.environ.get("TIDEMILL_KILL_SEED", "1"))
KILLS_EACH = int(os.environ.get("TIDEMILL_KILLS_EACH", "5"))


@pytest.mark.parametrize(("sink", "mode"), COMBINATIONS)
def test_tables_are_those_of_an_undisturbed_run(sink, mode, tidemill, tmp_path, request):
    print(f"\nseed {SEED}")
    server = None
    if sink == "postgres":
        server = request.getfixturevalue("postgres").conninfo().rpartition(" dbname=")[0]
    ground = Ground(tidemill, tmp_path, sink, mode, SEED, server)
    campaign = Campaign(random.Random(f"{SEED} {sink} {mode}"))
    campaign.run(ground, KILLS_EACH)
    print(campaign.histogram())
    assert campaign.failures == []
    assert len(campaign.hits) >= KILLS_EACH
    ground.remove()
