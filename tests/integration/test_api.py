# SPDX-License-Identifier: Apache-2.0
"""include/tidemill.h as another program uses it: through ctypes and pyarrow, stage by stage, as an
engine would that shuffles rows itself between reading and processing."""

import ctypes
import json
import os
import random
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_uint,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path

import pyarrow
import pytest
from project import Project
from pyarrow.cffi import ffi

ROOT = Path(__file__).resolve().parents[2]


class Error(Structure):
    _fields_ = (("code", c_int), ("message", c_char * 2048))


class Counts(Structure):
    _fields_ = tuple(
        (name, c_int64)
        for name in [
            "consumed",
            "seen",
            "late",
            "unmatched",
            "left",
            "rejected",
            "emitted",
            "series",
            "days",
            "rebuilt",
        ]
    )


class LoadResult(Structure):
    _fields_ = tuple((name, c_int64) for name in ("loaded", "superseded", "refused"))


class ProcessOptions(Structure):
    _fields_ = (
        ("struct_bytes", c_size_t),
        ("run", c_int64),
        ("unit_prefix", c_char_p),
        ("memory_bytes", c_int64),
        ("spill_directory", c_char_p),
    )


class Progress(Structure):
    _fields_ = (
        ("stage", c_char_p),
        *((name, c_int64) for name in ["read", "expected", "bytes", "loaded", "days"]),
    )


ON_PROGRESS = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(Progress))


class RunOptions(Structure):
    _fields_ = (
        ("struct_bytes", c_size_t),
        ("worker_count", c_uint),
        ("memory_bytes", c_int64),
        ("spill_directory", c_char_p),
        ("fresh", c_int),
        ("on_progress", ON_PROGRESS),
        ("context", c_void_p),
    )


class FailureError(Exception):
    def __init__(self, error: Error):
        super().__init__(error.message.decode())
        self.code = error.code


class Library:
    """The library; functions that fail raise."""

    def __init__(self, path: Path):
        self.c = ctypes.CDLL(str(path))
        self.c.tidemill_plan_json.restype = c_char_p
        self.c.tidemill_version.restype = c_char_p
        self.c.tidemill_unit_name.restype = c_char_p
        self.c.tidemill_project_pipeline_name.restype = c_char_p
        self.c.tidemill_project_pipeline_count.restype = c_size_t
        self.c.tidemill_plan_split_count.restype = c_size_t
        for name in ("pipeline_close", "project_close", "plan_destroy", "process_close"):
            getattr(self.c, f"tidemill_{name}").restype = None

    def call(self, name: str, *arguments: object) -> None:
        error = Error()
        if getattr(self.c, f"tidemill_{name}")(*arguments, byref(error)) != 0:
            raise FailureError(error)

    def open(self, name: str, *arguments: object) -> c_void_p:
        handle = c_void_p()
        self.call(name, *arguments, byref(handle))
        return handle

    def stream(self, name: str, *arguments: object) -> pyarrow.RecordBatchReader:
        out = ffi.new("struct ArrowArrayStream*")
        self.call(name, *arguments, address(out))
        return pyarrow.RecordBatchReader._import_from_c(int(ffi.cast("uintptr_t", out)))

    def batch(self, name: str, *arguments: object) -> pyarrow.RecordBatch:
        schema, array = ffi.new("struct ArrowSchema*"), ffi.new("struct ArrowArray*")
        self.call(name, *arguments, address(schema), address(array))
        return pyarrow.RecordBatch._import_from_c(
            int(ffi.cast("uintptr_t", array)), int(ffi.cast("uintptr_t", schema))
        )


def address(thing: object) -> c_void_p:
    return c_void_p(int(ffi.cast("uintptr_t", thing)))


@pytest.fixture(scope="session")
def library(tidemill: Path) -> Library:
    default = tidemill.parent / "../../libtidemill.so"
    return Library(Path(os.environ.get("LIBTIDEMILL", default)))


