"""Keys for what is stored: what is sealed opens at its own place with its own key, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalplat.errors import NotConfigured
from evalplat.storage.keyring import Keyring, SealBroken

OLD, NEW = "an earlier master key of 32 characters", "the master key in use of 32 characters"
PLACE = "client_identities.name.17"


@given(st.binary(max_size=200), st.text(max_size=30), st.text(max_size=30))
def test_what_is_sealed_opens_at_its_own_place(plain: bytes, purpose: str, place: str) -> None:
    keys = Keyring([NEW])
    assert keys.open(purpose, place, keys.seal(purpose, place, plain)) == plain


@given(st.data())
def test_one_changed_byte_does_not_open(data: st.DataObject) -> None:
    keys = Keyring([NEW, OLD])
    sealed = bytearray(keys.seal("name", PLACE, b"Aino"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        keys.open("name", PLACE, bytes(sealed))


@pytest.mark.parametrize("purpose, place", [("name", PLACE + "1"), ("phone", PLACE), ("name", "")])
def test_a_moved_value_does_not_open(purpose: str, place: str) -> None:
    keys = Keyring([NEW])
    sealed = keys.seal("name", PLACE, b"Aino")
    with pytest.raises(SealBroken):
        keys.open(purpose, place, sealed)


@pytest.mark.parametrize("length", [0, 3, 4, 16, 31])
def test_a_cut_value_does_not_open(length: int) -> None:
    keys = Keyring([NEW])
    with pytest.raises(SealBroken):
        keys.open("name", PLACE, keys.seal("name", PLACE, b"Aino")[:length])


def test_an_earlier_key_still_opens_and_the_one_in_use_seals() -> None:
    sealed = Keyring([OLD]).seal("name", PLACE, b"Aino")
    both = Keyring([NEW, OLD])
    assert both.open("name", PLACE, sealed) == b"Aino"
    assert both.sealed_with(sealed) == Keyring([OLD]).current != both.current
    assert both.sealed_with(both.seal("name", PLACE, b"Aino")) == both.current
    with pytest.raises(SealBroken):
        Keyring([NEW]).open("name", PLACE, sealed)


def test_no_two_seals_and_no_two_purposes_are_alike() -> None:
    keys = Keyring([NEW])
    assert len({keys.seal("name", PLACE, b"Aino") for _ in range(100)}) == 100
    assert keys.derive("name") != keys.derive("phone")
    assert keys.index("name", "Aino") != keys.index("phone", "Aino")


def test_an_exact_value_is_found_under_every_key() -> None:
    assert Keyring([OLD]).index("code", "x") in Keyring([NEW, OLD]).indexes("code", "x")
    assert Keyring([NEW]).index("code", "x") != Keyring([OLD]).index("code", "x")


def test_without_a_key_nothing_is_sealed_and_nothing_is_told() -> None:
    with pytest.raises(NotConfigured, match="EVALPLAT_MASTER_KEY"):
        Keyring([""]).seal("name", PLACE, b"Aino")
    assert NEW not in repr(Keyring([NEW]))


def test_keys_are_the_same_on_every_machine() -> None:
    """The second was counted by hand with RFC 5869's two HMACs: a change would lose what is stored."""
    keys = Keyring([NEW])
    assert (keys.current, keys.derive("name").hex()[:16]) == ("490ff150", "a0923becdff579d7")
