"""Finnish, Swedish, English and plain Finnish from one set of catalogues, for pages, reports and figures alike."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from evalplat.errors import Message

FOLDER = Path(__file__).with_name("translations")

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOST_DIGITS = 400

PLAIN_FINNISH = "fi-x-selko"
"""Plain Finnish (selkokieli): a wording of Finnish. What it has no words for is said in Finnish."""

Translate = Callable[[str], str]


def base_language(language: str) -> str:
    """The language that a wording belongs to: `fi` of `fi-x-selko`; any other language itself."""
    return language.partition("-x-")[0]


@cache
def get_catalogue(language: str) -> NullTranslations:
    """All our messages in a language: a wording's own first, then its language's, then the English they are made in."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.mo"
    catalogue = NullTranslations()
    if language != "en" and path.exists():
        with path.open("rb") as stream:
            catalogue = GNUTranslations(stream)
    base = base_language(language)
    if base != language:
        catalogue.add_fallback(get_catalogue(base))
    return catalogue


def get_translator(language: str) -> Translate:
    """The function that turns an English message of ours into `language`; English where there is no catalogue."""
    return get_catalogue(language).gettext


def pick_words(by_language: Mapping[str, str], language: str) -> str:
    """A text that is kept by language: in this one, else in what it is a wording of, else in English; empty if none."""
    wishes = (language, base_language(language), "en")
    return next((by_language[wish] for wish in wishes if by_language.get(wish)), "")


@cache
def direction_of(language: str) -> str:
    """Which way a language is written: ltr or rtl."""
    from babel import Locale

    return str(Locale.parse(base_language(language), sep="-").text_direction)


def say(message: Message, language: str) -> str:
    """A message in the reader's language, with the dates and messages among its values in it too."""
    text = get_translator(language)(message.template)
    if not message.values:
        return text
    return text % {name: _show(value, language) for name, value in message.values.items()}


def _show(value: object, language: str) -> object:
    if isinstance(value, Message):
        return say(value, language)
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        try:
            return write_date(date.fromisoformat(value), language)
        except ValueError:  # 2026-02-31: shown as it was typed
            return value
    return write_date(value, language) if isinstance(value, date) else value


def write_number(value: float | None, language: str, decimals: int = 1) -> str:
    """A number in the reader's format, with a real minus sign; an en dash where there is none."""
    from decimal import localcontext

    from babel.numbers import format_decimal

    if value is None:
        return "–"
    rounded = round(value, decimals) or 0.0
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    # The variance of huge scores has more digits than the 28 that decimals usually carry.
    with localcontext(prec=MOST_DIGITS):
        return str(format_decimal(rounded, format=pattern, locale=base_language(language))).replace(
            "-", "−"
        )


def write_date(value: date | None, language: str) -> str:
    """A date in the reader's format (24.11.2026 in Finnish and Finland's Swedish); an en dash where there is none."""
    if value is None:
        return "–"
    if language == "en":
        return f"{value:%d/%m/%Y}"
    return f"{value.day}.{value.month}.{value.year}"
