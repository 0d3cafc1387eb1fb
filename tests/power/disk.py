# SPDX-License-Identifier: Apache-2.0
"""A disk that forgets: the log of recorder.c played up to a point, and what a power cut there may
leave of it.

What was fsynced is there for certain: a file's bytes and size by an fsync of the file, the names
in a folder by an fsync of the folder. Of the rest, chance decides:

    bytes    of each file none, all, the first writes, some writes, or some sectors of 512 bytes;
             a file may have become longer while its bytes are lost: zeros, or garbage
    names    `ordered`: all changes of names up to some moment, as a journal keeps them, and no fsync
             before it is undone; `unordered`: each change by itself, or each folder up to a moment
    -shm     SQLite's index of its log is mapped memory: absent, zeros or garbage

A rename within a file system is atomic; nothing else is.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
RENAME_EXCHANGE = 2
SHARED_MEMORY = "-shm"


@dataclass
class Op:
    """A line of the log. `where` is the path that it concerns, for people."""

    kind: str
    numbers: list[int]
    payload: bytes = b""
    where: str = ""


def read_log(path: Path) -> list[Op]:
    data, at, ops = path.read_bytes(), 0, []
    while at < len(data):
        end = data.index(b"\n", at)
        kind, *words = data[at:end].decode().split(" ")
        numbers = [int(word) for word in words]
        at = end + 1
        size = payload_size(kind, numbers)
        ops.append(Op(kind, numbers, data[at : at + size]))
        at += size
    return ops


def payload_size(kind: str, numbers: list[int]) -> int:
    if kind in "ts":
        return 0
    return sum(numbers[-2:]) if kind == "r" else numbers[-1]


@dataclass(eq=False)
class Inode:
    """A file or a folder. `durable` is what an fsync has made certain, `pending` the changes after
    it: (offset, bytes), or (size, None) where the size was set."""

    is_folder: bool
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    entries: dict[str, "Inode"] = field(default_factory=dict)  # as the process sees them
    where: str = ""

    def content(self) -> bytearray:
        return apply(bytearray(self.durable), self.pending)


def apply(content: bytearray, changes: list[tuple[int, bytes | None]]) -> bytearray:
    for offset, data in changes:
        size = offset if data is None else max(len(content), offset + len(data))
        if size < len(content):
            del content[size:]
        content.extend(bytes(size - len(content)))
        if data is not None:
            content[offset : offset + len(data)] = data
    return content


@dataclass(eq=False)
class NameChange:
    """Atomic: these entries became those inodes (None: no more). Durable once all of its folders
    were fsynced."""

    moment: int
    entries: list[tuple[Inode, str, Inode | None]]
    missing: set[Inode]

    @property
    def durable(self) -> bool:
        return not self.missing


class Disk:
    """The folder `root` and below, at first as `start`: durable."""

    def __init__(self, root: Path, start: Path) -> None:
        self.real_root = root
        self.root = load(start)
        self.opened: dict[int, Inode] = {}
        self.changes: list[NameChange] = []
        self.moment = self.last_sync = 0
        self.start = [(self.root, dict(self.root.entries))]
        for folder in folders_of(self.root):
            if folder is not self.root:
                self.start.append((folder, dict(folder.entries)))

    def play(self, op: Op) -> None:
        self.moment += 1
        getattr(self, f"play_{op.kind}")(op)

    def resolve(self, folder: int, path: bytes) -> tuple[Inode, str] | None:
        """The folder that holds the name; None if it is elsewhere."""
        text = os.fsdecode(path)
        at = self.root if folder == -1 else self.opened.get(folder)
        if text.startswith("/"):
            relative = os.path.relpath(text, self.real_root)
            if relative.startswith(".."):
                return None
            at, text = self.root, relative
        *parents, name = [part for part in text.split("/") if part not in ("", ".")] or ["."]
        for parent in parents:
            at = at and at.entries.get(parent)
        return (at, name) if at and name != ".." else None

    def change(self, *entries: tuple[Inode, str, Inode | None]) -> None:
        for folder, name, inode in entries:
            if inode is None:
                folder.entries.pop(name)
            else:
                folder.entries[name] = inode
        self.changes.append(NameChange(self.moment, list(entries), {e[0] for e in entries}))

    def play_o(self, op: Op) -> None:
        number, folder, flags, _ = op.numbers
        place = self.resolve(folder, op.payload)
        self.opened.pop(number, None)
        if place is None:
            return
        op.where = self.shown(op.payload)
        parent, name = place
        inode = parent if name == "." else parent.entries.get(name)
        if inode is None:
            inode = Inode(is_folder=False)
            self.change((parent, name, inode))
        elif flags & os.O_TRUNC and inode.content():
            inode.pending.append((0, None))
        self.opened[number] = inode
        inode.where = op.where

    def shown(self, path: bytes) -> str:
        return os.fsdecode(path).removeprefix(f"{self.real_root}/")

    def play_w(self, op: Op) -> None:
        if inode := self.opened.get(op.numbers[0]):
            inode.pending.append((op.numbers[1], op.payload))
            op.where = inode.where

    def play_t(self, op: Op) -> None:
        if inode := self.opened.get(op.numbers[0]):
            inode.pending.append((op.numbers[1], None))
            op.where = inode.where

    def play_s(self, op: Op) -> None:
        inode = self.opened.get(op.numbers[0])
        if inode is None:
            return
        op.where = inode.where
        self.last_sync = self.moment
        inode.durable = inode.content()
        inode.pending.clear()
        for change in self.changes:
            change.missing.discard(inode)

    def play_r(self, op: Op) -> None:
        flags, from_folder, to_folder, size, _ = op.numbers
        (parent, name), (to, new) = (
            self.resolve(from_folder, op.payload[:size]),
            self.resolve(to_folder, op.payload[size:]),
        )
        op.where = f"{self.shown(op.payload[:size])} to {self.shown(op.payload[size:])}"
        other = to.entries.get(new) if flags & RENAME_EXCHANGE else None
        self.change((to, new, parent.entries[name]), (parent, name, other))

    def play_u(self, op: Op) -> None:
        op.where = self.shown(op.payload)
        if place := self.resolve(op.numbers[0], op.payload):
            self.change((*place, None))

    def play_m(self, op: Op) -> None:
        op.where = self.shown(op.payload)
        if place := self.resolve(op.numbers[0], op.payload):
            self.change((*place, Inode(is_folder=True)))

    def differences(self, real: Path) -> list[str]:
        """From the real folder; nothing, if the log is complete."""
        ours = dict(walk(self.root))
        theirs = {str(p.relative_to(real)): p for p in real.rglob("*")}
        found = [f"{path}: only in one" for path in ours.keys() ^ theirs.keys()]
        for path in ours.keys() & theirs.keys():
            if ours[path].is_folder != theirs[path].is_dir():
                found.append(f"{path}: file or folder")
            elif not same_content(path, ours[path], theirs[path]):
                found.append(f"{path}: content")
        return found


def same_content(path: str, inode: Inode, real: Path) -> bool:
    mapped = path.endswith(SHARED_MEMORY)
    return inode.is_folder or mapped or inode.content() == real.read_bytes()


def load(path: Path) -> Inode:
    if not path.is_dir():
        inode = Inode(is_folder=False, durable=bytearray(path.read_bytes()))
    else:
        inode = Inode(is_folder=True, entries={p.name: load(p) for p in sorted(path.iterdir())})
    inode.where = path.name
    return inode


def folders_of(root: Inode) -> list[Inode]:
    return [root, *(inode for _, inode in walk(root) if inode.is_folder)]


def walk(folder: Inode, prefix: str = "") -> Iterator[tuple[str, Inode]]:
    for name, inode in folder.entries.items():
        yield prefix + name, inode
        if inode.is_folder:
            yield from walk(inode, f"{prefix}{name}/")


class Wreck:
    """What one power cut left of a disk; chance is `rng`."""

    def __init__(self, disk: Disk, rng: random.Random) -> None:
        self.disk = disk
        self.rng = rng
        self.names = rng.choice(["ordered", "unordered", "folders"])
        self.bytes = rng.choice(["none", "all", "first", "writes", "sectors", "mixed"])
        self.lost_changes = self.lost_bytes = 0
        self.entries: dict[Inode, dict[str, Inode]] = {f: dict(e) for f, e in disk.start}

    def describe(self) -> str:
        return (
            f"names {self.names}, bytes {self.bytes}: {self.lost_changes} changes of names and "
            f"{self.lost_bytes} bytes lost"
        )

    def keeps(self, moments: dict[Inode, int], share: float, change: NameChange) -> bool:
        if change.durable:
            return True
        if self.names == "unordered":
            return self.rng.random() < share
        if self.names == "folders":
            return all(change.moment <= moments[folder] for folder, _, _ in change.entries)
        return change.moment <= moments[self.disk.root]

    def draw_moments(self) -> dict[Inode, int]:
        """Until when names are kept: of the disk (its root's), or of each folder."""
        disk, rng = self.disk, self.rng
        folders = {folder for change in disk.changes for folder, _, _ in change.entries}
        moments = {folder: rng.randint(0, disk.moment) for folder in folders}
        # An fsync writes the journal up to itself.
        moments[disk.root] = rng.randint(disk.last_sync, disk.moment)
        return moments

    def settle_names(self) -> None:
        moments = self.draw_moments()
        share = self.rng.choice([0.0, 0.5, 0.9])
        for change in self.disk.changes:
            if not self.keeps(moments, share, change):
                self.lost_changes += 1
                continue
            for folder, name, inode in change.entries:
                names = self.entries.setdefault(folder, {})
                if inode is None:
                    names.pop(name, None)
                else:
                    names[name] = inode

    def write(self, to: Path) -> None:
        self.settle_names()
        to.mkdir()
        self.write_folder(self.disk.root, to)

    def write_folder(self, folder: Inode, to: Path) -> None:
        for name, inode in sorted(self.entries.get(folder, {}).items()):
            path = to / name
            if inode.is_folder:
                path.mkdir()
                self.write_folder(inode, path)
            elif name.endswith(SHARED_MEMORY):
                self.write_shared_memory(inode, path)
            else:
                path.write_bytes(self.content(inode))

    def write_shared_memory(self, inode: Inode, path: Path) -> None:
        size = len(inode.content())
        kind = self.rng.choice(["absent", "zeros", "garbage"])
        if kind != "absent":
            path.write_bytes(bytes(size) if kind == "zeros" else self.rng.randbytes(size))

    def content(self, inode: Inode) -> bytes:
        """Of a file: the durable part, and some of what came after it."""
        if not inode.pending:
            return bytes(inode.durable)
        kept = self.keep_changes(inode.pending)
        content = apply(bytearray(inode.durable), kept)
        written = sum(len(data) for _, data in inode.pending if data)
        self.lost_bytes += written - sum(len(data) for _, data in kept if data)
        grown = len(inode.content())
        if len(content) < grown and self.rng.random() < 0.3:
            more = grown - len(content)
            content += bytes(more) if self.rng.random() < 0.5 else self.rng.randbytes(more)
        return bytes(content)

    def keep_changes(self, changes: list) -> list:
        rng = self.rng
        kind = self.bytes
        if kind == "mixed":
            kind = rng.choice(["none", "all", "first", "writes", "sectors"])
        if kind == "none":
            return []
        if kind == "all":
            return changes
        if kind == "first":
            count = rng.randint(0, len(changes) - 1)
            return [*changes[:count], *tear(rng, *changes[count], 0.5)]
        share = rng.choice([0.1, 0.5, 0.9])
        if kind == "writes":
            return [change for change in changes if rng.random() < share]
        return [piece for change in changes for piece in tear(rng, *change, share)]


def tear(rng: random.Random, offset: int, data: bytes | None, share: float) -> list:
    """Some of the sectors of a write."""
    if data is None:
        return [(offset, None)] if rng.random() < share else []
    pieces, at = [], 0
    while at < len(data):
        size = SECTOR - (offset + at) % SECTOR
        if rng.random() < share:
            pieces.append((offset + at, data[at : at + size]))
        at += size
    return pieces
