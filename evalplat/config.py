"""Settings of an installation: read once from the environment, checked before anything is served.

A secret is given as the variable itself or as a file named in `<VARIABLE>_FILE`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from evalplat.errors import Fault, Message, NotConfigured
from evalplat.vocabulary import LANGUAGES, Role

DEFAULT_DATABASE = Path("var/evalplat.sqlite3")
HOME_COUNTY = "varsinais-suomi"
SHORTEST_KEY = 32
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
SECOND_FACTOR = (Role.ANALYST, Role.ADMINISTRATOR)
"""Of whom a second factor is demanded where nothing else is said: who sees the whole county, and who runs it."""

SMS_BODY = '{"to": "{to}", "text": "{text}"}'
SMS_HEADER = "Authorization: Bearer {token}"


@dataclass(frozen=True, slots=True)
class MessageSettings:
    """How clients are reminded: through which servers, from whom, and how often.

    smtp_url: `smtp://user:password@host:port` (STARTTLS unless `?starttls=no`) or `smtps://…`.
    sms_url, sms_token, sms_header, sms_body: the gateway that takes an SMS as JSON by POST.
    public_url: the address under which clients reach these pages, without a slash at its end.
    every, most: days between two reminders of one form, and how many there are at most.
    first_hour, last_hour: messages go out from the one until the other, in Finland's time.
    """

    smtp_url: str = ""
    mail_from: str = ""
    sms_url: str = ""
    sms_token: str = ""
    sms_header: str = SMS_HEADER
    sms_body: str = SMS_BODY
    public_url: str = ""
    every: int = 7
    most: int = 3
    first_hour: int = 8
    last_hour: int = 20

    def __repr__(self) -> str:
        return f"MessageSettings(public_url={self.public_url!r})"


@dataclass(frozen=True, slots=True)
class OutsideSettings:
    """A provider of identities (OpenID Connect). `labels`: the button's words by language; may be empty."""

    issuer: str
    client_id: str
    client_secret: str = ""
    labels: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"OutsideSettings(issuer={self.issuer!r})"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation is told from outside.

    database_url: SQLAlchemy address; SQLite or PostgreSQL (`postgresql+psycopg://…`).
    owner_url: the address that migrations use where the application's role may not change tables; else database_url.
    secret_key: signs cookies; empty until the web needs it.
    master_keys: protect what is stored; the one in use first, then earlier ones that what is stored may still need.
    second_factor: roles whose accounts sign in with a second factor or set one up; others may.
    county: key of the home county (its municipalities are the default list's, or those of `municipalities_file`).
    trusted_hosts: host names that the web answers to; empty answers to this machine only.
    behind_proxy: number of reverse proxies whose forwarded headers are believed.
    contact_days: within how many working days a client who asks for it is contacted.
    reopen_days: within how many days a closing can be corrected or taken back.
    proxy_is_stated: whether somebody said how many proxies there are; none said is not the same as none.
    backups_folder: where backups are made and looked for; None is a folder beside the database.
    api_per_minute: how often one access token may ask in a minute.
    client_keys: the file of clients' keys, apart from backups; None is one beside the folder of backups.
    audit_heads: the file of the access log's heads outside the database; None is one beside the folder of backups.
    outside: the provider of identities that staff may sign in with; None where there is none.
    own_instruments: the county's own versions of instruments, beside those of `instruments_folder`.
    rights_file: who answers for clients' data and how long what is kept; None is the shipped file.
    """

    database_url: str
    owner_url: str
    secret_key: str = ""
    county: str = HOME_COUNTY
    municipalities_file: Path | None = None
    trusted_hosts: tuple[str, ...] = ()
    behind_proxy: int = 0
    debug: bool = False
    instruments_folder: Path | None = None
    own_instruments: Path | None = None
    messages: MessageSettings = field(default_factory=MessageSettings)
    contact_days: int = 2
    reopen_days: int = 90
    proxy_is_stated: bool = True
    backups_folder: Path | None = None
    api_per_minute: int = 300
    audit_heads: Path | None = None
    client_keys: Path | None = None
    master_keys: tuple[str, ...] = ()
    second_factor: tuple[Role, ...] = SECOND_FACTOR
    rights_file: Path | None = None
    outside: OutsideSettings | None = None

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url.startswith("sqlite")

    @property
    def is_public(self) -> bool:
        """Whether the web answers to more than this machine's own names."""
        return any(host.strip("[]") not in THIS_MACHINE for host in self.trusted_hosts)

    @property
    def by_password_alone(self) -> tuple[Role, ...]:
        """Of the roles that should have a second factor, those of which none is demanded."""
        return tuple(role for role in SECOND_FACTOR if role not in self.second_factor)

    def __repr__(self) -> str:
        return f"Settings(county={self.county!r}, on_sqlite={self.on_sqlite})"


def sqlite_url(path: Path) -> str:
    """The address of an embedded database at `path`."""
    return f"sqlite+pysqlite:///{path}"


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raises NotConfigured naming every variable that cannot be used."""
    faults: list[Fault] = []
    database_url = _address(environ, "EVALPLAT_DATABASE_URL", faults) or sqlite_url(
        DEFAULT_DATABASE
    )
    settings = Settings(
        database_url=database_url,
        owner_url=_address(environ, "EVALPLAT_DATABASE_OWNER_URL", faults) or database_url,
        secret_key=_secret(environ, "EVALPLAT_SECRET_KEY", faults),
        master_keys=_master_keys(environ, faults),
        outside=_outside(environ, faults),
        second_factor=_roles(environ, "EVALPLAT_SECOND_FACTOR", faults, usual=SECOND_FACTOR),
        county=environ.get("EVALPLAT_COUNTY", "").strip() or HOME_COUNTY,
        municipalities_file=_path(environ, "EVALPLAT_MUNICIPALITIES", faults),
        trusted_hosts=tuple(environ.get("EVALPLAT_TRUSTED_HOSTS", "").replace(",", " ").split()),
        behind_proxy=_whole(environ, "EVALPLAT_BEHIND_PROXY", faults),
        proxy_is_stated=bool(environ.get("EVALPLAT_BEHIND_PROXY", "").strip()),
        backups_folder=_folder(environ, "EVALPLAT_BACKUPS"),
        audit_heads=_folder(environ, "EVALPLAT_AUDIT_HEADS"),
        client_keys=_folder(environ, "EVALPLAT_CLIENT_KEYS"),
        rights_file=_path(environ, "EVALPLAT_RIGHTS", faults),
        debug=environ.get("EVALPLAT_DEBUG", "") not in ("", "0"),
        instruments_folder=_path(environ, "EVALPLAT_INSTRUMENTS", faults),
        own_instruments=_path(environ, "EVALPLAT_OWN_INSTRUMENTS", faults),
        messages=_messages(environ, faults),
        api_per_minute=_whole(
            environ, "EVALPLAT_API_PER_MINUTE", faults, low=1, high=100_000, usual=300
        ),
        contact_days=_whole(environ, "EVALPLAT_CONTACT_DAYS", faults, low=1, high=20, usual=2),
        reopen_days=_whole(environ, "EVALPLAT_REOPEN_DAYS", faults, low=1, high=730, usual=90),
    )
    if faults:
        raise NotConfigured(Message("The settings cannot be used."), faults)
    return settings


def find_instruments(environ: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    """The folder of instruments and the county's own beside it, for commands that need no other setting."""
    faults: list[Fault] = []
    found = (
        _path(environ, "EVALPLAT_INSTRUMENTS", faults),
        _path(environ, "EVALPLAT_OWN_INSTRUMENTS", faults),
    )
    if faults:
        raise NotConfigured(Message("The settings cannot be used."), faults)
    return found


def _messages(environ: Mapping[str, str], faults: list[Fault]) -> MessageSettings:
    """What sending needs; what is missing is said by who wants to send."""
    hours = environ.get("EVALPLAT_REMIND_HOURS", "").strip() or "8-20"
    first, _, last = hours.partition("-")
    if not (first.isdigit() and last.isdigit() and 0 <= int(first) < int(last) <= 24):
        faults.append(
            Fault(
                "EVALPLAT_REMIND_HOURS",
                Message("%(value)s is not hours of a day like 8-20.", value=hours),
            )
        )
        first, last = "8", "20"
    return MessageSettings(
        smtp_url=_server(environ, "EVALPLAT_SMTP_URL", ("smtp", "smtps"), faults),
        mail_from=environ.get("EVALPLAT_MAIL_FROM", "").strip(),
        sms_url=_server(environ, "EVALPLAT_SMS_URL", ("https", "http"), faults),
        sms_token=_secret(environ, "EVALPLAT_SMS_TOKEN", faults),
        sms_header=environ.get("EVALPLAT_SMS_HEADER", "").strip() or SMS_HEADER,
        sms_body=environ.get("EVALPLAT_SMS_BODY", "").strip() or SMS_BODY,
        public_url=_server(environ, "EVALPLAT_PUBLIC_URL", ("https", "http"), faults).rstrip("/"),
        every=_whole(environ, "EVALPLAT_REMIND_EVERY", faults, low=1, high=90, usual=7),
        most=_whole(environ, "EVALPLAT_REMIND_MOST", faults, low=1, usual=3),
        first_hour=int(first),
        last_hour=int(last),
    )


def _outside(environ: Mapping[str, str], faults: list[Fault]) -> OutsideSettings | None:
    """The provider of identities; both its address and our name there, or neither."""
    issuer = _server(environ, "EVALPLAT_OIDC_ISSUER", ("https", "http"), faults)
    client_id = environ.get("EVALPLAT_OIDC_CLIENT_ID", "").strip()
    secret = _secret(environ, "EVALPLAT_OIDC_CLIENT_SECRET", faults)
    if not (issuer and client_id):
        if issuer or client_id:
            text = Message(
                "Give both EVALPLAT_OIDC_ISSUER and EVALPLAT_OIDC_CLIENT_ID, or neither."
            )
            faults.append(Fault("EVALPLAT_OIDC_ISSUER", text))
        return None
    labels = [
        (language, environ.get(f"EVALPLAT_OIDC_LABEL_{language.upper()}", "").strip())
        for language in LANGUAGES
    ]
    return OutsideSettings(issuer, client_id, secret, tuple(labels))


def _server(
    environ: Mapping[str, str], name: str, schemes: tuple[str, ...], faults: list[Fault]
) -> str:
    """A server's address; plain http is for this machine only."""
    url = _secret(environ, name, faults)
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        faults.append(Fault(name, Message("This is not an address.")))
        return ""
    if parts.scheme not in schemes or not host:
        text = Message("Give an address that begins with %(known)s.", known=f"{schemes[0]}://")
        faults.append(Fault(name, text))
        return ""
    if parts.scheme == "http" and host not in THIS_MACHINE:
        text = Message(
            "What is sent there could be read on the way: give an address with https://."
        )
        faults.append(Fault(name, text))
        return ""
    return url


def _secret(environ: Mapping[str, str], name: str, faults: list[Fault]) -> str:
    file = environ.get(f"{name}_FILE", "").strip()
    if not file:
        return environ.get(name, "").strip()
    if environ.get(name, "").strip():
        faults.append(
            Fault(name, Message("Give either %(name)s or %(name)s_FILE, not both.", name=name))
        )
        return ""
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        faults.append(
            Fault(f"{name}_FILE", Message("The file %(file)s cannot be read.", file=file))
        )
        return ""


def _master_keys(environ: Mapping[str, str], faults: list[Fault]) -> tuple[str, ...]:
    """The key in use, then earlier ones; none at all where none is in use."""
    current = _secret(environ, "EVALPLAT_MASTER_KEY", faults)
    earlier = _secret(environ, "EVALPLAT_EARLIER_MASTER_KEYS", faults).split()
    return (current, *earlier) if current else ()


def _roles(
    environ: Mapping[str, str], name: str, faults: list[Fault], *, usual: tuple[Role, ...]
) -> tuple[Role, ...]:
    """Roles, set apart by commas or spaces; `none` for no role at all."""
    words = environ.get(name, "").replace(",", " ").split()
    if words == ["none"]:
        return ()
    unknown = [word for word in words if word not in list(Role)]
    if unknown:
        text = Message(
            "%(value)s is not one of %(known)s.",
            value=", ".join(unknown),
            known=", ".join([*Role, "none"]),
        )
        faults.append(Fault(name, text))
        return usual
    return tuple(Role(word) for word in words) or usual


def _address(environ: Mapping[str, str], name: str, faults: list[Fault]) -> str:
    """A database's address with the driver that we use; empty where none is given."""
    url = _secret(environ, name, faults)
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            url = url.replace(scheme, "postgresql+psycopg://", 1)
    if url and not url.startswith(("sqlite:", "sqlite+pysqlite:", "postgresql+psycopg:")):
        faults.append(
            Fault(
                name,
                Message(
                    "The database must be SQLite (sqlite:///path) or PostgreSQL (postgresql+psycopg://…)."
                ),
            )
        )
    return url


def _path(environ: Mapping[str, str], name: str, faults: list[Fault]) -> Path | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    path = Path(text)
    if not path.exists():
        faults.append(Fault(name, Message("%(path)s does not exist.", path=text)))
    return path


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    """A folder or a file that is made when it is needed."""
    text = environ.get(name, "").strip()
    return Path(text) if text else None


def _whole(
    environ: Mapping[str, str],
    name: str,
    faults: list[Fault],
    *,
    low: int = 0,
    high: int = 9,
    usual: int = 0,
) -> int:
    text = environ.get(name, "").strip() or str(usual)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        message = Message(
            "%(value)s is not a whole number from %(low)s to %(high)s.",
            value=text,
            low=low,
            high=high,
        )
        faults.append(Fault(name, message))
        return usual
    return int(text)
