"""Reading the scored half of a definition: value maps, spaces, scales with their variants, bands, norms and change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalplat.errors import Message
from evalplat.instruments.definition import (
    Band,
    GoalRules,
    MissingRule,
    Range,
    Scale,
    Transform,
    ValueMap,
    Variant,
)
from evalplat.instruments.keys import CODE, NAME, VARIANT, Keys
from evalplat.instruments.read_items import Asked, read_test
from evalplat.instruments.read_known import (
    read_bands,
    read_change,
    read_lookup,
    read_norm,
    read_summary,
)
from evalplat.vocabulary import Direction, Domain

ITEM_METHODS = ("sum", "weighted_sum", "mean", "min", "max", "count_in")
METHODS = (*ITEM_METHODS, "gas_t", "given")


@dataclass
class Scored:
    """What the scored half holds. `sound`: scales read without a fault, so that more can be checked about them."""

    scales: dict[str, Scale] = field(default_factory=dict)
    sound: set[str] = field(default_factory=set)
    band_sets: dict[str, tuple[Band, ...]] = field(default_factory=dict)


def read_scored(keys: Keys, asked: Asked, goals: GoalRules | None) -> Scored:
    """Every scale of a definition. References and ranges between scales are checked by `check_scales`."""
    scored = Scored()
    maps = _read_maps(keys)
    spaces = _read_spaces(keys, maps, asked)
    for entry in keys.tables("band_sets", most=50):
        key = entry.word("key", NAME, "wellbeing", required=True)
        if key in scored.band_sets:
            entry.wrong("key", "a key that no other band set has")
        scored.band_sets[key] = read_bands(entry, key)
    entries = keys.tables("scales", most=100)
    known = [e.data["key"] for e in entries if isinstance(e.data.get("key"), str)]
    for entry in entries:
        before = len(entry.faults)
        scale = _ScaleReader(entry, asked, spaces, scored.band_sets, known, goals).read()
        if scale.key in scored.scales:
            entry.wrong("key", "a key that no other scale has")
        if scale.key:
            scored.scales[scale.key] = scale
            if len(entry.faults) == before:
                scored.sound.add(scale.key)
    return scored


def _read_maps(keys: Keys) -> dict[str, ValueMap]:
    maps: dict[str, ValueMap] = {}
    for entry in keys.tables("maps", most=50):
        key = entry.word("key", NAME, "collapsed", required=True)
        reverse = entry.span("reverse")
        table = read_lookup(entry, required="reverse" not in entry.data)
        entry.close()
        if "reverse" in entry.data and ("from" in entry.data or "to" in entry.data):
            entry.wrong("reverse", "either reverse or from and to, not both")
        if key in maps:
            entry.wrong("key", "a key that no other map has")
        maps[key] = ValueMap(key, table, reverse)
    return maps


def _read_spaces(
    keys: Keys, maps: Mapping[str, ValueMap], asked: Asked
) -> dict[str, dict[str, ValueMap]]:
    """Named ways to count answers: which map each item goes through; an item that is not named counts as it is."""
    spaces: dict[str, dict[str, ValueMap]] = {}
    for entry in keys.tables("spaces", most=20):
        key = entry.word("key", NAME, "complex", required=True)
        if key in spaces or key == "raw":
            entry.wrong("key", "a key that no other space has, and not raw")
        chosen: dict[str, ValueMap] = {}
        for apply in entry.tables("apply", required=True):
            name = apply.choice("map", maps, required=True)
            items = apply.words("items", CODE, "D1.1", required=True, allowed=asked.items)
            apply.close()
            for code in items:
                if code in chosen:
                    apply.wrong("items", f"each item in one map only ({code} is in two)")
                if name:
                    chosen[code] = maps[name]
        entry.close()
        spaces[key] = chosen
    return spaces


class _ScaleReader:
    """Reads one scale."""

    def __init__(
        self,
        keys: Keys,
        asked: Asked,
        spaces: Mapping[str, Mapping[str, ValueMap]],
        band_sets: Mapping[str, tuple[Band, ...]],
        scales: list[str],
        goals: GoalRules | None,
    ) -> None:
        self.keys, self.asked, self.spaces, self.scales = keys, asked, spaces, scales
        self.band_sets, self.goals = band_sets, goals

    def read(self) -> Scale:
        keys = self.keys
        key = keys.word("key", NAME, "total", required=True)
        method = keys.choice("method", METHODS, "sum", required=True)
        ways = [*Direction, "none", *(["open"] if method == "given" else [])]
        direction = keys.choice("direction", ways, "none", required=True)
        domain = keys.choice("domain", list(Domain))
        given = self._read_given_range(method)
        maps = self._read_space()
        over, variants = self._read_members(method, key)
        unknown = method == "given" and (direction == "open" or not keys.has("range"))
        scale = Scale(
            key=key,
            method=method,
            over=over,
            direction=Direction(direction) if direction in set(Direction) else None,
            domain=Domain(domain) if domain else None,
            minimum=given[0],
            maximum=given[1],
            variants=variants,
            maps=maps,
            count_values=self._read_count_values(method),
            rho=self._read_rho(method),
            missing=_read_missing(keys, self.asked),
            transform=_read_transform(keys),
            decimals=keys.whole("decimals", 0, 6, 1),
            bands=self._find_bands(),
            norms=tuple(read_norm(entry) for entry in keys.tables("norms", most=50)),
            change=read_change(keys),
            group_summary=read_summary(keys),
            comparable=keys.flag("comparable", True) and not unknown,
            note=keys.text("note"),
            source=self._read_source(method),
            open=unknown,
        )
        keys.close()
        return scale

    def _read_given_range(self, method: str) -> Range:
        span = self.keys.span("range")
        if span and method != "given":
            self.keys.wrong("range", "no range: it is computed from the items; assert expect_range")
        return span or (0.0, 0.0)

    def _read_source(self, method: str) -> str:
        source = self.keys.text("source")
        if source and method != "given":
            self.keys.wrong("source", "source only with the method given")
        return source

    def _read_space(self) -> Mapping[str, ValueMap]:
        name = self.keys.choice("space", ["raw", *self.spaces], "raw")
        return self.spaces.get(name, {})

    def _read_count_values(self, method: str) -> tuple[float, ...]:
        values = self.keys.numbers("count_values", required=method == "count_in")
        if values and method != "count_in":
            self.keys.wrong("count_values", "count_values only with the method count_in")
        return values

    def _read_rho(self, method: str) -> float:
        rho = self.keys.number("rho", 0, 1)
        if rho is not None and method != "gas_t":
            self.keys.wrong("rho", "rho only with the method gas_t")
        return 0.3 if rho is None else rho

    def _find_bands(self) -> tuple[Band, ...]:
        if not self.keys.has("bands"):
            return ()
        return self.band_sets.get(self.keys.choice("bands", self.band_sets), ())

    def _read_members(self, method: str, key: str) -> tuple[Any, tuple[Variant, ...]]:
        """The variants in the order in which they are tried; the usual way comes last."""
        keys = self.keys
        name = keys.word("variant", VARIANT, "36_items")
        expect = keys.span("expect_range")
        weights = keys.numbers("weights", required=method == "weighted_sum")
        over, members = self._read_member_list(keys)
        listed = keys.tables("variants", most=20)
        if method in ("gas_t", "given"):
            if over:
                keys.wrong("method", f"{method} without items, groups or scales")
            if method == "gas_t" and self.goals is None:
                keys.wrong("method", "gas_t only in an instrument of the kind goals")
            if method == "given":
                # The score is typed or imported as a number of the same name.
                return "items", (Variant(name or "given", (key,)),)
            return "goals", (Variant(name, ()),)
        if not over:
            keys.faults.add(
                keys.path, Message("say what is scored: items, groups or scales (one of them)")
            )
        usual = Variant(name, members, None, weights, expect)
        variants = [self._read_variant(entry, over, members, method) for entry in listed]
        names = [variant.key for variant in (*variants, usual)]
        if variants and (len(set(names)) != len(names) or not name):
            keys.faults.add(
                keys.at("variants"),
                Message("each variant, and the usual way (variant), needs a name of its own"),
            )
        for where, variant in zip((*listed, keys), (*variants, usual), strict=True):
            if variant.weights and len(variant.weights) != len(variant.members):
                where.wrong("weights", f"one weight for each of the {len(variant.members)} members")
            if variant.weights and method != "weighted_sum":
                where.wrong("weights", "weights only with the method weighted_sum")
        return over or "items", (*variants, usual)

    def _read_member_list(self, keys: Keys) -> tuple[str, tuple[str, ...]]:
        asked = self.asked
        answerable = [
            c for c, item in asked.items.items() if not item.max_length or c in asked.broken
        ]
        groups = {item.group for item in self.asked.items.values() if item.group}
        forms = [name for name in ("items", "groups", "scales") if keys.has(name)]
        if len(forms) > 1:
            keys.wrong(forms[0], "one of items, groups and scales")
        if "items" in forms:
            return "items", keys.words("items", CODE, "D1.1", allowed=answerable)
        if "groups" in forms:
            chosen = keys.words("groups", NAME, "mobility", allowed=sorted(groups))
            members = (c for c in answerable if self.asked.items[c].group in chosen)
            return "items", tuple(members)
        if "scales" in forms:
            return "scales", keys.words("scales", NAME, "total", allowed=self.scales)
        return "", ()

    def _read_variant(self, keys: Keys, over: str, usual: tuple[str, ...], method: str) -> Variant:
        key = keys.word("key", VARIANT, "32_items", required=True)
        test = read_test(keys, "when", self.asked)
        expect = keys.span("expect_range")
        weights = keys.numbers("weights", required=method == "weighted_sum")
        without = keys.words("without", CODE, "D5.5", allowed=usual) if keys.has("without") else ()
        own, members = self._read_member_list(keys)
        keys.close()
        if bool(without) == bool(own) or (own and own != over):
            keys.faults.add(
                keys.path,
                Message(
                    "a variant says either without (members left out) or its own items or scales"
                ),
            )
        if without:
            members = tuple(member for member in usual if member not in without)
            if not members:
                keys.wrong("without", "a list that leaves at least one member")
        return Variant(key, members, test, weights, expect)


def _read_missing(parent: Keys, asked: Asked) -> MissingRule:
    keys = parent.table("missing")
    if keys is None:
        return MissingRule()
    per_group: dict[str, int] = {}
    if isinstance(parent.data["missing"].get("per_group"), dict):
        limits = keys.table("per_group")
        for group in {item.group: None for item in asked.items.values() if item.group}:
            if limits and limits.has(group):
                per_group[group] = limits.whole(group, 0, 100)
        if limits:
            limits.close()
    elif keys.has("per_group"):
        per_group["*"] = keys.whole("per_group", 0, 100)
    rule = MissingRule(
        allowed=keys.whole("allowed", 0, 500, required=True),
        counted_over=keys.choice("counted_over", ("scale", "instrument"), "scale"),
        per_group=per_group,
        fill=keys.choice("fill", ("none", "mean", "prorate"), "none"),
        scope=keys.choice("scope", ("scale", "group", "instrument"), "scale"),
        fill_space=keys.choice("fill_space", ("raw", "mapped"), "mapped"),
    )
    keys.close()
    return rule


def _read_transform(keys: Keys) -> Transform:
    rescale = keys.span("rescale")
    linear, lookup = keys.table("linear"), keys.table("lookup")
    multiply, add, table = 1.0, 0.0, {}
    if sum(key in keys.data for key in ("rescale", "linear", "lookup")) > 1:
        keys.faults.add(keys.path, Message("give one of rescale, linear and lookup"))
    if rescale and "expect_range" not in keys.data:
        keys.wrong("rescale", "expect_range beside it, the range that is stretched")
    if linear:
        multiply = linear.number("multiply", required=True) or 0.0
        add = linear.number("add") or 0.0
        if multiply == 0 and "multiply" in linear.data:
            linear.wrong("multiply", "a number other than 0")
        linear.close()
    if lookup:
        table = dict(read_lookup(lookup))
        lookup.close()
    return Transform(rescale, multiply, add, table)
