# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def recorder(tidemill: Path) -> Path:
    """Built beside the binary."""
    built = ROOT / "build" / "test" / "tests" / "power" / "recorder.so"
    assert built.exists(), f"{built} is missing: tools/build test"
    return built
