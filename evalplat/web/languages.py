"""The reader's language: chosen on every page, kept in a cookie for clients and with the account for staff."""

from datetime import UTC, date, datetime

from flask import Flask, g, request
from flask_babel import Babel
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from evalplat import language as words
from evalplat.episodes.keeping import Span
from evalplat.episodes.local_time import HOME, local_day
from evalplat.errors import Message
from evalplat.vocabulary import LANGUAGES

COOKIE = "language"
SWITCH = "switch_language"
"""Name of the button that switches the language inside a form, so that what was typed comes along."""

NAMES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
CLIENT_NAMES = {**NAMES, words.PLAIN_FINNISH: "Selkokieli"}
"""What clients may choose, and readers of the notices; staff and the other open pages have no plain language."""

NOTICES = ("/tietosuoja", "/saavutettavuus")
"""The notices that clients' pages lead to."""

HALF_YEAR = 183 * 24 * 3600


def is_client_page() -> bool:
    """Whether this is one of the pages behind the client door."""
    return request.path == "/c" or request.path.startswith("/c/")


def names_here() -> dict[str, str]:
    """The languages that this page can be read in, with their own names."""
    return CLIENT_NAMES if is_client_page() or request.path in NOTICES else NAMES


def choose_language() -> str:
    """The switch just pressed, else the account's, else the cookie's, else the browser's, else Finnish.

    What is not to be had on this page is read in the language that it is a wording of. A client's page does not care
    who is signed in.
    """
    account = None if is_client_page() else g.get("account")
    here = names_here()
    wishes = (
        pressed_language(),
        account.language if account is not None else None,
        request.cookies.get(COOKIE),
        request.accept_languages.best_match(LANGUAGES),
    )
    for wish in filter(None, wishes):
        for language in (wish, words.base_language(wish)):
            if language in here:
                return language
    return "fi"


def pressed_language() -> str | None:
    """The language whose button sent this form, if any; a form too large to be read has pressed none."""
    if request.method != "POST":
        return None
    try:
        wish = request.form.get(SWITCH)
    except HTTPException:
        return None
    there = CLIENT_NAMES if request.endpoint == "pages.post_language" else names_here()
    return wish if wish in there else None


def reader() -> str:
    """The language of this request."""
    if "language" not in g:
        g.language = choose_language()
    return str(g.language)


def use_language(language: str) -> None:
    """Show this one page in a language, as a preview of what clients read."""
    g.language = language


def remember(response: Response, language: str) -> Response:
    """Keep the language in the browser for half a year; it says nothing about the person."""
    response.set_cookie(
        COOKIE, language, max_age=HALF_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response


def say(message: Message | str) -> str:
    """A message of ours in the reader's language."""
    return words.say(message if isinstance(message, Message) else Message(message), reader())


def show_number(value: float | None, decimals: int = 1) -> str:
    """A number as the reader writes it."""
    return words.write_number(value, reader(), decimals)


def show_span(value: Span) -> str:
    """A length of time as the reader says it: 30 years, 3 kuukautta."""
    from babel.units import format_unit

    locale = words.base_language(reader())
    return str(format_unit(value.count, f"duration-{value.unit}", locale=locale))


def show_date(value: date | datetime | None) -> str:
    """A date as the reader writes it; of an instant, the day in Finland."""
    day = local_day(value) if isinstance(value, datetime) else value
    return words.write_date(day, reader())


def show_clock(value: datetime | None) -> str:
    """The time of day in Finland, as the reader writes it: 10.42 in Finnish and Swedish, 10:42 in English."""
    if value is None:
        return "–"
    local = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(HOME)
    return local.strftime("%H:%M" if reader() == "en" else "%H.%M").lstrip("0").rjust(4, "0")


def language_mark(language: str) -> Markup | str:
    """The attributes of a text in another language than the page's; nothing where it is the page's own."""
    if language == reader():
        return ""
    return Markup(' lang="{}" dir="{}"').format(language, words.direction_of(language))


def today() -> date:
    """Today's date in Finland by the application's clock."""
    from evalplat.web.context import current_wiring

    return local_day(current_wiring().clock())


def _keep_switched(response: Response) -> Response:
    pressed = pressed_language()
    return remember(response, pressed) if pressed else response


def install(app: Flask) -> None:
    """Give templates their translations and formats.

    Messages come from our own catalogues, which know wordings such as plain Finnish; Babel knows languages only.
    """
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(words.FOLDER)
    Babel(
        app, default_locale="en", default_timezone="Europe/Helsinki",
        locale_selector=lambda: words.base_language(reader()),
    )  # fmt: skip
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: words.get_catalogue(reader()).gettext(text),
        lambda one, many, n: words.get_catalogue(reader()).ngettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        say=say, number=show_number, day=show_date, clock=show_clock, span=show_span
    )
    app.jinja_env.globals.update(
        reader=reader,
        names_here=names_here,
        switch_name=SWITCH,
        direction_of=words.direction_of,
        language_mark=language_mark,
    )
    app.after_request(_keep_switched)
