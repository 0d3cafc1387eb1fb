# SPDX-License-Identifier: Apache-2.0
"""docs/torture.md: a section for each campaign, which writes its own and leaves the others."""

import os
import platform
import re
from pathlib import Path

REPORT = Path(__file__).resolve().parents[1] / "docs" / "torture.md"
TITLE = "# Torture\n"


def machine() -> str:
    release = ".".join(platform.release().split(".")[:2])
    return f"{os.cpu_count()} cores, {platform.system()} {release}"


def write_section(title: str, text: str, path: Path = REPORT) -> None:
    """Replaces the section of this title, or adds it as the last one."""
    before = path.read_text() if path.exists() else TITLE
    section = f"## {title}\n\n{text.strip()}\n"
    head, *sections = re.split(r"(?m)^(?=## )", before)
    titles = [held.splitlines()[0] for held in sections]
    if f"## {title}" in titles:
        sections[titles.index(f"## {title}")] = section
    else:
        sections.append(section)
    path.write_text("\n\n".join(part.strip() for part in [head, *sections]) + "\n")
