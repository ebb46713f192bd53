"""Random names for what the outside may know."""

import secrets


def new_public_id() -> str:
    """96 random bits that cannot be guessed or counted, never with a hyphen in front: spreadsheets would calculate."""
    while (made := secrets.token_urlsafe(12)).startswith("-"):
        pass
    return made