@pytest.fixture
def project(tidemill: Path, tmp_path: Path) -> Project:
    made = Project(tmp_path, tidemill)
    made.run("sample", "--rows", "3000", "--customers", "60", "in.ndjson")
    made.write(
        "step.lua",
        "return {day = function(rows, state) state.n = (state.n or 0) + rows.n"
        " return {n = state.n, uses = rows.n} end}",
    )
    made.pipeline(
        source={"files": "in.ndjson", "split_bytes": "100KB"},
        columns={
            "customer_id": "text",
            "ts": "timestamp",
            "amount": {"type": "decimal(12,2)", "from": "payment.amount"},
        },
        series="customer_id",
        time="ts",
        timezone="Europe/Warsaw",
        steps=[
            {
                "lua": "step.lua",
                "state": {"n": "int64"},
                "output": {
                    "customer_id": {"from": "series"},
                    "day": {"from": "day"},
                    "n": "int64",
                    "uses": "int64",
                },
            }
        ],
        sink="out",
    )
    return made


@pytest.fixture
def pipeline(library: Library, project: Project):
    opened = library.open("project_open", str(project.directory / "tidemill.yaml").encode())
    assert library.c.tidemill_project_pipeline_count(opened) == 1
    assert library.c.tidemill_project_pipeline_name(opened, c_size_t(0)) == b"p"
    bound = library.open("pipeline_open", opened, b"p")
    yield bound
    library.c.tidemill_pipeline_close(bound)
    library.c.tidemill_project_close(opened)


def everything(project: Project) -> tuple[list, list]:
    return (
        project.rows("select * from out order by customer_id, day"),
        project.rows("select * from tidemill_state_p order by customer_id"),
    )


def export(table: pyarrow.Table) -> object:
    out = ffi.new("struct ArrowArrayStream*")
    table.to_reader(max_chunksize=500)._export_to_c(int(ffi.cast("uintptr_t", out)))
    return out


def run_by_stages(library: Library, pipeline: c_void_p, seed: int, partitions: int) -> dict:
    """Reads splits in any order, shuffles rows by series here, processes and loads partitions."""
    generator = random.Random(seed)
    plan = library.open("plan_create", pipeline, None)
    count = library.c.tidemill_plan_split_count(plan)
    tables = [
        library.stream("read_split", plan, c_size_t(i), c_uint32(1)).read_all()
        for i in generator.sample(range(count), count)
    ]
    rows = pyarrow.concat_tables(tables)
    rows = rows.take(generator.sample(range(len(rows)), len(rows)))
    series = rows["customer_id"].to_pylist()
    run = c_int64(0)
    load = c_void_p()
    library.call("load_open", pipeline, library.c.tidemill_plan_json(plan), byref(run), byref(load))
    totals = {"read": len(rows), "loaded": 0, "consumed": 0, "seen": 0, "emitted": 0}
    for p in range(partitions):
        mine = rows.filter(pyarrow.array([hash_of(name) % partitions == p for name in series]))
        states = library.stream("load_states", load, c_uint64(0), c_uint64(2**64 - 1)).read_all()
        wanted = [hash_of(name) % partitions == p for name in states["customer_id"].to_pylist()]
        states = states.filter(pyarrow.array(wanted, type=pyarrow.bool_()))
        options = ProcessOptions(ctypes.sizeof(ProcessOptions), run.value, b"part%d" % p, 0, None)
        process = c_void_p()
        in_rows, in_states = export(mine), export(states)
        library.call(
            "process_open",
            plan,
            byref(options),
            address(in_rows),
            address(in_states),
            byref(process),
        )
        while True:
            unit = library.open("process_next", process)
            if not unit:
                break
            counts, result = Counts(), LoadResult()
            library.c.tidemill_unit_counts(unit, byref(counts))
            output = library.stream("unit_output", unit).read_all()
            assert len(output) == counts.emitted
            assert library.batch("unit_rejects", unit).num_rows == 0
            library.batch("unit_states", unit).validate(full=True)
            library.call("load_unit", load, unit, byref(result))
            library.c.tidemill_unit_destroy(unit)
            totals["loaded"] += result.loaded
            for name in ("consumed", "seen", "emitted"):
                totals[name] += getattr(counts, name)
        library.c.tidemill_process_close(process)
    library.call("load_finish", load)
    library.c.tidemill_load_close(load)
    library.c.tidemill_plan_destroy(plan)
    return totals


def hash_of(name: str) -> int:
    return sum(name.encode()) * 2654435761 % 2**32


