# SPDX-License-Identifier: Apache-2.0
"""The documentation: links lead somewhere, and every source, step and sink has a page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def anchors(page: Path) -> set[str]:
    """As a forge makes them of headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = 0
    for page in pages:
        text = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", page.read_text("utf-8"))
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"https?:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.relative_to(ROOT)}: {link}"
            assert not anchor or anchor in anchors(target), f"{page.relative_to(ROOT)}: {link}"
            links += 1
    assert links > 100


def test_every_source_step_and_sink_has_a_page() -> None:
    kinds = {
        "sources": {path.name for path in (ROOT / "src/source").iterdir() if path.is_dir()},
        "sinks": {path.name for path in (ROOT / "src/sink").iterdir() if path.is_dir()},
    }
    kinds["sinks"] -= {"store"}  # what two of them share
    steps = (ROOT / "src/run/project.h").read_text("utf-8")
    kinds["steps"] = {word.lower() for word in re.findall(r"TIDE_STEP_([A-Z]+)", steps)}
    assert kinds["steps"] >= {"where", "lua"}
    kinds["sources"] = {"files" if kind == "file" else kind for kind in kinds["sources"]}
    kinds["sinks"].add("discard")
    for folder, names in kinds.items():
        pages = {page.stem for page in (ROOT / "docs" / folder).glob("*.md")}
        assert names == pages, folder


def test_the_index_has_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    for page in [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("s*/*.md")]:
        name = page.relative_to(ROOT / "docs").as_posix()
        assert name == "README.md" or f"({name})" in index, name
