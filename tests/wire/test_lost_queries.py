# SPDX-License-Identifier: Apache-2.0
"""Between the binary and a real server, query strings get lost: `scroll`, `preference`, `keep_alive`,
`filter_path`. The server then answers another question than was asked, and whole: the tables are
right all the same, or there is a clear error, and never a hole."""

import pytest
from test_wire import SEED, SINGLE, make_case, make_plan, stage_of
from wire_checks import WireError
from wire_faults import FOR_EVER, QUERY_LOST

SERVERS = ("elasticsearch_8", "opensearch_2")
QUESTIONS = 6  # before the first search
CASES = {
    "plan": make_case(route="stream"),
    "search": make_case(route="stream", **SINGLE),
    "open": make_case(route="stream"),
    "pit_open": make_case(route="stream", snapshot="pit"),
    "pit_next": make_case(route="stream", snapshot="pit"),
}


def lose(wire_campaign, server: str, kind: str, number: int, times: int = 1):
    stage = stage_of(wire_campaign, server)
    plan = make_plan(QUERY_LOST, kind, number, times)
    outcome = stage.run(SEED, CASES[kind], plan)
    assert plan.hits
    return outcome


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("kind", ["search", "open", "pit_next"])
def test_once_a_search_is_asked_for_again(server, kind, wire_campaign):
    assert lose(wire_campaign, server, kind, 2).code == 0


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("kind", ["search", "open"])
def test_always_a_search_of_some_shards_is_refused(server, kind, wire_campaign):
    """The split that fails first is told: one of an index with a single shard misses its scroll."""
    outcome = lose(wire_campaign, server, kind, 2, FOR_EVER)
    assert outcome.code != 0
    words = ["shards were searched instead of", "the answer has no _scroll_id"]
    assert any(each in outcome.said for each in words[: 2 if kind == "open" else 1])


@pytest.mark.parametrize("server", SERVERS)
def test_always_a_page_says_itself_whether_it_is_whole(server, wire_campaign):
    assert lose(wire_campaign, server, "pit_next", 2, FOR_EVER).code == 0


@pytest.mark.parametrize("server", SERVERS)
def test_a_point_in_time_is_not_opened(server, wire_campaign):
    stage, case = stage_of(wire_campaign, server), CASES["pit_open"]
    with pytest.raises(WireError, match=r"exit 2: .*keep.alive.* not specified"):
        lose(wire_campaign, server, "pit_open", 2)
    stage.check_halves(case, stage.expected(case))


@pytest.mark.parametrize("number", range(1, QUESTIONS + 1))
def test_a_question_before_the_first_search(number, wire_campaign):
    assert lose(wire_campaign, "elasticsearch_8", "plan", number).code == 0


@pytest.mark.parametrize("server", SERVERS)
def test_all_questions(server, wire_campaign):
    """Also those of whose index the documents are."""
    assert lose(wire_campaign, server, "plan", 1, FOR_EVER).code == 0
