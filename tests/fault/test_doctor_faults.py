# SPDX-License-Identifier: Apache-2.0
"""`tidemill doctor` at a server that answers some questions only: what it does not tell is not well."""

import json
import subprocess
from pathlib import Path

import pytest
from fake_search import Answer, FakeSearch, Request

HEALTH = "/_cluster/health"


def examine(tidemill: Path, directory: Path, url: str) -> dict[str, dict]:
    """Topic -> finding about the connection."""
    config = {"connections": {"events": {"elasticsearch": url}}, "pipelines": {}}
    (directory / "tidemill.yaml").write_text(json.dumps(config))
    done = subprocess.run(
        [tidemill, "doctor", "--json"], cwd=directory, stdout=subprocess.PIPE, text=True
    )
    findings = map(json.loads, done.stdout.splitlines())
    return {each["topic"]: each for each in findings if each["subject"] == "events"}


def answer(path: str, status: int, cut_at: int | None = None):
    def fault(request: Request, answer: Answer) -> None:
        if request.path.startswith(path):
            answer.status, answer.cut_at = status, cut_at

    return fault


@pytest.mark.parametrize(("status", "cut_at"), [(429, None), (503, None), (200, 20)])
def test_health_that_is_not_told(tidemill, tmp_path, status, cut_at):
    """As of a cluster without a master."""
    with FakeSearch({}) as server:
        server.fault = answer(HEALTH, status, cut_at)
        found = examine(tidemill, tmp_path, server.url)
    assert found["server"]["verdict"] == "fine"
    assert found["health"]["verdict"] == "warning"
    assert (
        found["health"]["text"].startswith("not told: ") and server.url in found["health"]["text"]
    )
    assert "master" in found["health"]["advice"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_health_that_the_user_may_not_know(tidemill, tmp_path, status):
    with FakeSearch({}) as server:
        server.fault = answer(HEALTH, status)
        found = examine(tidemill, tmp_path, server.url)
    assert found["health"]["verdict"] == "fine"
    assert "privilege `monitor`" in found["health"]["text"]


def test_a_clock_that_is_not_told(tidemill, tmp_path):
    with FakeSearch({}) as server:
        server.fault = answer("/_nodes/_local/stats", 503)
        found = examine(tidemill, tmp_path, server.url)
    assert found["clock"]["verdict"] == "warning"
    assert found["clock"]["text"].startswith("not told: ")
