"""The published figures of a county read as an outsider reads them, who knows the rule: each as bounds on counts."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from drills.attack_model import MOST, WHOLES, Bound, Cell, Target
from drills.attacked_counties import CUT_OFF, MIC, PLACES, SDC, County, Published, Span
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_places import PlaceRow
from evalplat.statistics.publishing.suppression import find_span
from evalplat.statistics.results import EffectRow, ProviderRow
from evalplat.statistics.shares.flow import FlowRow

ALL = "*"
SEXES = ("female", "male", "other")


class Reader:
    """Turns the figures of one period into bounds."""

    def __init__(
        self, span: Span, found: Published, providers: Sequence[str], rule: DisclosureRule
    ) -> None:
        self.span, self.found, self.rule = span, found, rule
        self.providers = providers
        self.few = rule.hide_below - 1
        shown = {row.provider for row in found.comparison.rows if row.n is not None}
        left_out = any("derived" in str(e.reason) for e in found.comparison.exclusions)
        self.in_models = [p for p in providers if p in shown or not left_out]

    def cells(self, who: str, *parts: str, among: Sequence[str] | None = None) -> tuple[Cell, ...]:
        """The cells of a provider, or of all of them, over the whole period."""
        names = (self.providers if among is None else among) if who == ALL else (who,)
        return tuple((q, name, part) for q in self.span for name in names for part in parts)

    def shown(
        self, where: str, count: int | None, plus: tuple[Cell, ...], minus: tuple[Cell, ...] = ()
    ) -> Iterator[Bound]:
        """A count that is published, if it is."""
        if count is not None:
            yield Bound(where, plus, minus, *find_span(round(count), self.rule))

    def read(self) -> Iterator[Bound]:
        """Every figure of the period."""
        yield from self._read_comparison()
        yield from self._read_flow()
        yield from self._read_times()
        yield from self._read_shares()
        yield from self._read_effects()
        yield from self._read_attrition()
        yield from self._read_sustained()
        yield from self._read_value()
        yield from self._read_trend()

    def _read_row(self, where: str, row: ProviderRow, estimated: bool) -> Iterator[Bound]:
        pairs, started = self.cells(row.provider, "pairs"), self.cells(row.provider, "started")
        if row.n is None:
            yield Bound(where, pairs, (), 0, self.few)
            return
        low, high = find_span(row.n, self.rule)
        if estimated:
            tier = (self.rule.estimates_from, MOST) if not row.withheld else (0, 9)
            low, high = max(low, tier[0]), min(high, tier[1])
        yield Bound(where, pairs, (), low, high)
        if row.n_started is None:
            if row.n > self.rule.estimates_from:
                yield Bound(where, started, pairs, 1, self.few)
            return
        begun = find_span(row.n_started, self.rule)
        yield Bound(where, started, (), *begun)
        # Shown, the missing are none or five and more.
        if begun[1] - low < self.rule.hide_below:
            yield Bound(where, started, pairs, 0, 0)
        elif begun[0] > high:
            yield Bound(where, started, pairs, self.rule.hide_below, MOST)

    def _read_comparison(self) -> Iterator[Bound]:
        found = self.found.comparison
        estimated = any(not row.withheld for row in found.rows)
        for row in found.rows:
            yield from self._read_row("comparison", row, estimated)
        pairs = self.cells(ALL, "pairs", among=self.in_models)
        yield from self.shown("comparison, all", found.n_pairs, pairs)
        yield from self.shown("comparison, all", found.n_started, self.cells(ALL, "started"))
        reasons = {
            "Neither": ("neither",),
            "No baseline": ("end_only",),
            "No end": ("baseline_only",),
        }
        for exclusion in found.exclusions:
            for word, parts in reasons.items():
                if str(exclusion.reason).startswith(word):
                    yield from self.shown("exclusions", exclusion.count, self.cells(ALL, *parts))

    def _read_flow(self) -> Iterator[Bound]:
        for row in (*self.found.flow.rows, self.found.flow.total):
            yield from self._read_flow_row(row, partial(self.cells, row.provider))
            if row.started is None and row.provider != ALL:
                yield Bound("flow", self.cells(row.provider, "started"), (), 0, self.few)

    def _read_times(self) -> Iterator[Bound]:
        found = self.found.times
        for row in found.flow.rows:
            quarter = int(row.provider)

            def cells(part: str, quarter: int = quarter) -> tuple[Cell, ...]:
                return tuple((quarter, name, part) for name in self.providers)

            yield from self._read_flow_row(row, cells)
        for provider, line in zip(found.providers, found.started, strict=True):
            for time, count in zip(found.times, line, strict=True):
                yield from self.shown("times", count, ((int(time), provider, "started"),))

    def _read_flow_row(
        self, row: FlowRow, cells: Callable[[str], tuple[Cell, ...]]
    ) -> Iterator[Bound]:
        yield from self.shown("flow", row.started, cells("started"))
        wholes = {"starters": "started", "completers": "completed", "pairs": "pairs"}
        for stage in row.stages:
            whole, counted = cells(wholes[stage.denominator]), cells(stage.key)
            where = f"flow, {stage.key}"
            if stage.status == "few":
                yield Bound(where, counted, (), 0, self.few)
            elif stage.status == "nearly_all":
                yield Bound(where, whole, counted, 0, self.few)
            elif stage.count is not None and stage.status == "ok":
                yield from self.shown(where, stage.count, counted)
                yield from self.shown(where, stage.of, whole)
                yield Bound(where, whole, counted, self.rule.hide_below, MOST)
            if stage.status in ("few", "nearly_all", "ok"):
                yield Bound(where, whole, (), self.rule.estimates_from + self.few, MOST)

    def _read_shares(self) -> Iterator[Bound]:
        found = self.found.shares
        for row in (*found.rows, found.total):
            who, pairs = row.provider, self.cells(row.provider, "pairs")
            yield from self.shown("shares", row.n_pairs, pairs)
            for share in row.shares:
                counted = self.cells(who, share.key)
                whole, minus = {
                    "recovered": (self.cells(who, "clinical"), ()),
                    "harmed": (pairs, self.cells(who, "clinical")),
                }.get(share.key, (pairs, ()))
                where = f"shares, {share.key}"
                if share.status == "few":
                    yield Bound(where, counted, (), 0, self.few)
                elif share.status == "nearly_all":
                    yield Bound(where, whole, (*minus, *counted), 0, self.few)
                elif share.count is not None:
                    yield from self.shown(where, share.count, counted)
                    yield from self.shown(where, share.of, whole, minus)

    def _read_effects(self) -> Iterator[Bound]:
        for row in self.found.effects.rows:
            changed = _count_changed(row)
            if changed is None or row.n_pairs is None:
                continue
            same = row.n_pairs - changed
            span = (0, self.few) if same <= self.few else find_span(same, self.rule)
            yield Bound("effects", self.cells(row.provider, "same"), (), *span)

    def _read_attrition(self) -> Iterator[Bound]:
        found = self.found.attrition
        left_out = any("derived" in str(e.reason) for e in found.exclusions)
        among = self.providers
        for row in found.rows if left_out else (*found.rows, found.overall):
            kept, lost = (
                self.cells(row.provider, part, among=among) for part in ("pairs", "baseline_only")
            )
            yield from self.shown("attrition", row.n_followed, kept)
            if row.n_lost is not None and row.n is not None:
                yield from self.shown("attrition", row.n, (*kept, *lost))
                yield Bound("attrition", lost, (), self.rule.hide_below, MOST)
        for contrast in () if left_out else found.contrasts:
            if contrast.name == "sex" and contrast.level in SEXES:
                for kind, count in (("kept", contrast.n_followed), ("lost", contrast.n_lost)):
                    cells = self.cells(ALL, f"{contrast.level}_{kind}")
                    yield from self.shown("attrition, sex", count, cells)

    def _read_sustained(self) -> Iterator[Bound]:
        found = self.found.sustained
        if any("derived" in str(e.reason) for e in found.exclusions):
            return  # whose clients are in it cannot be told without the count that is withheld
        for row in (*found.rows, found.overall):
            later, first = (
                self.cells(row.provider, "followed_later"),
                self.cells(row.provider, "baseline"),
            )
            yield from self.shown("sustained", row.n_follow_up, later)
            if row.n is not None and row.n_follow_up is not None:
                yield from self.shown("sustained", row.n, first)
                yield Bound("sustained", first, later, self.rule.hide_below, MOST)
            if row.still is not None:
                yield from self.shown(
                    "sustained", row.still.count, self.cells(row.provider, "still")
                )
                worse = row.still.of - row.still.count
                yield from self.shown("sustained", worse, self.cells(row.provider, "worse"))

    def _read_value(self) -> Iterator[Bound]:
        costs = self.found.value.costs
        for row in (*costs.rows, costs.total):
            among = self.in_models
            improved = self.cells(row.provider, "improved", among=among)
            yield from self.shown("value", row.n_improved, improved)
            yield from self.shown(
                "value", row.n_pairs, self.cells(row.provider, "pairs", among=among)
            )

    def _read_trend(self) -> Iterator[Bound]:
        found = self.found.trend
        for series in (found.county, *found.providers):
            for day, point in zip(found.quarters, series.points, strict=True):
                quarter = (day.year - 2024) * 4 + day.month // 3
                names = self.providers if series.provider == ALL else (series.provider,)
                cells = tuple((quarter, name, "pairs") for name in names)
                yield from self.shown("trend", point.n_pairs, cells)
                begun = tuple((quarter, name, "started") for name in self.providers)
                if series.provider == ALL:
                    yield from self.shown("trend", point.n_started, begun)


def read_places(county: County, rule: DisclosureRule) -> Iterator[Bound]:
    """The municipalities' figures, and that they are the same clients as the providers'."""
    every = [place for places in PLACES.values() for place in places]
    for quarter, table in county.places.items():

        def read(row: PlaceRow, places: Sequence[str], quarter: int = quarter) -> Iterator[Bound]:
            parts = ((row.measured, "m"), (row.unmeasured, "u"), (row.together, "mu"))
            for shown, kinds in parts:
                if shown is not None:
                    cells = tuple((quarter, place, kind) for place in places for kind in kinds)
                    yield Bound("places", cells, (), *find_span(shown, rule))

        yield from read(table.county, every)
        for region in table.regions:
            yield from read(region.row, PLACES[region.row.place])
            for row in region.places:
                yield from read(row, [row.place])
        measured, started = (
            tuple((quarter, p, part) for p in county.providers) for part in ("baseline", "started")
        )
        both = [tuple((quarter, place, kind) for place in every) for kind in "mu"]
        yield Bound("known", both[0], measured, 0, 0)
        yield Bound("known", (*both[1], *measured), started, 0, 0)


def _count_changed(row: EffectRow) -> int | None:
    """How many scores changed, out of the published sum of ranks and correlation."""
    if row.w_plus is None or row.rank_biserial is None or row.rank_biserial <= -1:
        return None
    ranks = 2 * row.w_plus / (1 + row.rank_biserial)
    return round(((1 + 8 * ranks) ** 0.5 - 1) / 2)


def count_truth(county: County) -> dict[Cell, int]:
    """The true value of every unknown."""
    truth: dict[Cell, int] = {}

    def add(quarter: int, who: str, name: str) -> None:
        truth[quarter, who, name] = truth.get((quarter, who, name), 0) + 1

    for one in county.clients.itertuples():
        first, last, later = (v == v for v in (one.baseline, one.end, one.follow_up))
        at = (one.quarter, one.provider)
        letters = zip("becf", (first, last, one.closing_reason == "completed", later), strict=True)
        add(*at, "".join(letter if holds else "-" for letter, holds in letters))
        add(one.quarter, one.place, "m" if first else "u")
        if first:
            add(*at, f"{one.sex}_{'kept' if last else 'lost'}")
        if not (first and last):
            continue
        gain = one.baseline - one.end
        clinical = not CUT_OFF - one.baseline > 0
        group = "improved" if gain > SDC else "deteriorated" if gain < -SDC else "unchanged"
        names = {
            group: True, "clinical": clinical, "same": gain == 0,
            "recovered": group == "improved" and clinical and one.end < CUT_OFF,
            "harmed": group == "deteriorated" and not clinical and not one.end < CUT_OFF,
            "important": group == "improved" and gain >= MIC,
        }  # fmt: skip
        if group == "improved" and later:
            names["still" if one.baseline - one.follow_up > SDC else "worse"] = True
        for name, holds in names.items():
            if holds:
                add(*at, name)
    return truth


def list_targets(county: County, value: "Values") -> list[Target]:
    """Every count of one to four that could stand in a table of some period, of a provider or of all."""
    found = {}
    parts = [(part, None) for part in value.parts] + list(WHOLES.items())
    for span in county.published:
        for who in (*county.providers, ALL):
            names = county.providers if who == ALL else (who,)
            for part, whole in parts:
                plus, minus = (
                    tuple((q, name, p) for q in span for name in names) if p else ()
                    for p in ((part, None) if whole is None else (whole, part))
                )
                exact = value.of(plus) - value.of(minus)
                if 1 <= exact <= 4:
                    what = f"{who} {span} {part if whole is None else f'{whole} less {part}'} = {exact}"
                    found[plus, minus] = Target(what, plus, minus, exact)
    for quarter, places in ((q, p) for q in range(county.quarters) for p in PLACES.values()):
        for place in places:
            for kind in "mu":
                cell = ((quarter, place, kind),)
                if 1 <= value.of(cell) <= 4:
                    found[cell, ()] = Target(f"{place} {quarter} {kind}", cell, (), value.of(cell))
    return list(found.values())


class Values:
    """The true sums of cells."""

    def __init__(self, truth: dict[Cell, int], parts: dict[str, tuple[str, ...]]) -> None:
        self.truth, self.parts = truth, parts

    def of(self, cells: Sequence[Cell]) -> int:
        """The sum over these cells."""
        return sum(
            self.truth.get((quarter, who, name), 0)
            for quarter, who, part in cells
            for name in self.parts.get(part, (part,))
        )
