"""All instruments of one folder, by key and version."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evalplat.errors import DefinitionRejected, Fault, Message, NotFound
from evalplat.instruments.definition import Instrument
from evalplat.instruments.keys import VERSION
from evalplat.instruments.loader import load_definition


def instruments_folder() -> Path:
    """Where the shipped instruments are: inside an installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "shipped" / "instruments"
    return shipped if shipped.is_dir() else package.parent / "instruments"


def version_order(version: str) -> tuple[int, ...]:
    """For sorting versions as numbers: 1.10 comes after 1.9."""
    return tuple(int(part) for part in version.split("."))


def list_definition_files(folder: Path) -> list[Path]:
    """The `<key>/<version>.toml` of a folder (or of one instrument's folder), without language files."""
    return sorted(
        file
        for pattern in ("*.toml", "*/*.toml")
        for file in folder.glob(pattern)
        if VERSION.fullmatch(file.stem)
    )


@dataclass(frozen=True)
class Catalogue:
    """The instruments of a folder; open administrations find the version they were planned with.

    own: the county's own versions of instruments, in a folder beside it.
    """

    folder: Path
    instruments: Mapping[tuple[str, str], Instrument]
    own: Path | None = None

    @property
    def retired(self) -> frozenset[tuple[str, str]]:
        """Versions that are offered to nothing new; what was planned with them keeps them."""
        found: frozenset[tuple[str, str]] = getattr(self.instruments, "retired", frozenset())
        return found

    @property
    def published(self) -> frozenset[tuple[str, str]]:
        """Versions that the county has published in the browser."""
        return frozenset(getattr(self.instruments, "published", ()))

    def is_retired(self, key: str) -> bool:
        """Whether no version of a key is offered any more."""
        pairs = [pair for pair in self.instruments if pair[0] == key]
        return bool(pairs) and self.retired.issuperset(pairs)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the definitions come from."""
        return (self.folder,) if self.own is None else (self.folder, self.own)

    def path_of(self, definition: Instrument) -> Path:
        """The file of a definition."""
        name = Path(definition.key) / f"{definition.version}.toml"
        found = (folder / name for folder in reversed(self.folders))
        return next((path for path in found if path.is_file()), self.folder / name)

    def get(self, key: str, version: str | None = None) -> Instrument:
        """The instrument of a key in one version, the latest offered when none is named; raises NotFound."""
        if version is not None and (key, version) in self.instruments:
            return self.instruments[key, version]
        versions = [v for k, v in self.instruments if k == key]
        if not versions:
            raise NotFound(
                Message(
                    "There is no instrument %(key)s. Known are: %(known)s.",
                    key=repr(str(key))[:80],
                    known=", ".join(dict.fromkeys(k for k, _ in self.instruments)) or "none",
                )
            )
        if version is not None:
            raise NotFound(
                Message(
                    "%(key)s has no version %(version)s. Known are: %(known)s.",
                    key=key,
                    version=repr(str(version))[:80],
                    known=", ".join(versions),
                )
            )
        offered = [v for v in versions if (key, v) not in self.retired]
        return self.instruments[key, max(offered or versions, key=version_order)]

    def list(self) -> tuple[Instrument, ...]:
        """Every version of every instrument, by key, oldest version first."""
        return tuple(self.instruments.values())

    def latest(self) -> tuple[Instrument, ...]:
        """The latest version of every instrument, by key; one that is not retired where there is one."""
        return tuple(self.get(key) for key in dict.fromkeys(key for key, _ in self.instruments))


def load_catalogue(folder: Path | None = None, own: Path | None = None) -> Catalogue:
    """Load every definition of a folder (the shipped ones without one), and those of the county's own folder.

    Raises DefinitionRejected with all faults.
    """
    folder = instruments_folder() if folder is None else folder
    found: dict[tuple[str, str], Instrument] = {}
    faults = _load_folder(folder, found)
    if own is not None:
        faults += _load_folder(own, found)
    if faults:
        raise DefinitionRejected(
            Message("The instruments in %(folder)s cannot be used.", folder=str(folder)), faults
        )
    ordered = sorted(found, key=lambda pair: (pair[0], version_order(pair[1])))
    return Catalogue(folder, {pair: found[pair] for pair in ordered}, own)


def _load_folder(folder: Path, found: dict[tuple[str, str], Instrument]) -> list[Fault]:
    """Put every definition of a folder into `found`; gives what is wrong with them."""
    faults: list[Fault] = []
    for file in list_definition_files(folder):
        try:
            instrument = load_definition(file)
        except DefinitionRejected as error:
            faults.extend(
                Fault(f"{file.parent.name}/{fault.where}", fault.message) for fault in error.faults
            )
            continue
        if instrument.key != file.parent.name:
            faults.append(
                Fault(
                    f"{file.parent.name}/{file.name}: key",
                    Message(
                        "the key is %(key)s; it must be the folder's name. Rename one of them",
                        key=instrument.key,
                    ),
                )
            )
        elif (instrument.key, instrument.version) in found:
            faults.append(
                Fault(
                    f"{file.parent.name}/{file.name}: version",
                    Message(
                        "%(key)s %(version)s is there already; give this one another version",
                        key=instrument.key,
                        version=instrument.version,
                    ),
                )
            )
        found[instrument.key, instrument.version] = instrument
    if not folder.is_dir():
        faults.append(Fault(str(folder), Message("there is no such folder")))
    return faults
