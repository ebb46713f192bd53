"""A form of a voucher that was sent twice is told from a number that somebody else has used."""

from dataclasses import replace
from datetime import date, timedelta

from builders import make_actor

from evalplat.services.repeated_grants import is_granted_already
from evalplat.services.requests import ClientDetails, VoucherRequest
from evalplat.services.vouchers import grant_vouchers
from evalplat.vocabulary import Role

CLIENT = ClientDetails("Dora Demo", 1990, "female", "sv", "alone", "unemployed")
ASKED = VoucherRequest(
    "ps 2026/77", CLIENT, 120_000, 30, date(2026, 11, 1), date(2027, 10, 31), "853"
)


def test_only_the_same_worker_s_same_form_a_moment_later_is_a_repetition(wiring):
    own = make_actor(wiring, Role.CASE_WORKER)
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    with wiring.transaction(own) as session:
        grant_vouchers(session, own, [ASKED], wiring.clock())

    def repeated(who=own, later=timedelta(minutes=1), **other):
        with wiring.reading(who) as session:
            asked = replace(ASKED, **other)
            return is_granted_already(session, who, asked, wiring.clock() + later)

    assert repeated()
    assert repeated(number="PS2026/77", client=replace(CLIENT, name=" Dora  Demo "))
    assert not repeated(who=colleague)
    assert not repeated(later=timedelta(hours=1))
    assert not repeated(number="PS2026/78")
    assert not repeated(client=replace(CLIENT, name="Dora Else"))
    assert not repeated(client=replace(CLIENT, birth_year=1991))
    assert not repeated(client=replace(CLIENT, client_id="nobody"))
    assert not repeated(hours=31)
    assert not repeated(service="something else")
    assert not repeated(plan_key="another")
