# SPDX-License-Identifier: Apache-2.0
"""The answer to a COMMIT is lost on the wire, at six places: no unit is lost or loaded twice.

A sample of what `tests/tworuns/torture` does for longer, with the same code. TIDEMILL_CUT_SEED
chooses another sample, TIDEMILL_CUT_RUNS its size. A failure names its seed: torture --replay
repeats it.
"""

import os

import pytest
from commit_cuts import CUT_MODES, Campaign, make_grounds
from pg_wire import PLACES

SEED = int(os.environ.get("TIDEMILL_CUT_SEED", "1"))
RUNS = int(os.environ.get("TIDEMILL_CUT_RUNS", "36"))


@pytest.fixture(scope="module")
def campaign(tidemill, postgres, elasticsearch_8, tmp_path_factory):
    server = postgres.conninfo().rpartition(" dbname=")[0]
    directory = tmp_path_factory.mktemp("cuts")
    grounds = make_grounds(tidemill, directory, SEED, server, elasticsearch_8, CUT_MODES)
    yield Campaign(grounds)
    for ground in grounds.values():
        ground.remove()


@pytest.mark.parametrize("seed", range(SEED * 1000, SEED * 1000 + RUNS))
def test_an_answer_to_commit_is_lost(seed, campaign):
    print("seed", seed, campaign.describe(seed))
    assert campaign.run(seed), campaign.failures[-1]


def test_every_place_was_cut_and_the_run_went_on(campaign):
    met = {hit.place for outcome in campaign.outcomes for hit in outcome.hits}
    assert met == set(PLACES)
    assert all(outcome.went_on for outcome in campaign.outcomes)
