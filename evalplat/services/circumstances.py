"""How a sheet was filled in, in closed words that a comparison can adjust for and that name nobody.

`mode` is the sheet's own. Who was present is free text on the sheet; only whether it was nobody, the worker or somebody
else is kept beside the administration. The wording is the language that the form was shown in.
"""

from evalplat.vocabulary import LANGUAGES

ASSISTANCES = ("none", "worker", "other")
WORDINGS = (*LANGUAGES, "other")


def find_assistance(answered_with: str) -> str:
    """Whose help the client had, of `ASSISTANCES`."""
    if answered_with in ("", "worker"):
        return answered_with or "none"
    return "other"


def find_wording(language: str) -> str:
    """The wording of a form, of `WORDINGS`; a goal form has none."""
    main = language.partition("-")[0]
    return main if main in LANGUAGES or not language else "other"