def test_stages_apart_give_what_a_whole_run_gives(
    library: Library, project: Project, pipeline: c_void_p
) -> None:
    project.run("run")
    whole = everything(project)
    (project.directory / "out.sqlite").unlink()
    totals = run_by_stages(library, pipeline, seed=3, partitions=4)
    assert totals["read"] == totals["consumed"] == 3000
    assert totals["loaded"] == totals["emitted"] == len(whole[0])
    assert everything(project) == whole
    again = run_by_stages(library, pipeline, seed=4, partitions=3)
    assert (again["seen"], again["loaded"]) == (3000, 0)
    assert everything(project) == whole


def test_a_whole_run_reports_and_can_be_cancelled(
    library: Library, project: Project, pipeline: c_void_p
) -> None:
    stages = []

    def on_progress(_context: int, progress: object) -> int:
        stages.append(progress.contents.stage.decode())
        return 0

    callback = ON_PROGRESS(on_progress)
    options = RunOptions(ctypes.sizeof(RunOptions), 2, 0, None, 0, callback, None)
    record = c_char_p()
    library.call("run", pipeline, byref(options), byref(record))
    assert json.loads(record.value)["counts"]["consumed"] == 3000
    assert stages
    stop = ON_PROGRESS(lambda _context, _progress: 1)
    options = RunOptions(ctypes.sizeof(RunOptions), 1, 0, None, 0, stop, None)
    before = everything(project)
    try:
        library.call("run", pipeline, byref(options), byref(record))
    except FailureError as failure:
        assert failure.code == 8  # cancelled
    assert everything(project) == before


def test_rejects_of_a_split_and_plans_of_other_processes(
    library: Library, project: Project, pipeline: c_void_p
) -> None:
    lines = (project.directory / "in.ndjson").read_text().splitlines()[:5]
    project.write("in.ndjson", "\n".join([*lines, "{broken", ""]))
    plan = library.open("plan_create", pipeline, None)
    out = ffi.new("struct ArrowArrayStream*")
    library.call("read_split", plan, c_size_t(0), c_uint32(1), address(out))
    # Draining it by hand, since an imported stream is not ours to ask any more.
    get_next = out.get_next
    rows = 0
    while True:
        array = ffi.new("struct ArrowArray*")
        assert get_next(out, array) == 0
        if array.release == ffi.NULL:
            break
        rows += array.length
        array.release(array)
    schema, array = ffi.new("struct ArrowSchema*"), ffi.new("struct ArrowArray*")
    library.call("split_rejects", address(out), address(schema), address(array))
    rejects = pyarrow.RecordBatch._import_from_c(
        int(ffi.cast("uintptr_t", array)), int(ffi.cast("uintptr_t", schema))
    )
    out.release(out)
    assert rows == 5
    assert [row["position"].split(":")[0] for row in rejects.to_pylist()] == ["in.ndjson"]
    text = library.c.tidemill_plan_json(plan)
    library.c.tidemill_plan_destroy(library.open("plan_create", pipeline, text))
    project.write("in.ndjson", "{}\n")
    with pytest.raises(FailureError, match=r"in\.ndjson"):
        library.open("plan_create", pipeline, text)
    library.c.tidemill_plan_destroy(plan)


def test_errors_are_sentences(library: Library, project: Project) -> None:
    with pytest.raises(FailureError, match=r"nowhere\.yaml"):
        library.open("project_open", b"nowhere.yaml")
    project.write("bad.yaml", "pipelines: {p: {sourc: 1}}")
    with pytest.raises(FailureError, match="did you mean `source`"):
        library.open("project_open", str(project.directory / "bad.yaml").encode())
    assert library.c.tidemill_version() == b"0.1.0"


def test_loading_stops_where_state_and_table_do_not_belong_together(
    library: Library, project: Project, pipeline: c_void_p
) -> None:
    run_by_stages(library, pipeline, seed=5, partitions=2)
    before = project.rows("SELECT count(*) FROM tidemill_runs")
    project.rows("DROP TABLE tidemill_state_p")
    with pytest.raises(FailureError, match="no state that belongs"):
        run_by_stages(library, pipeline, seed=6, partitions=2)
    assert project.rows("SELECT count(*) FROM tidemill_runs") == before
