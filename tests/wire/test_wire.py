# SPDX-License-Identifier: Apache-2.0
"""Whatever the wire to a real search server does: the tables are those of an undisturbed run, or
there is a clear error and nothing by halves.

A sample of what `tests/wire/torture` does for longer, with the same code. TIDEMILL_WIRE_SEED
chooses another sample, TIDEMILL_WIRE_RUNS its size. A failure names its seed: torture --replay
repeats it.
"""

import http.client
import json
import os

import pytest
from wire_campaign import Campaign
from wire_checks import WireError
from wire_faults import FAULTS, FOR_EVER, Plan, Strike
from wire_messages import Answer, Context, Request
from wire_scenarios import INDICES, ROUTES, Case

SEED = int(os.environ.get("TIDEMILL_WIRE_SEED", "1"))
RUNS = int(os.environ.get("TIDEMILL_WIRE_RUNS", "24"))
CSV_RUNS = RUNS // 6

# What has found something once: by the seed that had drawn it then.
REGRESSIONS = {
    17: (
        {"route": "merge", "snapshot": "pit", "slices": 1, "page_size": 700, "few_rows": False},
        ("content-length too small", "pit_next", 4, 3, 17177799),
        ("failed shards", "pit_next", 5, 1, 956046066),
        ("503", "pit_close", 2, 1, 220583752),
        ("503 with Retry-After", "pit_next", 4, FOR_EVER, 494854878),
        ("context lost", "pit_next", 5, 3, 927823667),
    ),
    21: (
        {"slices": 5, "page_size": 700, "workers": 1, "few_rows": False},
        ("cut in the body", "pit_next", 8, 3, 380243037),
        ("500 after it was done", "pit_next", 16, 1, 861543181),
        ("429 with Retry-After", "pit_next", 9, 2, 362030940),
        ("the page before once more", "pit_next", 17, 1, 851410689),
        ("PIT id changed", "pit_next", 9, 1, 536540829),
    ),
    278: (
        {
            "route": "merge",
            "sink": "postgres",
            "snapshot": "pit",
            "slices": 5,
            "page_size": 250,
            "workers": 1,
        },
        ("the page before once more", "pit_next", 3, 1, 344228086),
        ("a short page", "pit_next", 19, 2, 626809643),
        ("garbled", "pit_next", 15, FOR_EVER, 487736724),
    ),
}


def make_case(**changes: object) -> Case:
    values = {
        "route": "ordered",
        "sink": "sqlite",
        "snapshot": "scroll",
        "slices": None,
        "page_size": 110,
        "workers": 2,
        "few_rows": True,
        "compressed": False,
    }
    return Case(**{**values, **changes})


def make_plan(name: str, kind: str, number: int, times: int = 1) -> Plan:
    return Plan([Strike(FAULTS[name], kind, number, times, SEED)])


def stage_of(campaign, server: str):
    return next(stage for stage in campaign.stages if stage.ground.server.name == server)


@pytest.mark.parametrize("seed", range(SEED * 1000, SEED * 1000 + RUNS))
def test_a_run_with_faults(seed, wire_campaign):
    print("seed", seed, wire_campaign.describe(seed))
    assert wire_campaign.run(seed), wire_campaign.failures[-1]


@pytest.mark.parametrize("seed", range(SEED * 1000, SEED * 1000 + CSV_RUNS))
def test_a_run_with_faults_into_files(seed, wire_campaign):
    campaign = Campaign(wire_campaign.stages, "csv")
    print(campaign.describe(seed))
    assert campaign.run(seed), campaign.failures[-1]


@pytest.mark.parametrize("seed", REGRESSIONS)
def test_a_run_that_failed_once(seed, wire_campaign):
    changes, *strikes = REGRESSIONS[seed]
    plan = Plan([Strike(FAULTS[name], *strike) for name, *strike in strikes])
    stage = stage_of(wire_campaign, "elasticsearch_8")
    stage.run(seed, make_case(**changes), plan)
    assert plan.hits


SINGLE = {"page_size": 1000}  # each shard fits one page


def test_what_fits_one_page_opens_nothing(wire_campaign):
    stage = stage_of(wire_campaign, "elasticsearch_8")
    outcome = stage.run(SEED, make_case(route="stream", **SINGLE), Plan([]))
    assert outcome.code == 0
    assert stage.proxy.contexts == {}
    assert stage.proxy.counts["search"] == sum(INDICES.values())


