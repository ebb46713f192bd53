"""Master keys: which are at hand, what still needs which, and sealing everything again with the one in use."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from evalplat.errors import Message
from evalplat.services.actors import Actor, demand
from evalplat.storage import audit, resealing
from evalplat.storage.client_keys import keyring_of

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A master key by its name, which tells nothing of it.

    at_hand: whether it is among the settings. in_use: whether it seals what is stored now. to_seal_again: how many
    things `keys rotate` would seal with the key in use. kept: what stays under it, by kind (lines of the access log).
    """

    name: str
    at_hand: bool
    in_use: bool
    to_seal_again: Mapping[Message, int]
    kept: Mapping[Message, int]

    @property
    def is_needed(self) -> bool:
        """Whether anything could not be read or verified without it."""
        return bool(self.in_use or self.to_seal_again or self.kept)


def list_master_keys(session: Session, actor: Actor) -> tuple[MasterKey, ...]:
    """The key in use, the earlier ones at hand, then those that something needs and nobody gave; system jobs."""
    demand(session, actor)
    keyring, needs = keyring_of(session), resealing.count_needs(session)
    names = [*keyring.names, *sorted(set(needs) - set(keyring.names))]
    found = []
    for place, name in enumerate(names):
        in_use = place == 0 and name in keyring.names
        counts = needs.get(name, {})
        found.append(
            MasterKey(
                name,
                name in keyring.names,
                in_use,
                {k.words: n for k, n in counts.items() if k.reseal is not None and not in_use},
                {k.words: n for k, n in counts.items() if k.reseal is None or in_use},
            )
        )
    return tuple(found)


def seal_again(session: Session, actor: Actor, *, most: int = AT_ONCE) -> int:
    """Seal a few things again that need an earlier key; 0 when none is left. For a transaction of its own.

    Being stopped in between loses nothing: what is left is found again. Raises SealBroken for a key not at hand.
    """
    demand(session, actor)
    done = resealing.reseal(session, most)
    if done:
        audit.record(session, "seal_again", "master_key", keyring_of(session).current)
    return done
