"""What keeps a server from starting: settings that are unsafe together or by themselves, all named at once."""

from evalplat.config import SHORTEST_KEY, Settings
from evalplat.errors import Fault, Message, NotConfigured

WEAK_KEYS = (
    "secret",
    "change",
    "changeme",
    "default",
    "example",
    "development",
    "password",
    "test",
)


def check_settings(settings: Settings) -> None:
    """Refuse to serve with unsafe settings; raises NotConfigured naming all of them."""
    faults = find_unsafe_settings(settings)
    if faults:
        raise NotConfigured(Message("The server does not start with these settings."), faults)


def find_unsafe_settings(settings: Settings) -> list[Fault]:
    """A weak key, debugging, or host names of a network without a word about the proxy or without a second factor."""
    faults = _find_weak_keys(settings)
    if settings.debug:
        faults.append(
            Fault("EVALPLAT_DEBUG", Message("Debugging shows personal data: leave it off."))
        )
    if settings.is_public and not settings.proxy_is_stated:
        text = Message(
            "Say how many reverse proxies stand before the server, usually 1: they bring TLS, without which passwords "
            "and answers can be read on the way. 0 means none, for trials only."
        )
        faults.append(Fault("EVALPLAT_BEHIND_PROXY", text))
    alone = settings.by_password_alone
    if settings.is_public and alone:
        text = Message(
            "Who sees or runs the whole county needs a second factor where the server answers to a network: "
            "name %(roles)s too.",
            roles=", ".join(alone),
        )
        faults.append(Fault("EVALPLAT_SECOND_FACTOR", text))
    return faults


def _find_weak_keys(settings: Settings) -> list[Fault]:
    faults = []
    if _is_weak(settings.secret_key):
        text = Message(
            "The key that signs cookies is missing or weak: give at least %(count)s random characters, "
            "for example from: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            count=SHORTEST_KEY,
        )
        faults.append(Fault("EVALPLAT_SECRET_KEY", text))
    master = settings.master_keys[0] if settings.master_keys else ""
    if _is_weak(master):
        text = Message(
            "The key that protects what is stored is missing or weak: give at least %(count)s random characters, "
            "and keep a copy apart from the backups, because without it they cannot be read.",
            count=SHORTEST_KEY,
        )
        faults.append(Fault("EVALPLAT_MASTER_KEY", text))
    elif master == settings.secret_key:
        text = Message("The same key must not both sign cookies and protect what is stored.")
        faults.append(Fault("EVALPLAT_MASTER_KEY", text))
    return faults


def _is_weak(key: str) -> bool:
    return len(key) < SHORTEST_KEY or len(set(key)) < 10 or key.lower().startswith(WEAK_KEYS)
