# SPDX-License-Identifier: Apache-2.0
"""What of a campaign is done: a line of JSON for each fault, appended by all processes, so that it
goes on where it was ended. It belongs to one binary: those of another have other calls."""

import hashlib
import json
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from fail_cases import Case, Fault
from fail_ground import FailGround, Outcome

SAID_BYTES_MAX = 400


class OtherBinaryError(Exception):
    """The record is of another binary."""


def digest_of(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


@dataclass
class Done:
    """A fault that was tried; `code` None: with a consequence that it may not have."""

    case: str
    fault: Fault
    code: int | None
    said: str
    stack: str


@dataclass
class Seen:
    """The calls of a case without faults: how many of each kind, and along how many ways."""

    calls: dict[str, int]
    stacks: set[str]  # of allocations


@dataclass
class Record:
    path: Path
    digest: str
    offset: int = 0
    done: dict[tuple[str, Fault], Done] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    stacks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # that failed
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            self.append({"binary": self.digest})
        self.refresh()

    def append(self, line: dict) -> None:
        """At once and whole: several processes write."""
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(file, json.dumps(line).encode() + b"\n")
        os.close(file)

    def refresh(self) -> None:
        """Takes what was added since, perhaps by others."""
        with self.path.open("rb") as lines:
            lines.seek(self.offset)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self.offset += len(line)
                self.take(json.loads(line))

    def take(self, line: dict) -> None:
        if "binary" in line:
            if line["binary"] != self.digest:
                raise OtherBinaryError(f"{self.path} is of another binary: begin another record")
        elif "seconds" in line:
            self.seconds += line["seconds"]
        elif "calls" in line:
            self.seen[line["case"]] = Seen(line["calls"], set(line["stacks"]))
        else:
            fault = Fault.parse(line["fault"])
            done = Done(line["case"], fault, line["code"], line["said"], line["stack"])
            self.done[done.case, fault] = done
            if fault.kind == "alloc" and done.stack:
                self.stacks[done.case].add(done.stack)

    def add_case(self, ground: FailGround) -> None:
        if str(ground.case) not in self.seen:
            stacks = sorted(set(ground.stacks["alloc"]))
            self.append({"case": str(ground.case), "calls": ground.counts, "stacks": stacks})

    def add(self, case: Case, fault: Fault, outcome: Outcome | None, said: str) -> None:
        code, stack = (outcome.code, outcome.stack) if outcome else (None, "")
        line = {"case": str(case), "fault": str(fault), "code": code, "stack": stack}
        self.append({**line, "said": said[:SAID_BYTES_MAX] if outcome else said})

    def is_done(self, case: Case, fault: Fault) -> bool:
        """A fault whose consequence was one that may not be is tried again."""
        done = self.done.get((str(case), fault))
        return done is not None and done.code is not None

    def broken(self) -> list[Done]:
        return [done for done in self.done.values() if done.code is None]

    def count(self, *keys: str) -> Counter:
        """Faults that were met, by such of `case`, `kind`, `lasting`, `absorbed`."""
        counts: Counter = Counter()
        for done in self.done.values():
            if done.stack or done.code is None:
                values = {
                    "case": done.case,
                    "kind": done.fault.kind,
                    "lasting": done.fault.goes_on,
                    "absorbed": done.code == 0,
                }
                counts[tuple(values[key] for key in keys)] += 1
        return counts