@pytest.mark.parametrize(
    "name", [fault.name for fault in FAULTS.values() if "search" in fault.kinds]
)
def test_each_fault_in_a_plain_search(name, wire_campaign):
    """It can be asked again at once, and is whole or nothing."""
    stage = stage_of(wire_campaign, "elasticsearch_8")
    plan = make_plan(name, "search", 2)
    # On a busy machine it takes its time until a thread comes to let connections in again.
    case = make_case(route="stream", patient=name == "connections refused for a while", **SINGLE)
    outcome = stage.run(SEED, case, plan)
    assert (outcome.code, len(plan.hits)) == (0, 1), outcome.said


@pytest.mark.parametrize("route", ROUTES)
def test_a_source_that_stays_broken_is_an_error_and_the_same_command_resumes(route, wire_campaign):
    """Which of the splits were committed before it broke differs from route to route."""
    stage = stage_of(wire_campaign, "elasticsearch_8")
    plan = make_plan("cut in the body", "next", 12, FOR_EVER)
    outcome = stage.run(SEED, make_case(route=route, sink="postgres", workers=1), plan)
    assert outcome.code == 4
    assert "retries:" in outcome.said


@pytest.mark.parametrize(("snapshot", "kind"), [("scroll", "next"), ("pit", "pit_next")])
def test_pages_that_make_up_for_each_other_are_noticed(snapshot, kind, wire_campaign):
    """One lacks a hit, and the next has another one twice: the count is right."""
    stage = stage_of(wire_campaign, "elasticsearch_8")
    faults = (FAULTS["a missing hit"], FAULTS["a double hit"])
    plan = Plan([Strike(fault, kind, 2 + i, 1, SEED) for i, fault in enumerate(faults)])
    outcome = stage.run(SEED, make_case(snapshot=snapshot, slices=1, workers=1), plan)
    assert (outcome.code, plan.hits[0].name) == (0, "a missing hit"), outcome.said


def test_faults_strike_after_rows_were_spilled(wire_campaign):
    """So that spilled rows of an attempt that failed are thrown away."""
    stage = stage_of(wire_campaign, "elasticsearch_8")
    plan = make_plan("cut before the last byte", "next", 22)
    assert stage.run(SEED, make_case(), plan).code == 0
    assert [hit.spilled for hit in plan.hits] == [True]


@pytest.mark.parametrize("server", ["elasticsearch_8", "elasticsearch_7", "opensearch_2"])
@pytest.mark.parametrize("snapshot", ["scroll", "pit"])
def test_a_page_over_the_limit_of_the_server_is_asked_for_smaller(server, snapshot, wire_campaign):
    stage = stage_of(wire_campaign, server)
    limit = {"index.max_result_window": 7}
    stage.ground.server.request("PUT", "/wire-b/_settings", limit)
    try:
        case = make_case(snapshot=snapshot, page_size=700)
        outcome = stage.run(SEED, case, Plan([]))
    finally:
        stage.ground.server.request("PUT", "/wire-b/_settings", dict.fromkeys(limit))
    assert outcome.code == 0, outcome.said


@pytest.mark.parametrize("kind", ["plan", "close", "pit_close"])
def test_questions_and_goodbyes_are_repeated(kind, wire_campaign):
    """They change nothing that would be read."""
    stage = stage_of(wire_campaign, "opensearch_2")
    case = make_case(route="replace", snapshot="pit" if kind == "pit_close" else "scroll")
    plan = make_plan("reset before the request is passed on", kind, 1)
    outcome = stage.run(SEED, case, plan)
    assert (outcome.code, outcome.left_behind, len(plan.hits)) == (0, 0, 1)


