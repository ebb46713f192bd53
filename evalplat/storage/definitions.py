"""Which definition answers were scored with, as rows."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.storage.access import connection_of
from evalplat.storage.rows import put_rows
from evalplat.storage.tables import UsedDefinition

Version = tuple[str, str]
"""Key and version of an instrument."""
_USED = select(UsedDefinition.instrument, UsedDefinition.version, UsedDefinition.digest)


def list_used(session: Session) -> dict[Version, str]:
    """The digest that belongs to every version that was ever scored with; there are as many as versions."""
    rows = connection_of(session).execute(_USED)
    return {(key, version): digest for key, version, digest in rows}


def add_used(session: Session, digests: Mapping[Version, str]) -> None:
    """Note the digests of versions that nothing was scored with before; what is noted stays."""
    rows = [
        {"instrument": key, "version": version, "digest": digest}
        for (key, version), digest in sorted(digests.items())
    ]
    put_rows(session, UsedDefinition, rows)
