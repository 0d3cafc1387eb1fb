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
from kill_campaign import Campaign
from kill_ground import Ground
from kill_scenarios import COMBINATIONS, SEARCH_MODES, Data
from search_ground import SearchGround

SEED = int(os.environ.get("TIDEMILL_KILL_SEED", "1"))
FILE_COMBINATIONS = [(sink, mode) for sink, mode in COMBINATIONS if mode not in SEARCH_MODES]
SEARCH_COMBINATIONS = [(sink, mode) for sink, mode in COMBINATIONS if mode in SEARCH_MODES]
KILLS_EACH = int(os.environ.get("TIDEMILL_KILLS_EACH", "5"))
STAGED_KILLS_EACH = (KILLS_EACH + 1) // 2


@pytest.mark.parametrize(("sink", "mode"), FILE_COMBINATIONS)
def test_tables_are_those_of_an_undisturbed_run(sink, mode, tidemill, tmp_path, request):
    print(f"\nseed {SEED}")
    server = conninfo(request) if sink == "postgres" else None
    check_kills(Ground(tidemill, tmp_path, sink, mode, SEED, server))


class SmallSearchGround(SearchGround):
    """Its runs take a moment."""

    def make_data(self, seed: int) -> Data:
        return Data(seed, 150, 500, 50)


@pytest.mark.parametrize(("sink", "mode"), SEARCH_COMBINATIONS)
def test_rows_that_were_staged_are_there_once(
    sink, mode, tidemill, tmp_path, elasticsearch_8, request
):
    print(f"\nseed {SEED}")
    server = conninfo(request) if sink == "postgres" else None
    values = [tidemill, tmp_path, sink, mode, SEED, server, elasticsearch_8]
    check_kills(SmallSearchGround(*values), STAGED_KILLS_EACH)


def conninfo(request) -> str:
    return request.getfixturevalue("postgres").conninfo().rpartition(" dbname=")[0]


def check_kills(ground: Ground, kills: int = KILLS_EACH) -> None:
    campaign = Campaign(random.Random(f"{SEED} {ground.sink} {ground.mode.name}"))
    campaign.run(ground, kills)
    print(campaign.histogram())
    assert campaign.failures == []
    assert len(campaign.hits) >= kills
    ground.remove()