QUESTIONS = ["cut in the body", "garbled", "an empty body", "no answer, connection closed", "503"]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_question_which_index_was_read_is_repeated(name, wire_campaign):
    """An append asks it before each split is committed: nothing is read anew for it."""
    stage = stage_of(wire_campaign, "elasticsearch_8")
    case, splits = make_case(route="stream", workers=1), sum(INDICES.values())
    assert stage.run(SEED, case, Plan([])).code == 0
    questions = stage.proxy.counts["plan"]  # those of the splits are the last
    plan = make_plan(name, "plan", questions - splits // 2)
    outcome = stage.run(SEED, case, plan)
    assert (outcome.code, len(plan.hits)) == (0, 1), outcome.said
    assert stage.proxy.counts["plan"] == questions + 1
    assert stage.proxy.counts["open"] == splits


@pytest.mark.parametrize("server", ["elasticsearch_8", "opensearch_2"])
def test_a_point_in_time_whose_opening_broke_off_late_is_closed(server, wire_campaign):
    """Its id arrived."""
    stage = stage_of(wire_campaign, server)
    plan = make_plan("cut before the last byte", "pit_open", 1)
    outcome = stage.run(SEED, make_case(snapshot="pit"), plan)
    assert (outcome.code, outcome.left_behind) == (0, 0)


# What the campaign rests on can fail.


def test_the_books_notice_a_context_that_nobody_closes(wire_campaign):
    stage = stage_of(wire_campaign, "elasticsearch_8")
    opened = stage.ground.server.request("POST", "/wire-a/_pit?keep_alive=1m")
    context = Context(opened["id"], pit=True, told=True)
    stage.proxy.reset()
    stage.proxy.contexts[context.id] = context
    with pytest.raises(WireError, match="left open"):
        stage.check_contexts()
    stage.proxy.delete(context)
    stage.check_contexts()


def ask(connection: http.client.HTTPConnection, method: str, target: str, body: dict) -> None:
    data = json.dumps(body) if body else None
    connection.request(method, target, data, {"content-type": "application/json"})


def test_an_older_id_of_a_point_in_time_is_a_crime_once_the_newer_was_read(wire_campaign):
    """Not while its answer is under way, or lies unread before a client that has gone."""
    proxy = stage_of(wire_campaign, "elasticsearch_8").proxy
    proxy.reset()
    proxy.one_worker, proxy.script = True, make_plan("PIT id changed", "pit_next", 1)
    hasty, patient = (http.client.HTTPConnection("127.0.0.1", proxy.port) for _ in range(2))
    ask(hasty, "POST", "/wire-a/_pit?keep_alive=1m", {})
    opened = json.loads(hasty.getresponse().read())["id"]
    search = {"size": 1, "pit": {"id": opened, "keep_alive": "1m"}}
    ask(hasty, "POST", "/_search", search)
    (context,) = proxy.contexts.values()
    with proxy.changed:  # until the answer is sent
        assert proxy.changed.wait_for(lambda: context.aliases and proxy.busy == 0, 60)
    hasty.close()
    assert (len(context.aliases), context.read) == (1, 0)
    ask(patient, "POST", "/_search", search)
    assert json.loads(patient.getresponse().read())["pit_id"] == context.newest != opened
    assert proxy.crimes == []
    ask(patient, "POST", "/_search", search)
    patient.getresponse().read()
    assert proxy.crimes == ["an old id of a PIT was used after a newer one"]
    patient.close()
    proxy.delete(context)


def test_tables_that_differ_are_noticed(wire_campaign):
    stage, case = stage_of(wire_campaign, "elasticsearch_8"), make_case(route="merge")
    expected = stage.expected(case)
    stage.run(SEED, case, Plan([]))
    lost = type(expected)(expected.output[1:], expected.rejects, expected.late, expected.state)
    with pytest.raises(WireError, match="1 rows too many"):
        stage.compare(case, lost)


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.after])
def test_every_fault_does_something(name, wire_campaign):
    """To an answer as servers give it; the others end the request before, and are counted."""
    fault, proxy = FAULTS[name], wire_campaign.stages[0].proxy
    kind = fault.kinds[-1]
    proxy.reset()
    proxy.contexts["x"] = Context("x", pit=True)
    proxy.last_pages["x", "null"] = b"the page before"
    hits = [{"_id": str(i), "sort": [i]} for i in range(5)]
    page = {"pit_id": "x", "_shards": {"total": 2, "failed": 0}, "hits": {"hits": hits}}
    request = Request("POST", "/_search", {}, b"{}", kind, 1, "x", "null")
    answer = Answer(200, [("content-type", "application/json")], json.dumps(page).encode())
    plan = make_plan(name, kind, 1)
    plan.after(proxy, request, answer)
    proxy.reset()  # of what no server has
    assert [hit.name for hit in plan.hits] == [name]
