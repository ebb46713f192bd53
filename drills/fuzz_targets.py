"""What is fuzzed, each in a process of its own: `python -m drills.fuzz_targets NAME FOLDER SECONDS`.

Anything but an error with a name of ours ends the process, and so does more memory than is allowed.
"""

import io
import json
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from drills.bombs import peak_memory

MEMORY = 512
"""Megabytes that one process may take."""

counts: Counter[str] = Counter()


def fuzz(name: str, folder: Path, seconds: float) -> None:
    """Let libFuzzer look for inputs that break the target; ends the process."""
    import atheris

    with atheris.instrument_imports(include=["evalplat"]):
        target = TARGETS[name](folder)

    told = folder / f"{name}.told"

    def one(data: bytes) -> None:
        counts["inputs"] += 1
        target(data)
        if counts["inputs"] % 50 == 0:  # libFuzzer ends the process without a word to Python
            told.write_text(json.dumps({"peak": peak_memory(), **counts}))

    corpus = folder / f"{name}.corpus"
    atheris.Setup(
        [
            name, str(corpus), f"-max_total_time={seconds:.0f}", f"-rss_limit_mb={MEMORY}",
            "-max_len=20000", "-timeout=20", f"-artifact_prefix={folder}/", "-verbosity=0",
        ],
        one,
    )  # fmt: skip
    atheris.Fuzz()


def loader(folder: Path) -> Callable[[bytes], None]:
    """A definition with bytes of the fuzzer's, or one of its lines replaced."""
    from evalplat.errors import DefinitionRejected
    from evalplat.instruments.catalogue import instruments_folder
    from evalplat.instruments.loader import load_definition

    corpus = folder / "loader.corpus"
    corpus.mkdir()
    place = Path(tempfile.mkdtemp(dir=folder)) / "whodas-2.0-12"
    place.mkdir()
    path = place / "1.0.toml"
    shipped = sorted(instruments_folder().glob("*/1.0.toml"))
    lines = [source.read_bytes().split(b"\n") for source in shipped]
    for number, source in enumerate(shipped):
        (corpus / str(number)).write_bytes(b"\xff" + source.read_bytes())
    for language in instruments_folder().glob("whodas-2.0-12/1.0.*.toml"):
        (place / language.name).write_bytes(language.read_bytes())

    def target(data: bytes) -> None:
        if data[:1] == b"\xff":
            content = data[1:]
        else:
            chosen = list(lines[data[0] % len(lines)] if data else lines[0])
            at = int.from_bytes(data[1:3]) % len(chosen)
            chosen[at] = (
                data[3:] if b"=" in data[3:] else chosen[at].partition(b"=")[0] + b"=" + data[3:]
            )
            content = b"\n".join(chosen)
        path.write_bytes(content)
        try:
            load_definition(path)
            counts["taken"] += 1
        except DefinitionRejected:
            counts["refused"] += 1

    return target


def tables(folder: Path) -> Callable[[bytes], None]:
    """A CSV file, a workbook, or a workbook with one part of the fuzzer's."""
    from evalplat.errors import FileRejected
    from evalplat.exchange.import_files import TemplateRow, write_template
    from evalplat.exchange.import_table import looks_like_header, read_import_table
    from evalplat.exchange.limits import UPLOAD
    from evalplat.exchange.tables import open_stream
    from evalplat.instruments.catalogue import load_catalogue
    from evalplat.vocabulary import MeasurementPoint, Respondent

    definition = load_catalogue().get("whodas-2.0-12")
    row = TemplateRow("VS-1", MeasurementPoint.BASELINE, Respondent.CLIENT)
    corpus = folder / "tables.corpus"
    corpus.mkdir()
    parts: dict[str, bytes] = {}
    for form, mark in (("csv", b"c"), ("xlsx", b"x")):
        made = write_template(definition, [row], "fi", form)
        (corpus / form).write_bytes(mark + made)
        if form == "xlsx":
            with zipfile.ZipFile(io.BytesIO(made)) as book:
                parts = {name: book.read(name) for name in book.namelist()}
    names = sorted(parts)
    for number, name in enumerate(names):
        (corpus / f"part-{number}").write_bytes(b"p" + bytes([number]) + parts[name])

    def content_of(data: bytes) -> tuple[str, bytes]:
        kind, rest = data[:1], data[1:]
        if kind != b"p" or not rest:
            return ("t.xlsx" if kind == b"x" else "t.csv"), rest
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
            for name in names:
                changed = name == names[rest[0] % len(names)]
                book.writestr(name, rest[1:] if changed else parts[name])
        return "t.xlsx", made.getvalue()

    def target(data: bytes) -> None:
        name, content = content_of(data)
        try:
            with open_stream(
                name, io.BytesIO(content), limits=UPLOAD, is_header=looks_like_header
            ) as table:
                read_import_table(table)
            counts["taken"] += 1
        except FileRejected:
            counts["refused"] += 1

    return target


def codes(folder: Path) -> Callable[[bytes], None]:
    """What somebody types as a code, or has as a link: it opens nothing, and nothing else happens."""
    from datetime import UTC, datetime

    from drills.county import fill
    from evalplat.config import Settings, sqlite_url
    from evalplat.errors import TooMany
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.services.actors import Actor
    from evalplat.services.installation import make_tables
    from evalplat.services.invitations import (
        InvitationRefused,
        find_code_hash,
        open_invitation,
        read_code,
    )
    from evalplat.services.passwords import Proof
    from evalplat.wiring import build_wiring

    url = sqlite_url(folder / "codes.sqlite3")
    settings = Settings(url, url, master_keys=("vN3eTq8Zr5Xb1Ym6Lc9Kd2Wf7Hs4Pg0J-",))
    make_tables(settings)
    asked = fill(settings, 1, drafted=False)
    wiring, door = (
        build_wiring(settings, catalogue=Catalogue(None, {})),
        Actor.system("client door"),
    )
    corpus = folder / "codes.corpus"
    corpus.mkdir()
    for number, text in enumerate(
        ("7F3K-9QXM-2ABC", "7f3k 9qxm 2abc", "ILO0–1111—ßÅ", asked[0].link[:-1])
    ):
        (corpus / str(number)).write_bytes(bytes([number % 2]) + text.encode())

    def target(data: bytes) -> None:
        text = data[1:].decode("utf-8", "surrogateescape" if data[:1] > b"\x7f" else "replace")
        if len(read_code(text)) > 180:
            raise AssertionError("a code is read to its limit only")
        at = datetime.now(UTC)
        try:
            with wiring.transaction(door) as session:
                if data[:1] < b"\x01":
                    # Comparing the secret is bounded and the same for every code; it would only slow the search.
                    wrong = Proof(find_code_hash(session, text, address="", at=at) or "", False)
                    open_invitation(session, code=text, proof=wrong, at=at)
                else:
                    open_invitation(session, token=text, at=at)
            counts["taken"] += 1
        except (InvitationRefused, TooMany):
            counts["refused"] += 1

    return target


TARGETS: dict[str, Callable[[Path], Callable[[bytes], None]]] = {
    "loader": loader,
    "tables": tables,
    "codes": codes,
}


if __name__ == "__main__":
    fuzz(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
