"""What an instrument is: frozen objects that the loader builds from TOML and every other room reads.

Nothing here computes a score. A definition that exists has passed every check of the loader.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evalplat.errors import Message, NotFound
from evalplat.instruments.logic import All as All
from evalplat.instruments.logic import Any as Any
from evalplat.instruments.logic import Comparison as Comparison
from evalplat.instruments.logic import Not as Not
from evalplat.instruments.logic import Operator as Operator
from evalplat.instruments.logic import Test as Test
from evalplat.instruments.logic import list_fields as list_fields
from evalplat.language import base_language
from evalplat.vocabulary import Direction, Domain, Mode, Respondent

Kind = Literal["scored", "goals", "external", "record"]
Use = Literal["individual", "group"]
Method = Literal["sum", "weighted_sum", "mean", "min", "max", "count_in", "gas_t", "given"]
Over = Literal["items", "scales", "goals"]
Fill = Literal["none", "mean", "prorate"]
Scope = Literal["scale", "group", "instrument"]
FillSpace = Literal["raw", "mapped"]
TextStatus = Literal["descriptive", "official", "plain"]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be ticked. `key` is unique in the instrument and finds the label in `Texts.options`."""

    value: int
    key: str


@dataclass(frozen=True, slots=True)
class NumberRange:
    """An answer that is typed as a number, ends included."""

    minimum: float
    maximum: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is asked: with options, a number or (both empty) free text of at most `max_length` characters."""

    code: str
    options: tuple[Option, ...] = ()
    number: NumberRange | None = None
    max_length: int = 0
    group: str = ""
    icf: tuple[str, ...] = ()
    applicable_when: Test | None = None
    required: bool = False

    @property
    def kind(self) -> Literal["choice", "number", "text"]:
        """How it is answered."""
        if self.options:
            return "choice"
        return "number" if self.number else "text"

    @property
    def values(self) -> tuple[int, ...]:
        """The values of its options, in order."""
        return tuple(option.value for option in self.options)

    @property
    def range(self) -> Range | None:
        """Lowest and highest possible raw answer; None for free text."""
        if self.number:
            return self.number.minimum, self.number.maximum
        return (min(self.values), max(self.values)) if self.options else None


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact about the respondent that decides what applies: yes or no, or one of `choices`."""

    code: str
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> Literal["yes_no", "choice"]:
        """How it is answered."""
        return "choice" if self.choices else "yes_no"


@dataclass(frozen=True, slots=True)
class ValueMap:
    """How a raw answer becomes a counted value: a table, or a reversal between a stated minimum and maximum."""

    key: str
    table: Mapping[float, float] = field(default_factory=dict)
    reverse: Range | None = None

    def apply(self, value: float) -> float:
        """The counted value; KeyError when the table has none (the loader proves that it has)."""
        return self.reverse[0] + self.reverse[1] - value if self.reverse else self.table[value]


@dataclass(frozen=True, slots=True)
class MissingRule:
    """What happens when answers are missing.

    allowed: how many may be missing, counted over `counted_over` (the scale's own items, or all scored items of the
    sheet). per_group: how many may be missing in each group the scale's items belong to; '*' stands for every group.
    fill: "none" scores what is there, "mean" puts the mean of the answered items of `scope`, "prorate" scales a sum up.
    fill_space: whether the mean is taken before ("raw") or after ("mapped") the value maps.
    """

    allowed: int = 0
    counted_over: Literal["scale", "instrument"] = "scale"
    per_group: Mapping[str, int] = field(default_factory=dict)
    fill: Fill = "none"
    scope: Scope = "scale"
    fill_space: FillSpace = "mapped"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to score a scale: its members, and the range that they must give. `when` is None for the usual way."""

    key: str
    members: tuple[str, ...]
    when: Test | None = None
    weights: tuple[float, ...] = ()
    expect_range: Range | None = None


@dataclass(frozen=True, slots=True)
class Transform:
    """What is done with the sum or mean, at most one of: range to range, a x + b, a table."""

    rescale_to: Range | None = None
    multiply: float = 1.0
    add: float = 0.0
    lookup: Mapping[float, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Band:
    """A labelled part of a scale, from the band before up to `upper` (None: to the end)."""

    key: str
    upper: float | None
    includes_upper: bool
    attention: bool
    source: str
    population: str


@dataclass(frozen=True, slots=True)
class Norm:
    """How a stated population scored."""

    population: str
    source: str
    mean: float | None = None
    sd: float | None = None
    n: int | None = None
    percentiles: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeParameters:
    """What is known about change on a scale, in the scale's own units; None is unknown, never a default.

    mic: the minimal important change to compute with; where a range is published it is the upper, careful end, and
    `mic_range` keeps both.
    """

    sd: float | None = None
    reliability: float | None = None
    reliability_type: Literal["", "test_retest", "alpha"] = ""
    mic: float | None = None
    mic_range: Range | None = None
    sdc: float | None = None
    source: str = ""
    population: str = ""

    @property
    def assessable(self) -> bool:
        """Whether a client's change can be told from measurement error."""
        return self.sdc is not None or (self.sd is not None and self.reliability is not None)


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """How many sheets make one figure: a mean, or the net promoter score (share promoters minus share detractors)."""

    method: Literal["mean", "nps"] = "mean"
    promoters_from: float = 9
    detractors_to: float = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """What is scored. minimum, maximum: the possible range of a score over all variants.

    source: who says what the range of a given score is. open: its owner states its range and direction and the
    definition does not; no score is taken before the county has said them.
    """

    key: str
    method: Method
    over: Over
    direction: Direction | None
    domain: Domain | None
    minimum: float
    maximum: float
    variants: tuple[Variant, ...] = ()
    maps: Mapping[str, ValueMap] = field(default_factory=dict)
    count_values: tuple[float, ...] = ()
    rho: float = 0.3
    missing: MissingRule = field(default_factory=MissingRule)
    transform: Transform = field(default_factory=Transform)
    decimals: int = 1
    bands: tuple[Band, ...] = ()
    norms: tuple[Norm, ...] = ()
    change: ChangeParameters = field(default_factory=ChangeParameters)
    group_summary: GroupSummary = field(default_factory=GroupSummary)
    comparable: bool = True
    note: str = ""
    source: str = ""
    open: bool = False

    @property
    def members(self) -> tuple[str, ...]:
        """The items or scales of the usual way of scoring."""
        return self.variants[-1].members if self.variants else ()

    def band(self, value: float | None) -> Band | None:
        """The band a score falls in; None without a score or without bands."""
        if value is None:
            return None
        for band in self.bands:
            if band.upper is None or value < band.upper:
                return band
            if band.includes_upper and value == band.upper:
                return band
        return None


