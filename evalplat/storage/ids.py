"""Random names for what the outside may know."""

import secrets


def new_public_id() -> str:
    """96 random bits: cannot be guessed or counted."""
    return secrets.token_urlsafe(12)
