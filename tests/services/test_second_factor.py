"""The second factor: nothing is taken twice, wrong answers are counted, and nobody gets past it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from builders import SYSTEM, VISITOR, make_account, make_actor, sign_in
from databases import at_another_time
from keys import MASTER_KEY
from sqlalchemy import select, text

from evalplat.errors import Conflict, InputRejected, NotFound, Refused, TooMany
from evalplat.services.actors import Actor
from evalplat.services.signing_in.events import list_events
from evalplat.services.signing_in.second_factor import (
    begin_app,
    confirm_app,
    find_new_app,
    get_factors,
    new_recovery_codes,
    remove_app,
    reset_second_factor,
)
from evalplat.services.signing_in.security_keys import Site
from evalplat.services.signing_in.sessions import find_session
from evalplat.services.signing_in.sign_in import (
    FactorAnswer,
    FactorKind,
    FactorRefused,
    SignInOver,
    finish_enrolment,
    pass_factor,
)
from evalplat.services.signing_in.wrong_tries import MOST_TRIES, SIGN_IN, count_wrong
from evalplat.storage.keyring import Keyring, SealBroken
from evalplat.storage.resealing import count_needs, reseal
from evalplat.storage.tables import AuthenticatorApp, RecoveryCode
from evalplat.vocabulary import Role, SignInStage

SITE = Site("localhost", "http://localhost")
HALF_MINUTE = timedelta(seconds=30)
DEMANDED = (Role.ANALYST, Role.ADMINISTRATOR)


def act(wiring, actor, what, **how):
    with wiring.transaction(actor) as session:
        return what(session, actor, **how)


def code_at(secret, at):
    return pyotp.TOTP(secret).at(at)


def set_up_app(wiring, account):
    """An app in use, confirmed two minutes ago; gives back its secret and the recovery codes."""
    actor, at = Actor.of(account), wiring.clock() - timedelta(minutes=2)
    act(wiring, actor, begin_app, at=at)
    secret = act(wiring, actor, find_new_app).secret
    return secret, act(wiring, actor, confirm_app, code=code_at(secret, at), at=at)


def answer(wiring, begun, text, kind=FactorKind.APP, later=timedelta()):
    at = wiring.clock() + later
    with at_another_time(wiring, at).transaction(SYSTEM) as session:
        return pass_factor(
            session, token=begun.token, answer=FactorAnswer(kind, text), site=SITE,
            visitor=VISITOR, at=at,
        )  # fmt: skip


def is_refused(wiring, begun, text, kind=FactorKind.APP, later=timedelta()):
    try:
        answer(wiring, begun, text, kind, later)
    except FactorRefused:
        return True
    return False


@pytest.fixture
def account(wiring):
    return make_account(wiring, Role.ANALYST)


@pytest.fixture
def app(wiring, account):
    return set_up_app(wiring, account)


def test_a_password_alone_opens_a_session_for_nothing_but_the_second_factor(wiring, account, app):
    begun = sign_in(wiring, account.email)
    assert begun.stage is SignInStage.FACTOR
    opened = answer(wiring, begun, code_at(app[0], wiring.clock()))
    assert (opened.stage, opened.account) == (SignInStage.OPEN, account)
    assert opened.token != begun.token
    with wiring.reading(SYSTEM) as session:
        assert find_session(session, begun.token, wiring.clock()) is None
        assert find_session(session, opened.token, wiring.clock()).stage is SignInStage.OPEN


def test_one_code_is_taken_once(wiring, account, app):
    code = code_at(app[0], wiring.clock())
    answer(wiring, sign_in(wiring, account.email), code)
    assert is_refused(wiring, sign_in(wiring, account.email), code)
    assert is_refused(wiring, sign_in(wiring, account.email), code, later=HALF_MINUTE)


def test_the_code_that_set_the_app_up_signs_nobody_in(wiring, account):
    actor, at = Actor.of(account), wiring.clock()
    act(wiring, actor, begin_app, at=at)
    secret = act(wiring, actor, find_new_app).secret
    act(wiring, actor, confirm_app, code=code_at(secret, at), at=at)
    assert is_refused(wiring, sign_in(wiring, account.email), code_at(secret, at))


@pytest.mark.parametrize(
    "steps, taken", [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_half_a_minute_wrong_and_no_more(wiring, account, app, steps, taken):
    code = code_at(app[0], wiring.clock() + steps * HALF_MINUTE)
    assert is_refused(wiring, sign_in(wiring, account.email), code) is not taken


def test_after_a_code_of_the_next_step_those_before_it_are_worth_nothing(wiring, account, app):
    answer(wiring, sign_in(wiring, account.email), code_at(app[0], wiring.clock() + HALF_MINUTE))
    for steps in (0, -1, 1):
        code = code_at(app[0], wiring.clock() + steps * HALF_MINUTE)
        assert is_refused(wiring, sign_in(wiring, account.email), code)
    code = code_at(app[0], wiring.clock() + 2 * HALF_MINUTE)
    assert not is_refused(wiring, sign_in(wiring, account.email), code, later=2 * HALF_MINUTE)


def test_a_server_whose_clock_goes_back_takes_no_code_again(wiring, account, app):
    answer(wiring, sign_in(wiring, account.email), code_at(app[0], wiring.clock()))
    earlier = -timedelta(minutes=1)
    begun = sign_in(wiring, account.email, at=wiring.clock() + earlier)
    code = code_at(app[0], wiring.clock() + earlier)
    assert is_refused(wiring, begun, code, later=earlier)


def test_one_code_sent_eight_times_at_once_opens_one_session(wiring, account, app):
    begun = [sign_in(wiring, account.email) for _ in range(8)]
    code = code_at(app[0], wiring.clock())
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda one: is_refused(wiring, one, code), begun))
    assert sorted(refused) == [False] + [True] * 7


def test_a_recovery_code_works_once_however_it_is_typed_and_the_rest_are_counted(
    wiring, account, app
):
    codes = app[1]
    assert len(set(codes)) == 10
    assert all(len(one) == 29 for one in codes)
    typed = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    answer(wiring, sign_in(wiring, account.email), typed, FactorKind.RECOVERY)
    for again in (codes[0], typed):
        assert is_refused(wiring, sign_in(wiring, account.email), again, FactorKind.RECOVERY)
    assert act(wiring, Actor.of(account), get_factors, account_id=account.id).recovery_codes == 9
    with wiring.reading(SYSTEM) as session:
        stored = session.scalars(select(RecoveryCode.digest)).all()
    assert len(stored) == 9 and not set(codes) & set(stored)


def test_nobody_signs_in_with_somebody_else_s_code(wiring, account, app):
    other = make_account(wiring, Role.CASE_WORKER)
    secret, codes = set_up_app(wiring, other)
    begun = sign_in(wiring, account.email)
    assert is_refused(wiring, begun, codes[0], FactorKind.RECOVERY)
    assert is_refused(wiring, begun, code_at(secret, wiring.clock()))


def test_new_recovery_codes_end_the_earlier_ones(wiring, account, app):
    new = act(wiring, Actor.of(account), new_recovery_codes)
    begun = sign_in(wiring, account.email)
    assert is_refused(wiring, begun, app[1][0], FactorKind.RECOVERY)
    assert not is_refused(wiring, begun, new[0], FactorKind.RECOVERY)
    with pytest.raises(Conflict):
        act(wiring, make_actor(wiring), new_recovery_codes)


def test_every_tenth_wrong_answer_locks_the_second_factor_twice_as_long_each_time(
    wiring, account, app
):
    """Giving the password again begins a new sign-in and no new count."""
    later = timedelta()
    for minutes in (15, 30, 60):
        for number in range(10):
            begun = sign_in(wiring, account.email, at=wiring.clock() + later)
            assert is_refused(wiring, begun, f"{number:06d}", later=later)
        for kind, right in (
            (FactorKind.APP, code_at(app[0], wiring.clock() + later)),
            (FactorKind.RECOVERY, app[1][1]),
        ):
            with pytest.raises(TooMany) as caught:
                answer(wiring, begun, right, kind, later)
        assert caught.value.wait == minutes * 60
        later += timedelta(minutes=minutes)
    begun = sign_in(wiring, account.email, at=wiring.clock() + later)
    answer(wiring, begun, code_at(app[0], wiring.clock() + later), later=later)
    later += HALF_MINUTE
    begun = sign_in(wiring, account.email, at=wiring.clock() + later)
    for number in range(9):
        assert is_refused(wiring, begun, f"{number:06d}", later=later)
    code = code_at(app[0], wiring.clock() + later)
    assert answer(wiring, begun, code, later=later).stage is SignInStage.OPEN


def test_wrong_answers_do_not_lock_the_password_and_wrong_passwords_not_the_second_factor(
    wiring, account, app
):
    begun = sign_in(wiring, account.email)
    for _ in range(10):
        with pytest.raises(Refused):
            sign_in(wiring, account.email, "wrong")
    assert answer(wiring, begun, code_at(app[0], wiring.clock())).stage is SignInStage.OPEN


def test_a_network_of_too_many_wrong_tries_waits_at_the_second_step_too(wiring, account, app):
    begun = sign_in(wiring, account.email)
    with wiring.transaction(SYSTEM) as session:
        for _ in range(MOST_TRIES):
            count_wrong(session, SIGN_IN, VISITOR.address, wiring.clock())
    with pytest.raises(TooMany, match="where you are"):
        answer(wiring, begun, code_at(app[0], wiring.clock()))


def test_the_wait_for_a_second_factor_ends_after_ten_minutes(wiring, account, app):
    begun, later = sign_in(wiring, account.email), timedelta(minutes=10, seconds=1)
    with pytest.raises(SignInOver):
        answer(wiring, begun, code_at(app[0], wiring.clock() + later), later=later)
    with pytest.raises(SignInOver):
        answer(wiring, type(begun)(account, "unknown", begun.stage), "000000")


def test_where_one_is_demanded_and_none_is_set_up_that_comes_first_and_nothing_else(
    wiring, account
):
    begun = sign_in(wiring, account.email, demanded_of=DEMANDED)
    assert begun.stage is SignInStage.ENROLMENT
    with pytest.raises(SignInOver), wiring.transaction(SYSTEM) as session:
        finish_enrolment(session, token=begun.token, visitor=VISITOR, at=wiring.clock())
    with pytest.raises(SignInOver):
        answer(wiring, begun, "000000")
    set_up_app(wiring, account)
    with wiring.transaction(SYSTEM) as session:
        opened = finish_enrolment(session, token=begun.token, visitor=VISITOR, at=wiring.clock())
    assert opened.stage is SignInStage.OPEN and opened.token != begun.token
    with pytest.raises(SignInOver), wiring.transaction(SYSTEM) as session:
        finish_enrolment(session, token=begun.token, visitor=VISITOR, at=wiring.clock())
    worker = sign_in(wiring, make_account(wiring).email, demanded_of=DEMANDED)
    assert worker.stage is SignInStage.OPEN


def test_a_session_that_waits_for_the_second_factor_cannot_be_finished_by_setting_one_up(
    wiring, account, app
):
    begun = sign_in(wiring, account.email, demanded_of=DEMANDED)
    with pytest.raises(SignInOver), wiring.transaction(SYSTEM) as session:
        finish_enrolment(session, token=begun.token, visitor=VISITOR, at=wiring.clock())


def test_a_wrong_first_code_sets_nothing_up(wiring, account):
    actor, at = Actor.of(account), wiring.clock()
    with pytest.raises(Conflict):
        act(wiring, actor, confirm_app, code="000000", at=at)
    act(wiring, actor, begin_app, at=at)
    for wrong in ("000000", "", "abcdef", "１２３４５６", "0" * 1000):
        with pytest.raises(InputRejected):
            act(wiring, actor, confirm_app, code=wrong, at=at)
    assert not act(wiring, actor, get_factors, account_id=account.id)
    assert sign_in(wiring, account.email).stage is SignInStage.OPEN


def test_another_phone_takes_the_place_of_the_first_once_it_shows_the_right_code(
    wiring, account, app
):
    actor = Actor.of(account)
    act(wiring, actor, begin_app, at=wiring.clock())
    abandoned = act(wiring, actor, find_new_app).secret
    act(wiring, actor, begin_app, at=wiring.clock())
    secret = act(wiring, actor, find_new_app).secret
    begun = sign_in(wiring, account.email)
    for waiting in (abandoned, secret):
        assert is_refused(wiring, begun, code_at(waiting, wiring.clock()))
    code = code_at(secret, wiring.clock())
    assert act(wiring, actor, confirm_app, code=code, at=wiring.clock()) == ()
    assert is_refused(wiring, begun, code_at(app[0], wiring.clock()))
    code = code_at(secret, wiring.clock() + HALF_MINUTE)
    assert not is_refused(wiring, begun, code, later=HALF_MINUTE)


def test_the_last_factor_stays_where_one_is_demanded(wiring, account, app):
    actor = Actor.of(account)
    with pytest.raises(Conflict):
        act(wiring, actor, remove_app, needs_one=True)
    assert act(wiring, actor, get_factors, account_id=account.id)
    act(wiring, actor, remove_app, needs_one=False)
    found = act(wiring, actor, get_factors, account_id=account.id)
    assert not found and found.recovery_codes == 0
    assert sign_in(wiring, account.email).stage is SignInStage.OPEN


def test_the_secret_is_sealed_for_its_account_and_sealed_anew_under_another_key(
    wiring, account, app
):
    with wiring.reading(SYSTEM) as session:
        sealed = session.scalars(select(AuthenticatorApp.secret)).one()
    assert app[0].encode() not in sealed
    old, new = wiring.keyring.current, "another master key of at least 32 characters"
    with replace(wiring, keyring=Keyring([new, MASTER_KEY])).transaction(SYSTEM) as session:
        needs = {str(kind.words): n for kind, n in count_needs(session)[old].items()}
        assert needs["apps of the second step"] == 1
        assert reseal(session, 500) >= 1
        assert reseal(session, 500) == 0
    later = replace(wiring, keyring=Keyring([new]))
    code = code_at(app[0], wiring.clock())
    assert not is_refused(later, sign_in(wiring, account.email), code)


def test_a_secret_that_is_moved_to_another_account_does_not_open(wiring, account, app):
    other = make_account(wiring, Role.CASE_WORKER)
    set_up_app(wiring, other)
    with wiring.transaction(SYSTEM) as session:
        moved = "(SELECT secret FROM authenticator_apps ORDER BY id LIMIT 1)"
        session.execute(text(f"UPDATE authenticator_apps SET secret = {moved}"))
    with pytest.raises(SealBroken):
        for one in (account, other):
            answer(wiring, sign_in(wiring, one.email), code_at(app[0], wiring.clock()))


def test_an_administrator_resets_somebody_s_second_factor_and_its_owner_sees_it(
    wiring, account, app
):
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    begun = sign_in(wiring, account.email)
    opened = answer(wiring, begun, code_at(app[0], wiring.clock()))
    for actor in (Actor.of(account), make_actor(wiring, Role.PROVIDER_MANAGER)):
        with pytest.raises(Refused):
            act(wiring, actor, reset_second_factor, account_id=account.id)
    with pytest.raises(InputRejected):
        act(wiring, administrator, reset_second_factor, account_id=administrator.account_id)
    with pytest.raises(NotFound):
        act(wiring, administrator, reset_second_factor, account_id="none")
    act(wiring, administrator, reset_second_factor, account_id=account.id)
    with wiring.reading(SYSTEM) as session:
        assert find_session(session, opened.token, wiring.clock()) is None
        for table in (AuthenticatorApp, RecoveryCode):
            assert session.scalars(select(table)).all() == []
    assert sign_in(wiring, account.email, demanded_of=DEMANDED).stage is SignInStage.ENROLMENT
    own = Actor.of(account)
    with wiring.reading(own) as session:
        events = list_events(session, own, account_id=account.id)
    assert ("reset_second_factor", "other") in {(one.action, one.by) for one in events}
    assert [one.action for one in events][:2] == ["begin_sign_in", "reset_second_factor"]
    with wiring.reading(own) as session, pytest.raises(Refused):
        list_events(session, own, account_id=administrator.account_id)
