"""Finnish personal identity codes: read as they are typed, checked with their check character."""

from evalplat.errors import InputRejected, Message


def read_code(typed: str) -> str:
    """A code as it is stored, in capitals; with every sign of a century, those of 2023 too. Raises InputRejected.

    Temporary codes (900 to 999) name nobody for good, so they are refused.
    """
    from stdnum.exceptions import InvalidChecksum, ValidationError
    from stdnum.fi import hetu

    try:
        return hetu.validate("".join(typed.split())[:40])
    except InvalidChecksum:
        raise InputRejected(
            Message(
                "The check character of the personal identity code does not fit: look for a typing error."
            )
        ) from None
    except ValidationError:
        raise InputRejected(
            Message("This is not a personal identity code. It is written like 131052-308T.")
        ) from None


def birth_year_of(code: str) -> int:
    """The year of birth that a checked code says."""
    century = {"+": 1800, **dict.fromkeys("-YXWVU", 1900)}.get(code[6], 2000)
    return century + int(code[4:6])
