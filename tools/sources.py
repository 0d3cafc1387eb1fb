# SPDX-License-Identifier: Apache-2.0
"""Which files the project has, and what a C file includes, for the checks in this folder."""

import re
import subprocess
from pathlib import Path

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.MULTILINE)


def project_files(root: Path) -> list[Path]:
    """All files that git knows, or, where there is no git, all files; relative to root, sorted."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True
    )
    if listing.returncode == 0:
        found = (Path(name) for name in listing.stdout.split("\0") if name)
    else:
        found = (path.relative_to(root) for path in root.rglob("*"))
    return sorted(path for path in found if (root / path).is_file())


def includes(text: str) -> list[tuple[int, str, bool]]:
    """The includes of a C file as (line, name, whether it is written in quotes)."""
    return [
        (text.count("\n", 0, match.start()) + 1, match[2], match[1] == '"')
        for match in INCLUDE.finditer(text)
    ]


def closure(root: Path, file: Path) -> list[Path]:
    """The file and every project header that it includes, directly or not."""
    seen: dict[Path, None] = {}
    waiting = [file]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen[path] = None
        for _, name, quoted in includes((root / path).read_text()):
            for base in (path.parent, Path("src"), Path("include")):
                if quoted and (root / base / name).is_file():
                    waiting.append(base / name)
                    break
    return sorted(seen)