@dataclass(frozen=True, slots=True)
class GoalRules:
    """How goals are set and rated: levels, how many goals are allowed and usual, and the two baseline levels."""

    lowest: int = -2
    highest: int = 2
    expected: int = 0
    fewest: int = 1
    most: int = 10
    usual: tuple[int, int] = (3, 4)
    baseline_some_ability: int = -1
    baseline_no_ability: int = -2


@dataclass(frozen=True, slots=True)
class Licence:
    """Who owns the instrument and what may be done with it."""

    holder: str
    terms: str
    electronic_use: Literal["free", "ask", "licensed"]
    official_wording: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class ItemText:
    """What one item is called."""

    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    """An instrument in one language or wording. options, bands and scales are found by the key of the object.

    borrowed: codes of items and conditions that this wording has no words for, and that are its language's.
    wording: the id of the owner's official wording that was laid over ours; empty for our own labels.
    """

    language: str
    status: TextStatus
    title: str
    short_title: str
    introduction: str = ""
    recall: str = ""
    items: Mapping[str, ItemText] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    bands: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, ItemText] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[int, str] = field(default_factory=dict)
    borrowed: frozenset[str] = frozenset()
    wording: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Instrument:
    """One version of one instrument. `digest`: sha256 of its structure and scoring, whatever the order of the file.

    Where only scores come from outside (kind external), `items` has a number for each scale, to be typed or imported.
    """

    key: str
    version: str
    kind: Kind
    use: Use
    respondents: tuple[Respondent, ...]
    modes: tuple[Mode, ...]
    recall: str
    licence: Licence
    items: tuple[Item, ...]
    conditions: tuple[Condition, ...]
    scales: tuple[Scale, ...]
    goals: GoalRules | None
    texts: Mapping[str, Texts]
    digest: str
    anonymous: bool = False
    note: str = ""
    _items: Mapping[str, Item] = field(init=False, repr=False)
    _scales: Mapping[str, Scale] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_items", {item.code: item for item in self.items})
        object.__setattr__(self, "_scales", {scale.key: scale for scale in self.scales})

    def __repr__(self) -> str:
        return f"<Instrument {self.key} {self.version}>"

    @property
    def is_open(self) -> bool:
        """Whether the range of a scale is not stated yet, so that nothing can be planned, stored or compared."""
        return any(scale.open for scale in self.scales)

    @property
    def asks(self) -> tuple[Item, ...]:
        """The items that are put to somebody: none where only the scores come from outside."""
        return () if self.kind == "external" else self.items

    @property
    def for_groups(self) -> bool:
        """Whether its scores say something about groups only, so that nobody is told one person's score."""
        return self.use == "group"

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it is complete in; `texts` also has wordings of them, such as plain Finnish."""
        return tuple(code for code in self.texts if base_language(code) == code)

    def item(self, code: str) -> Item:
        """The item of a code; raises NotFound."""
        if code not in self._items:
            raise NotFound(
                Message("%(key)s has no item %(code)s.", key=self.key, code=repr(code)[:80])
            )
        return self._items[code]

    def scale(self, key: str) -> Scale:
        """The scale of a key; raises NotFound."""
        if key not in self._scales:
            raise NotFound(
                Message(
                    "%(key)s has no scale %(scale)s; it has %(known)s.",
                    key=self.key,
                    scale=repr(key)[:80],
                    known=", ".join(self._scales) or "none",
                )
            )
        return self._scales[key]

    def text(self, language: str) -> Texts:
        """Its texts in a language; else a variant of that language's, English, or whatever there is."""
        base = language.split("-")[0]
        for wanted in (language, base, "en"):
            if wanted in self.texts:
                return self.texts[wanted]
        return next(iter(self.texts.values()))
