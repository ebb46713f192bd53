"""Many wrong passwords or codes from one network make it wait, and nobody else."""

import pytest
from builders import (
    SYSTEM,
    make_account,
    make_episode,
    make_invitation,
    open_code,
    sign_in,
)
from databases import at_another_time
from sqlalchemy import event, select

from evalplat.errors import TooMany
from evalplat.services.invitations import InvitationRefused
from evalplat.services.signing_in import wrong_tries
from evalplat.services.signing_in.sign_in import SignInRefused
from evalplat.services.signing_in.wrong_tries import (
    CLIENT_CODE,
    MOST_TRIES,
    SIGN_IN,
    WINDOW,
    check_source,
    count_wrong,
    network_of,
)
from evalplat.storage.tables import WrongTries
from evalplat.vocabulary import Role

HERE, NEIGHBOUR = "192.0.2.1", "192.0.2.2"


def check(wiring, address=HERE, kind=SIGN_IN, later=None):
    at = wiring.clock() + later if later else wiring.clock()
    with at_another_time(wiring, at).reading(SYSTEM) as session:
        check_source(session, kind, address, at)


def count(wiring, times=1, address=HERE, kind=SIGN_IN, later=None):
    at = wiring.clock() + later if later else wiring.clock()
    with wiring.transaction(SYSTEM) as session:
        for _ in range(times):
            count_wrong(session, kind, address, at)


def test_a_network_waits_after_so_many_wrong_tries_and_its_neighbour_does_not(wiring):
    count(wiring, MOST_TRIES - 1)
    check(wiring)
    count(wiring)
    with pytest.raises(TooMany) as caught:
        check(wiring)
    assert caught.value.wait == WINDOW.seconds
    assert "in 15 min." in str(caught.value)
    check(wiring, NEIGHBOUR)
    check(wiring, HERE, CLIENT_CODE)
    with pytest.raises(TooMany) as caught:
        check(wiring, later=WINDOW * 0.9)
    assert (caught.value.wait, "in 2 min." in str(caught.value)) == (90, True)
    check(wiring, later=WINDOW)
    count(wiring, later=WINDOW)
    check(wiring, later=WINDOW)


def test_the_window_begins_with_the_first_wrong_try_and_not_anew_with_each(wiring):
    for part in (0, 0.3, 0.6, 0.9):
        count(wiring, MOST_TRIES // 4 + 1, later=WINDOW * part)
    with pytest.raises(TooMany) as caught:
        check(wiring, later=WINDOW * 0.9)
    assert caught.value.wait == 90


def test_what_is_stored_tells_no_address_and_is_forgotten(wiring):
    count(wiring)
    with wiring.reading(SYSTEM) as session:
        (row,) = session.scalars(select(WrongTries))
        assert len(row.source) == 64 and "192" not in str(row.until)
    other = type(wiring.keyring)(["another master key of at least 32 characters"])
    assert other.index("wrong tries", f"{SIGN_IN} {HERE}").hex() != row.source
    sign_in(wiring, make_account(wiring).email, at=wiring.clock() + WINDOW)
    with wiring.reading(SYSTEM) as session:
        assert session.scalars(select(WrongTries)).all() == []


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_an_address_belongs_to_a_network(address, network):
    assert network_of(address) == network


def test_wrong_sign_ins_of_many_accounts_are_counted_together_and_the_right_ones_not(
    wiring, monkeypatch
):
    monkeypatch.setattr(wrong_tries, "MOST_TRIES", 6)
    account = make_account(wiring)
    for _ in range(10):
        sign_in(wiring, account.email)
    for number in range(6):
        with pytest.raises(SignInRefused):
            sign_in(wiring, f"nobody{number}@example.fi")
    statements = []
    event.listen(wiring.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with pytest.raises(TooMany):
        sign_in(wiring, account.email)
    assert not [one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_guesser_of_codes_waits_however_many_codes_it_tries(wiring, monkeypatch):
    monkeypatch.setattr(wrong_tries, "MOST_TRIES", 6)
    invitation = make_invitation(wiring, make_episode(wiring))
    for number in range(6):
        with pytest.raises(InvitationRefused):
            open_code(wiring, f"000{number}-0000-0000")
    with pytest.raises(TooMany):
        open_code(wiring, invitation.code)
    assert open_code(wiring, invitation.code, at=wiring.clock() + WINDOW).invitation_id
    assert sign_in(wiring, make_account(wiring, Role.ANALYST).email)
