"""The instruments that commands know: the shipped ones, or another folder's, and the county's own beside them."""

import os
from pathlib import Path

from evalplat.instruments.catalogue import Catalogue


def open_catalogue() -> Catalogue:
    """Every instrument of this installation; raises NotConfigured or DefinitionRejected.

    Where the settings name a database, what the county has published in the browser is among them.
    """
    from evalplat.config import find_instruments
    from evalplat.instruments.catalogue import load_catalogue

    catalogue = load_catalogue(*find_instruments(os.environ))
    return _take_in(catalogue) if os.environ.get("EVALPLAT_DATABASE_URL") else catalogue


def _take_in(catalogue: Catalogue) -> Catalogue:
    """With what was published in the browser; a command that needs no database does without one that is away."""
    from contextlib import closing

    from evalplat.config import load_settings
    from evalplat.errors import NotConfigured
    from evalplat.wiring import build_wiring

    try:
        settings = load_settings(os.environ)
    except NotConfigured:
        return catalogue
    # A command that reads instruments makes no database.
    if settings.on_sqlite and not Path(settings.database_url.partition(":///")[2]).is_file():
        return catalogue
    with closing(build_wiring(settings, catalogue=catalogue)) as wiring:
        wiring.take_in_instruments(at_once=True)
        return wiring.catalogue
