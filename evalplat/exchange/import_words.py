"""The words that a file of sheets may use: names of columns, points, respondents, ways and languages, in fi, sv and en.

The first name of a language is the one that our own templates carry. Capitals, spaces, hyphens and underscores do not
matter. These are words of files, which stay as they are; what pages say is translated elsewhere.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from evalplat.language import PLAIN_FINNISH
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent

Words = Mapping[str, Mapping[str, Sequence[str]]]

_DROPPED = re.compile(r"[\s_\-‐‑–—]+")
_SPACES = re.compile(r"\s+")

HEADERS: Words = {
    "voucher": {
        "en": ("voucher", "voucher number", "number of the voucher"),
        "fi": ("palveluseteli", "palvelusetelin numero", "palvelusetelinumero", "setelinumero", "setelin numero",
               "seteli", "palvelusetelin nro", "palvelusetelinro", "setelin nro", "setelinro"),
        "sv": ("servicesedel", "servicesedelns nummer", "sedelnummer", "servicesedelns nr", "sedelnr"),
    },
    "episode": {
        "en": ("episode", "episode id"),
        "fi": ("palvelujakso", "jakso", "jakson tunnus"),
        "sv": ("serviceperiod", "period", "periodens id"),
    },
    "client": {
        "en": ("client id", "client"),
        "fi": ("asiakastunnus", "asiakas", "asiakkaan tunnus"),
        "sv": ("klient-id", "klient", "klientens id"),
    },
    "instrument": {
        "en": ("instrument", "measure"),
        "fi": ("mittari",),
        "sv": ("mätinstrument", "instrument", "mätare"),
    },
    "point": {
        "en": ("point", "measurement point"),
        "fi": ("mittauspiste", "vaihe", "mittauskerta"),
        "sv": ("mättidpunkt", "mätpunkt", "mättillfälle"),
    },
    "measured_on": {
        "en": ("measured on", "date", "date of measurement"),
        "fi": ("mittauspäivä", "mitattu", "päivämäärä", "pvm", "päivä", "päiväys", "mittauspvm",
               "mittauspäivämäärä"),
        "sv": ("mätdag", "mätdatum", "datum"),
    },
    "respondent": {
        "en": ("who answered", "respondent"),
        "fi": ("kuka vastasi", "vastaaja"),
        "sv": ("vem svarade", "svarande"),
    },
    "mode": {
        "en": ("how", "mode"),
        "fi": ("miten", "tapa", "vastaustapa", "täyttötapa"),
        "sv": ("hur", "sätt", "svarssätt"),
    },
    "language": {
        "en": ("language", "language of the form"),
        "fi": ("kieli", "lomakkeen kieli"),
        "sv": ("språk", "formulärets språk"),
    },
    "present": {
        "en": ("who was present", "present"),
        "fi": ("kuka oli läsnä", "läsnä", "läsnäolijat"),
        "sv": ("vem var närvarande", "närvarande"),
    },
    "faults": {"en": ("faults",), "fi": ("virheet",), "sv": ("fel",)},
}  # fmt: skip
"""Names of columns. `faults` is the column that we add to a file that cannot be stored; it is read over."""

POINTS: Words = {
    MeasurementPoint.BASELINE: {
        "en": ("baseline",),
        "fi": (
            "alku",
            "alkumittaus",
            "lähtötaso",
            "alussa",
            "alkuarvio",
            "alkuarviointi",
            "alkukartoitus",
        ),
        "sv": ("start", "början", "baslinje", "startmätning"),
    },
    MeasurementPoint.MIDPOINT: {
        "en": ("midpoint", "middle"),
        "fi": ("puoliväli", "väli", "välimittaus", "väliarvio", "väliarviointi"),
        "sv": ("halvvägs", "mitt", "mitten", "mellanmätning"),
    },
    MeasurementPoint.END: {
        "en": ("end",),
        "fi": ("loppu", "loppumittaus", "lopussa", "päättyminen", "loppuarvio", "loppuarviointi"),
        "sv": ("slut", "slutmätning", "avslut"),
    },
    MeasurementPoint.FOLLOW_UP: {
        "en": ("follow-up",),
        "fi": ("seuranta", "seurantamittaus", "jälkiseuranta"),
        "sv": ("uppföljning", "uppföljningsmätning"),
    },
}

RESPONDENTS: Words = {
    Respondent.CLIENT: {"en": ("client",), "fi": ("asiakas", "itse"), "sv": ("klient", "själv")},
    Respondent.WORKER: {
        "en": ("worker",),
        "fi": ("työntekijä", "ohjaaja"),
        "sv": ("medarbetare", "handledare"),
    },
    Respondent.PROXY: {
        "en": ("proxy", "somebody close"),
        "fi": ("läheinen", "omainen", "asiakkaan läheinen"),
        "sv": ("närstående", "anhörig"),
    },
    Respondent.TOGETHER: {
        "en": ("together",),
        "fi": ("yhdessä",),
        "sv": ("tillsammans",),
    },
}

MODES: Words = {
    Mode.SELF: {"en": ("self",), "fi": ("itse",), "sv": ("själv",)},
    Mode.INTERVIEW: {
        "en": ("interview",),
        "fi": ("haastattelu", "haastattelussa"),
        "sv": ("intervju",),
    },
    Mode.PROXY: {"en": ("proxy",), "fi": ("läheinen", "puolesta"), "sv": ("närstående",)},
    Mode.OBSERVATION: {
        "en": ("observation",),
        "fi": ("havainto", "havainnointi"),
        "sv": ("observation", "iakttagelse"),
    },
    Mode.PAPER: {"en": ("paper",), "fi": ("paperi", "paperilla"), "sv": ("papper",)},
}

LANGUAGES: Words = {
    "fi": {"en": ("finnish",), "fi": ("suomi",), "sv": ("finska",)},
    "sv": {"en": ("swedish",), "fi": ("ruotsi",), "sv": ("svenska",)},
    "en": {"en": ("english",), "fi": ("englanti",), "sv": ("engelska",)},
    PLAIN_FINNISH: {
        "en": ("plain finnish",),
        "fi": ("selkosuomi", "selkokieli", "selko"),
        "sv": ("lätt finska",),
    },
}

DECLINED_WORDS = frozenset(
    [
        *("declined", "does not want to answer", "did not want to answer"),
        *("ei halua vastata", "ei halunnut vastata", "kieltäytyi"),
        *("vill inte svara", "ville inte svara"),
    ]
)
"""Cells that say: the client does not want to answer. A bare x is not one, for it may as well be a tick."""

MISSING_WORDS = frozenset(["-", "–", "—", "−", "na", "n/a", "puuttuu", "saknas", "missing"])
"""Cells that are as good as empty, but in a column of free text."""


def fold(text: str) -> str:
    """A name as it is compared: without capitals, spaces, hyphens and underscores."""
    return _DROPPED.sub("", unicodedata.normalize("NFC", text).casefold())


def fold_words(text: str) -> str:
    """A label as it is compared: without capitals, doubled spaces and a full stop at the end."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text).casefold()).strip().rstrip(".")


def index_words(words: Words) -> dict[str, str]:
    """What each folded name stands for; the stored word itself is one of its names."""
    found: dict[str, str] = {}
    for value, by_language in words.items():
        for name in (value, *(n for names in by_language.values() for n in names)):
            found.setdefault(fold(name), str(value))
    return found


def first_name(words: Words, value: str, language: str) -> str:
    """The name that our own templates carry in a language."""
    names = words[value]
    return names.get(language, names["en"])[0]


def list_allowed(words: Words, values: Sequence[str] = ()) -> str:
    """What may be written: each stored word with its Finnish and Swedish name."""
    chosen = values or tuple(words)
    return "; ".join(
        " / ".join(dict.fromkeys(first_name(words, value, code) for code in ("en", "fi", "sv")))
        for value in chosen
    )
