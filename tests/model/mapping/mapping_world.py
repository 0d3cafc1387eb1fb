# SPDX-License-Identifier: Apache-2.0
"""A world: a few indices of one pattern, mapped alike or not, documents, and the columns that a
pipeline takes of them. All of a seed."""

import copy
import random
from dataclasses import dataclass, field

from mapping_kinds import DRIFTS, KINDS, Kind
from mapping_values import KEYS, Raw

TYPES = {
    "whole": ("int64", "int64", "double", "decimal(24,6)", "text", "json"),
    "real": ("double", "double", "decimal(24,6)", "text", "json"),
    "flag": ("bool", "bool", "text", "json"),
    "word": ("text", "text", "text", "json"),
    "key": ("text", "text", "int64", "json"),
    "constant": ("text",),
    "huge": ("decimal(20,0)", "decimal(24,2)", "text", "json"),
    "moment": ("timestamp", "timestamp", "timestamp", "text", "json"),
    "binary": ("bytes", "bytes", "text", "json"),
}
PLACES = ("{}", "{}", "o.{}", "o.p.{}", "{}.v", "flat.{}", "flat.{}", "n.{}", "n.q.{}")
NESTED = "n"  # the object whose mapping is `nested`


@dataclass
class Column:
    name: str
    path: str  # of the field, or of a key in it; the same in each index
    take: str  # what `from` says: a sub-field, an alias or the path
    type: str
    array: str
    malformed: str
    key: str | None = None  # of the flattened field

    @property
    def is_nested(self) -> bool:
        return self.path.startswith(f"{NESTED}.")

    @property
    def takes_lists(self) -> bool:
        return self.array != "reject" or self.type == "json"

    @property
    def field(self) -> str:
        """What is mapped."""
        return self.path.removesuffix(f".{self.key}")

    def config(self) -> dict:
        config = {"type": self.type, "from": self.take, "array": self.array}
        if self.malformed != "reject":
            config["malformed"] = self.malformed
        if self.type == "timestamp":
            config |= {"zone": "UTC", "truncate": True}
        return config


@dataclass
class World:
    seed: int
    prefix: str
    features: frozenset[str]  # of the server: types, and `flat` for subobjects
    columns: list[Column] = field(default_factory=list)
    kinds: dict[str, list[Kind | None]] = field(default_factory=dict)  # index: by column
    documents: dict[str, dict[str, dict]] = field(default_factory=dict)  # index: id: source

    def mappings(self, index: str) -> dict:
        properties: dict = {}
        if "flat" in self.features:
            properties["flat"] = {"type": "object", "subobjects": False, "properties": {}}
        for column, kind in zip(self.columns, self.kinds[index], strict=True):
            if kind is None or kind.mapping is None:
                continue
            if column.path.startswith("flat."):
                properties["flat"]["properties"][column.path[5:]] = kind.mapping
                continue
            at = properties
            *parents, leaf = column.field.split(".")
            for parent in parents:
                at = at.setdefault(parent, {"properties": {}})
                if parent == NESTED:
                    at["type"] = "nested"
                at = at["properties"]
            at[leaf] = kind.mapping
            alias = column.take.removesuffix(f".{column.key}").removeprefix(f"{NESTED}.")
            if alias.startswith("alias_"):
                # Of a nested field only beside it.
                beside = properties[NESTED]["properties"] if column.is_nested else properties
                beside[alias] = {"type": "alias", "path": column.field}
        return {"dynamic": False, "properties": properties}


def put(rng: random.Random, source: dict, path: str, value: object) -> None:
    """Nested, dotted, or half of each."""
    if path.startswith("flat."):
        if rng.random() < 0.3:
            source[path] = value
        else:
            source.setdefault("flat", {})[path[5:]] = value
        return
    if path.startswith(f"{NESTED}.") and rng.random() < 0.95:
        # Most servers refuse a name with a dot that leads into it.
        put(rng, source.setdefault(NESTED, {}), path[len(NESTED) + 1 :], value)
        return
    steps = path.split(".")
    at = source
    while len(steps) > 1:
        taken = rng.randrange(1, len(steps) + 1) if rng.random() < 0.4 else 1
        key = ".".join(steps[:taken])
        steps = steps[taken:]
        if not steps:
            at[key] = value
            return
        if not isinstance(at.get(key), dict):
            at[key] = {}
        at = at[key]
    at[steps[0]] = value


def put_key(rng: random.Random, source: dict, column: Column, value: object) -> None:
    """The servers look below a flattened field for its keys, not beside it (`{"labels.env": 1}`).
    Beside the key there are others, some with a name that the key's own begins or goes on with."""
    inner: dict = {}
    put(rng, inner, column.key, value)
    for other in (*column.key.split("."), f"{column.key}.z", "y"):
        if rng.random() < 0.2:
            inner.setdefault(other, rng.choice(("beside", Raw(7), ["a", "b"], [], None)))
    put(rng, source, column.field, inner)


def value_of(rng: random.Random, kind: Kind) -> object:
    if kind.malformed and kind.mapping.get("ignore_malformed") and rng.random() < 0.08:
        return rng.choice(kind.malformed)
    return None if rng.random() < 0.08 else kind.value(rng)


