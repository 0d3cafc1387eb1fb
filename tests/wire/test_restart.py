# SPDX-License-Identifier: Apache-2.0
"""A real server that is killed in the middle of a run and started again: who is patient does not
notice, who is not is told and resumes. `tests/wire/torture` does it more often."""

import pytest
import servers
from test_wire import SEED, make_case
from wire_campaign import Stage
from wire_restart import COLD_TIMEOUT, Restart
from wire_scenarios import prepare


@pytest.fixture(scope="module")
def stage(tidemill, wire_database, tmp_path_factory):
    with servers.start("elasticsearch_8") as server:
        ground = prepare(server, SEED)
        with Stage(
            tidemill, tmp_path_factory.mktemp("restart"), ground, wire_database, {}
        ) as stage:
            yield stage


def test_a_patient_run_outlasts_the_restart_of_its_scrolls(stage):
    restart = Restart([], server=stage.ground.server, kind="next", number=15, moment="after")
    case = make_case(route="stream", sink="postgres", patient=True, timeout=COLD_TIMEOUT)
    outcome = stage.run(SEED, case, restart)
    assert len(restart.hits) == 1
    assert outcome.code == 0, outcome.said


def test_an_impatient_run_is_told_and_the_same_command_goes_on(stage):
    restart = Restart([], server=stage.ground.server, kind="pit_next", number=9)
    outcome = stage.run(SEED, make_case(snapshot="pit", timeout=COLD_TIMEOUT), restart)
    assert len(restart.hits) == 1
    assert outcome.code == 4, outcome.said
