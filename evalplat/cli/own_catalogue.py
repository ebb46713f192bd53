"""The instruments that commands know: the shipped ones, or another folder's, and the county's own beside them."""

import os

from evalplat.instruments.catalogue import Catalogue


def open_catalogue() -> Catalogue:
    """Every instrument of this installation; raises NotConfigured or DefinitionRejected."""
    from evalplat.config import find_instruments
    from evalplat.instruments.catalogue import load_catalogue

    return load_catalogue(*find_instruments(os.environ))
