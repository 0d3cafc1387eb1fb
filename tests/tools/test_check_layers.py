# SPDX-License-Identifier: Apache-2.0
"""tools/check_layers sees what is wrong with a tree, and nothing wrong with a good one."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "check_layers"


def check(tree: Path, files: dict[str, str], *options: str) -> subprocess.CompletedProcess:
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    command = [sys.executable, str(TOOL), "--root", str(tree), *options]
    return subprocess.run(command, capture_output=True, text=True)


GOOD = {
    "include/tidemill.h": "#pragma once\n#include <stdint.h>\nint64_t tidemill_version(void);\n",
    "src/base/error.h": "#pragma once\nenum code { OK };\n",
    "src/record/batch.h": '#pragma once\n#include "base/error.h"\nenum code check(void);\n',
    "src/sink/csv/csv.c": '#include "sink/csv/csv.h"\n#include "record/batch.h"\n',
    "src/sink/csv/csv.h": "#pragma once\n",
    "src/sink/store/store.h": "#pragma once\n",
    "src/sink/sqlite/a.c": '#include "sink/store/store.h"\n',
    "src/run/run.c": '#include "sink/csv/csv.h"\n#include "tidemill.h"\n',
    "src/flow/queue.c": "#include <pthread.h>\n",
}


def test_a_good_tree_passes_in_silence(tmp_path):
    result = check(tmp_path, GOOD)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("src/base/text.c", '#include "record/batch.h"\n', ":1: base may not include record"),
        ("src/flow/step.c", '\n#include "process/day.h"\n', ":2: flow may not include process"),
        ("src/sink/csv/a.c", '#include "sink/sqlite/b.h"\n', "sink/csv may not include sink/sq"),
        ("src/sink/store/a.c", '#include "sink/csv/b.h"\n', "sink/store may not include sink/csv"),
        ("src/process/a.c", '#include "shuffle/b.h"\n', "process may not include shuffle"),
        ("src/source/flow/a.c", '#include "source/file/b.h"\n', "source/flow may not include"),
        ("src/cli/a.c", '#include "record/batch.h"\n', "cli may not include record/batch.h"),
        ("src/record/a.c", '#include "tidemill.h"\n', "record may not include tidemill.h"),
        ("src/record/a.c", '#include "batch.h"\n', "record may not include batch.h"),
        ("src/sink/csv/a.cpp", '#include "run/run.h"\n', "sink/csv may not include run/run.h"),
        ("src/misplaced/a.c", "", "in no room"),
        ("src/sink/a.c", "", "in no room"),
        ("src/shuffle/a.c", "#include <pthread.h>\n", ":1: <pthread.h> belongs to"),
        ("include/tidemill.h", '#include "base/error.h"\n', "includes nothing of the project"),
        ("include/tidemill.h", "#pragma once\nint new;\n", "does not compile alone as c++"),
        ("src/base/text.h", "#pragma once\nsize_t n;\n", "src/base/text.h: does not compile alone"),
        ("src/base/text_util.c", "", "named after nothing in particular: util"),
        ("tests/unit/base/common.h", "", "named after nothing in particular: common"),
    ],
)
def test_a_bad_file_is_named(tmp_path, path, text, complaint):
    result = check(tmp_path, GOOD | {path: text})
    assert result.returncode == 1
    assert complaint in result.stderr
    assert path in result.stderr


def test_sizes_are_a_hint(tmp_path):
    function = "void f(void)\n{\n" + "    ;\n" * 80 + "}\n"
    result = check(tmp_path, GOOD | {"src/base/long.c": function * 5}, "--sizes")
    assert result.returncode == 0
    assert "src/base/long.c: 415 lines" in result.stdout
    assert "src/base/long.c:2: a function of 80 lines" in result.stdout
