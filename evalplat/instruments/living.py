"""The instruments of a running installation: those of the files, and those that the county has published meanwhile."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evalplat.instruments.catalogue import Catalogue, version_order
from evalplat.instruments.definition import Instrument

Pair = tuple[str, str]


@dataclass
class LivingInstruments(Mapping[Pair, Instrument]):
    """By key and version, oldest version first. `take` puts in what was published; nothing is ever taken out."""

    files: Mapping[Pair, Instrument]
    published: dict[Pair, Instrument] = field(default_factory=dict)
    retired: frozenset[Pair] = frozenset()
    _all: dict[Pair, Instrument] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._all = dict(self.files)

    def take(self, published: Mapping[Pair, Instrument], retired: frozenset[Pair]) -> None:
        """From now on these are served too; each is swapped in whole, for threads that are reading."""
        self.published = {**self.published, **published}
        known = {**self.files, **self.published}
        ordered = sorted(known, key=lambda pair: (pair[0], version_order(pair[1])))
        self._all = {pair: known[pair] for pair in ordered}
        self.retired = retired

    def __getitem__(self, pair: Pair) -> Instrument:
        return self._all[pair]

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def bring_to_life(catalogue: Catalogue) -> Catalogue:
    """The same catalogue, which takes in what the county publishes."""
    if isinstance(catalogue.instruments, LivingInstruments):
        return Catalogue(
            catalogue.folder, LivingInstruments(catalogue.instruments.files), catalogue.own
        )
    return Catalogue(catalogue.folder, LivingInstruments(catalogue.instruments), catalogue.own)
