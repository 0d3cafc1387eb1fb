# SPDX-License-Identifier: Apache-2.0
"""Values are typed as each index's own mapping types them: random mappings and documents in a real
server, whose docvalue_fields are the oracle.

    TIDEMILL_MODEL_SEED=N         the first seed
    TIDEMILL_MAPPING_WORLDS=N     how many worlds per server: three indices each
    TIDEMILL_MAPPING_DOCUMENTS=N  of each index
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from mapping_ground import check_world, features_of
from mapping_world import make_world

SEED = int(os.environ.get("TIDEMILL_MODEL_SEED", "1"))
WORLDS = int(os.environ.get("TIDEMILL_MAPPING_WORLDS", "8"))
DOCUMENTS = int(os.environ.get("TIDEMILL_MAPPING_DOCUMENTS", "60"))


@pytest.mark.parametrize(
    "product",
    ["elasticsearch_8", "elasticsearch_7", "elasticsearch_6", "opensearch_2", "opensearch_3"],
)
def test_values_are_what_doc_values_are(
    request: pytest.FixtureRequest, product: str, tidemill: Path, tmp_path: Path
) -> None:
    server = request.getfixturevalue(product)
    counts: Counter = Counter()
    features = features_of(server)
    worlds = WORLDS if product == "elasticsearch_8" else (WORLDS + 2) // 3
    for seed in range(SEED, SEED + worlds):
        directory = tmp_path / str(seed)
        directory.mkdir()
        prefix = f"mapping-{product.replace('_', '')}-{os.getpid()}-{seed}"
        world = make_world(seed, prefix, features, DOCUMENTS)
        counts += check_world(server, world, tidemill, directory)
    print(f"{product}: seeds {SEED}..{SEED + worlds - 1}: {dict(counts)}")