def cell(rng: random.Random, kind: Kind, arrays: bool) -> object:
    value = value_of(rng, kind)
    if not arrays or rng.random() > 0.25:
        return value
    forms = (
        list,
        lambda: [value],
        lambda: [value, value_of(rng, kind)],
        lambda: [[value, value_of(rng, kind)], value_of(rng, kind)],
        lambda: [None, value],
    )
    return rng.choice(forms)()


def first_of(value: object) -> object:
    """The document with each list replaced by its first element: what `array: first` means."""
    if isinstance(value, list):
        return first_of(value[0]) if value else None
    if isinstance(value, dict):
        firsts = {key: (first_of(v), v) for key, v in value.items()}
        return {key: v for key, (v, was) in firsts.items() if not (was == [] or was == [[]])}
    return value


def document(rng: random.Random, world: World, index: str) -> dict:
    source: dict = {}
    order = list(zip(world.columns, world.kinds[index], strict=True))
    rng.shuffle(order)
    for column, kind in order:
        if kind is None or rng.random() < 0.15:
            continue
        arrays = column.takes_lists or rng.random() < 0.02
        value = cell(rng, kind, arrays)
        if column.key:
            put_key(rng, source, column, value)
        else:
            put(rng, source, column.path, value)
    if rng.random() < 0.05 and isinstance(source.get("o"), dict):
        source["o"] = [source["o"], {}]
    if rng.random() < 0.2 and isinstance(source.get(NESTED), dict):
        source[NESTED] = several(rng, source[NESTED])
    return source


def several(rng: random.Random, node: dict) -> list:
    """A list of nested objects that begins with this one, mostly."""
    others = ([], [{}], [copy.deepcopy(node)], [dict(list(node.items())[:1]), {}])
    objects = [node, *rng.choice(others)]
    return objects[::-1] if rng.random() < 0.2 else objects


def make_kind(rng: random.Random, make: object, features: frozenset[str]) -> Kind:
    kind = make(rng, features)
    if kind.malformed and rng.random() < 0.5:
        kind.mapping["ignore_malformed"] = True
    return kind


def make_path(
    rng: random.Random, number: int, before: Column | None, kind: Kind, features: frozenset[str]
) -> str:
    """Of the field."""
    places = [place for place in PLACES if "flat" in features or "flat" not in place]
    if kind.family == "key":
        places = [place for place in PLACES if "flat" not in place]
    if kind.family == "constant":
        places = [place for place in places if not place.startswith(NESTED)]
    path = rng.choice(places).format(f"f{number}")
    if kind.sub_field:
        return f"f{number}"
    beside_value = before is not None and before.path.startswith("flat.")
    if beside_value and before.path.count(".") == 1 and kind.family != "key":
        return f"{before.path}.y"
    return path


def make_column(
    rng: random.Random, number: int, before: Column | None, features: frozenset[str]
) -> tuple[Column, object]:
    make = rng.choice(KINDS)
    sample = make(random.Random(0), features)
    key = rng.choice(KEYS) if sample.family == "key" else None
    path = make_path(rng, number, before, sample, features)
    kind_type = rng.choice(TYPES[sample.family])
    take = f"{path}.{sample.sub_field}" if sample.sub_field else path
    if not path.startswith("flat.") and not sample.sub_field and rng.random() < 0.15:
        take = f"{NESTED}.alias_{number}" if path.startswith(f"{NESTED}.") else f"alias_{number}"
    below = f".{key}" if key else ""
    column = Column(
        name=f"c{number}",
        path=path + below,
        take=take + below,
        type=kind_type,
        array=make_array(rng, kind_type),
        malformed=rng.choice(("reject", "null", "null")),
        key=key,
    )
    return column, make


def make_array(rng: random.Random, column_type: str) -> str:
    keeps = ("json", "json") if column_type in ("text", "json") else ()
    return rng.choice(("reject", "first", "first", *keeps))


def make_drifting(rng: random.Random, number: int) -> tuple[Column, object]:
    """A column whose field is of another type each day, or not mapped at all."""
    column_type, makes = rng.choice(DRIFTS)
    path = rng.choice([place for place in PLACES if "flat" not in place]).format(f"f{number}")
    column = Column(
        name=f"c{number}",
        path=path,
        take=path,
        type=column_type,
        array=make_array(rng, column_type),
        malformed=rng.choice(("reject", "null", "null")),
    )
    return column, lambda rng, features: rng.choice(makes)(rng, features)


def make_world(seed: int, prefix: str, features: frozenset[str], documents: int) -> World:
    rng = random.Random(seed)
    world = World(seed, prefix, features)
    makes = []
    for number in range(rng.randrange(4, 12)):
        before = world.columns[-1] if world.columns else None
        if rng.random() < 0.25:
            column, make = make_drifting(rng, number)
        else:
            column, make = make_column(rng, number, before, features)
        world.columns.append(column)
        makes.append(make)
    for day in range(3):
        index = f"{prefix}-{day}"
        again = day > 0 and rng.random() < 0.4
        last = world.kinds.get(f"{prefix}-{day - 1}")
        world.kinds[index] = (
            copy.deepcopy(last)
            if again
            else [
                None if day and rng.random() < 0.1 else make_kind(rng, make, features)
                for make in makes
            ]
        )
        sources = [document(rng, world, index) for _ in range(documents)]
        world.documents[index] = {}
        for number, source in enumerate(sources):
            world.documents[index][f"d{number}"] = source
            first = first_of(source)
            if first != source:
                world.documents[index][f"d{number}~"] = first
    return world


__all__ = ["Column", "Raw", "World", "make_world"]
