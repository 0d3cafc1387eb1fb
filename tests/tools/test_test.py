# SPDX-License-Identifier: Apache-2.0
"""tools/test counts what test programs say: skipped and dead tests are failed ones."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "test"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("tools_test", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tools_test", loader))
    sys.modules["tools_test"] = module
    loader.exec_module(module)
    return module


MIXED = """\
[  ERROR   ] --- 0x1 != 0x2
[  PASSED  ] 3 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] test_without_a_disk

 1 SKIPPED TEST(S)
[  FAILED  ] 2 test(s), listed below:
[  FAILED  ] test_one
[  FAILED  ] test_other

 2 FAILED TEST(S)
"""


@pytest.mark.parametrize(
    ("result", "stderr", "passed", "failed"),
    [
        ("OK", "[  PASSED  ] 7 test(s).\n", 7, 0),
        ("OK", "[  PASSED  ] 7 test(s).\n[  PASSED  ] 2 test(s).\n", 9, 0),
        ("FAIL", MIXED, 3, 3),
        ("OK", MIXED, 3, 3),
        ("FAIL", "[ RUN      ] test_that_dies\n", 0, 1),
        ("TIMEOUT", "", 0, 1),
        ("FAIL", "[  PASSED  ] 7 test(s).\nLeakSanitizer: detected memory leaks\n", 7, 1),
        ("OK", "[  PASSED  ] 0 test(s).\n", 0, 1),
        ("OK", "[==========] Running 0 test(s).\n", 0, 1),
        ("OK", "60 passed in 29.75s\n", 60, 0),
        ("FAIL", "1 failed, 59 passed, 2 skipped in 29.75s\n", 59, 3),
        ("FAIL", "2 errors in 0.05s\n", 0, 2),
        ("OK", "3 files\n", 1, 0),
        ("FAIL", "3 files\n", 0, 1),
    ],
)
def test_counts(tool, result, stderr, passed, failed):
    outcome = tool.count_tests({"name": "m", "result": result, "stdout": "", "stderr": stderr})
    assert (outcome.passed, outcome.failed) == (passed, failed)
    assert bool(outcome.said) == bool(failed)


def test_the_end_tells_again_what_failed(tool):
    said = (
        "....\nE   assert 1 == 0\n=== short test summary ===\nFAILED tests/a.py::test_b - assert\n"
    )
    assert tool.summary("pytest", tool.Outcome(3, 1, said)) == [
        "pytest failed: build/logs/pytest.log",
        "    FAILED tests/a.py::test_b - assert",
    ]
    assert tool.summary("format", tool.Outcome(0, 1, "src/a.c is not formatted\n"))[1:] == [
        "    src/a.c is not formatted"
    ]
    assert tool.summary("unit", tool.Outcome(7, 0)) == []
