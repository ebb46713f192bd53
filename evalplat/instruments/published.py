"""Published versions stay what they are: `published.toml` beside the definitions holds the digest of each.

Whoever edits a published version by accident is told so; a change is a new version.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from evalplat.errors import DefinitionRejected, Fault, Message
from evalplat.instruments.definition import Instrument

FILE = "published.toml"
HEAD = """\
# The digest of every published version, by the instrument's key. A published version is never edited: a change is a new
# version. `evalplat instruments publish` adds new ones.
"""

Published = Mapping[tuple[str, str], str]

EDITED = Message(
    "was published with other contents (digest %(published)s…, now %(now)s…). Bring the file back as it was; a change "
    "is a new version, in a file of its own"
)


def read_published(folder: Path) -> dict[tuple[str, str], str]:
    """The digests by key and version; empty where the folder has no such file. Raises DefinitionRejected."""
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    found = {}
    for key, versions in data.items():
        if not isinstance(versions, dict):
            raise _unreadable(path, key)
        for version, digest in versions.items():
            if not isinstance(digest, str):
                raise _unreadable(path, f"{key} {version}")
            found[key, version] = digest
    return found


def _unreadable(path: Path, why: str) -> DefinitionRejected:
    text = Message("%(path)s cannot be read: %(why)s", path=path.name, why=why)
    return DefinitionRejected(text)


def find_edited(definition: Instrument, published: Published) -> Fault | None:
    """What is wrong with a version that was published with another digest; None for a new or an unchanged one."""
    digest = published.get((definition.key, definition.version))
    if digest in (None, definition.digest):
        return None
    return say_edited(definition, digest or "")


def say_edited(definition: Instrument, published: str) -> Fault:
    """That a version is not what it was, with both digests."""
    text = Message(EDITED.template, published=published[:12], now=definition.digest[:12])
    return Fault(f"{definition.key} {definition.version}", text)


def write_published(folder: Path, published: Published) -> None:
    """Write the file anew, by key and version."""
    lines = [HEAD]
    last = ""
    for (key, version), digest in sorted(published.items()):
        if key != last:
            lines.append(f'\n["{key}"]\n')
        lines.append(f'"{version}" = "{digest}"\n')
        last = key
    (folder / FILE).write_text("".join(lines), encoding="utf-8")
