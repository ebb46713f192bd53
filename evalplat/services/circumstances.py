"""How a sheet was filled in, in closed words that a comparison can adjust for and that name nobody.

`mode` is the sheet's own, and `proxy` whenever somebody else answered for the client. Who was present is free text on
the sheet and stays there; only whether nobody, the worker or somebody else helped is kept beside the administration.
The wording is the language that the form was shown in; plain Finnish is a wording of its own, because plainer questions
may be answered otherwise.
"""

from evalplat.language import PLAIN_FINNISH
from evalplat.vocabulary import LANGUAGES

ASSISTANCES = ("none", "worker", "other")
WORDINGS = (*LANGUAGES, PLAIN_FINNISH, "other")


def find_assistance(answered_with: str) -> str:
    """Whose help the client had, of `ASSISTANCES`."""
    if answered_with in ("", "worker"):
        return answered_with or "none"
    return "other"


def find_wording(language: str) -> str:
    """The wording of a form, of `WORDINGS`; a goal form has none."""
    if language == PLAIN_FINNISH:
        return language
    main = language.partition("-")[0]
    return main if main in LANGUAGES or not language else "other"
