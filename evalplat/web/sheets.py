"""Entering a whole answer sheet from paper or an interview, keyboard first: a number and Tab for every item."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import AnswersRejected, Conflict, EvalplatError, Fault, InputRejected, Message
from evalplat.instruments.definition import Instrument, Scale
from evalplat.reports.level_words import ASSISTANCES
from evalplat.services.answers import (
    AnswersConflict,
    correct_answers,
    get_draft,
    get_sheet,
    submit_answers,
)
from evalplat.services.circumstances import find_assistance
from evalplat.services.views import AdministrationView, EpisodeView, SheetView
from evalplat.services.wordings import name_wording
from evalplat.vocabulary import AdministrationStatus, Mode, Respondent
from evalplat.web.access import CARE_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.episodes import find_administration, load_episode, load_worded
from evalplat.web.fields import kept_key, new_key, read_date
from evalplat.web.flow import DECLINED, Step, list_all_steps, read_answer, send
from evalplat.web.languages import CLIENT_NAMES, reader, say, today

bp = Blueprint(
    "sheets", __name__, url_prefix="/desk/episodes/<episode_id>/administrations/<administration_id>"
)

NOT_STORED = Message("The sheet was not stored. What you entered is still here.")
DECLINED_MARK = "x"
HELPED = {"": ASSISTANCES["none"], "worker": ASSISTANCES["worker"], "other": ASSISTANCES["other"]}


@dataclass
class Form:
    """What the page shows: the head of the sheet and the answers as typed, by item code."""

    measured_on: str
    mode: str
    respondent: str
    answered_with: str = ""
    present: str = ""
    language: str = ""
    reason: str = ""
    key: str = field(default_factory=new_key)
    base_revision: int = 0
    answers: dict[str, str] = field(default_factory=dict)


@bp.route("/sheet", methods=["GET", "POST"])
@staff(*CARE_STAFF)
@keeps_input
def enter_sheet(episode_id: str, administration_id: str) -> Page:
    """The sheet to fill in; where it is stored already, its scores, and a correction on demand."""
    episode = load_episode(episode_id)
    administration = find_administration(episode, administration_id)
    instrument = load_worded(administration, today())
    if instrument.kind == "goals":
        return _go("goals.rate", episode_id, administration_id)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        stored = get_sheet(database, who, administration_id=administration_id)
    correcting = stored is not None and "correct" in request.values
    if stored is not None and not correcting and request.method == "GET":
        return _show_stored(episode, administration, instrument, stored)
    if request.method == "GET" and stored is None and not _is_open(administration):
        raise Conflict(Message("This measurement is closed, and takes no answers any more."))
    form = _read(administration) if request.method == "POST" else _begin(administration, stored)
    wish = form.language or episode.client_language
    form.language = wish if wish in instrument.texts else instrument.text(wish).language
    if not is_sent():
        return _show(episode, administration, instrument, form, correcting)
    try:
        _store(administration, instrument, form, correcting)
    except AnswersConflict as conflict:
        return _show_both(episode, administration, instrument, conflict)
    except (AnswersRejected, InputRejected) as rejected:
        return _show(episode, administration, instrument, form, correcting, rejected)
    return _go("sheets.enter_sheet", episode_id, administration_id, stored=1)


def _is_open(administration: AdministrationView) -> bool:
    return administration.status is AdministrationStatus.PLANNED


def _go(endpoint: str, episode_id: str, administration_id: str, **values: int) -> Response:
    return send_to(endpoint, episode_id=episode_id, administration_id=administration_id, **values)


def _begin(administration: AdministrationView, stored: SheetView | None) -> Form:
    """An empty sheet, or the stored one to correct, or what the client has answered so far."""
    form = Form(
        measured_on=today().isoformat(),
        mode=administration.mode,
        respondent=administration.respondent,
    )
    if stored is not None:
        form.measured_on = stored.measured_on.isoformat()
        form.mode, form.respondent = stored.mode, stored.respondent
        form.base_revision = stored.revision
        form.answers = _typed(stored.raw)
        return form
    if _is_open(administration):
        wiring, who = current_wiring(), actor()
        with wiring.reading(who) as database:
            draft = get_draft(database, wiring.catalogue, who, administration_id=administration.id)
        form.answers = _typed(draft.answers)
    return form


def _typed(answers: Mapping[str, object]) -> dict[str, str]:
    return {
        code: DECLINED_MARK if answer == DECLINED else send(answer)
        for code, answer in answers.items()
    }


def _read(administration: AdministrationView) -> Form:
    sent = request.form
    base = sent.get("base_revision", "0")
    return Form(
        measured_on=sent.get("measured_on", ""),
        mode=sent.get("mode", administration.mode),
        respondent=sent.get("respondent", administration.respondent),
        answered_with=sent.get("answered_with", ""),
        present=sent.get("present", "").strip()[:1000],
        language=sent.get("language", ""),
        reason=sent.get("reason", "").strip()[:500],
        key=kept_key(sent.get("key", "")),
        base_revision=int(base) if base.isdecimal() and base.isascii() and len(base) < 6 else 0,
        answers={name[2:]: value.strip() for name, value in sent.items() if name.startswith("a-")},
    )


def _store(
    administration: AdministrationView, instrument: Instrument, form: Form, correcting: bool
) -> None:
    """Store a first sheet or a correction; raises with every fault of the head and of the answers."""
    faults: list[Fault] = []
    measured_on = read_date(form.measured_on, "measured_on", faults)
    mode, respondent = _read_how(form, faults)
    if correcting and not form.reason:
        faults.append(Fault("reason", Message("Write why the sheet is corrected.")))
    raw = _raw(instrument, form)
    if faults or measured_on is None:
        raise AnswersRejected(NOT_STORED, [*faults, *_faults_of(instrument, raw)])
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        if correcting:
            correct_answers(
                database, wiring.catalogue, who, administration_id=administration.id, raw=raw,
                idempotency_key=form.key, base_revision=form.base_revision, reason=form.reason,
                measured_on=measured_on, at=now(),
            )  # fmt: skip
        else:
            submit_answers(
                database, wiring.catalogue, who, administration_id=administration.id, raw=raw,
                idempotency_key=form.key, base_revision=form.base_revision,
                measured_on=measured_on, language=form.language, mode=mode, respondent=respondent,
                answered_with=form.answered_with, present=form.present,
                shown_wording=load_worded(administration, measured_on).text(form.language).wording, at=now(),
            )  # fmt: skip


def _read_how(form: Form, faults: list[Fault]) -> tuple[Mode, Respondent]:
    mode, respondent = Mode.PAPER, Respondent.CLIENT
    if form.mode in set(Mode):
        mode = Mode(form.mode)
    else:
        faults.append(Fault("mode", Message("Choose how the answers were given.")))
    if form.respondent in set(Respondent):
        respondent = Respondent(form.respondent)
    else:
        faults.append(Fault("respondent", Message("Choose who answered.")))
    if form.answered_with not in HELPED:
        faults.append(Fault("answered_with", Message("Choose whether somebody helped.")))
    return mode, respondent


def _raw(instrument: Instrument, form: Form) -> dict[str, object]:
    """The answers as the validator takes them; x stands for "does not want to answer"."""
    steps = {step.code: step for step in list_all_steps(instrument, reader())}
    raw: dict[str, object] = {}
    for code, typed in form.answers.items():
        if typed.lower() == DECLINED_MARK:
            raw[code] = DECLINED
        elif code in steps:
            raw[code] = read_answer(steps[code], typed)
        else:
            raw[code] = typed
    return raw


def _faults_of(instrument: Instrument, raw: Mapping[str, object]) -> list[Fault]:
    """What is wrong with the answers, so that it is said together with what is wrong with the head."""
    from evalplat.scoring.answers import check_answers

    try:
        check_answers(instrument, raw)
    except EvalplatError as error:
        return list(error.faults)
    return []


def _anchors(instrument: Instrument) -> dict[str, str]:
    codes = [step.code for step in list_all_steps(instrument, reader())]
    heads = ("measured_on", "mode", "respondent", "reason", "answered_with", "present", "language")
    return {code: f"a-{code}" for code in codes} | {name: name for name in heads}


def _show(
    episode: EpisodeView,
    administration: AdministrationView,
    instrument: Instrument,
    form: Form,
    correcting: bool,
    error: EvalplatError | None = None,
) -> str | tuple[str, int]:
    page = render_template(
        "desk/sheet.html", episode=episode, administration=administration, form=form, given=given_scales(instrument),
        steps=list_all_steps(instrument, reader()), texts=instrument.text(reader()),
        helped=HELPED, wordings=[(code, CLIENT_NAMES.get(code, code)) for code in instrument.texts],
        needs_wording=_needs_wording(instrument) and instrument.text(reader()).status != "official",
        modes=instrument.modes or tuple(Mode), respondents=instrument.respondents or tuple(Respondent),
        correcting=correcting, error=error, anchors=_anchors(instrument),
        wrong={fault.where: fault for fault in error.faults} if error else {},
    )  # fmt: skip
    return (page, 422) if error else page


def _show_both(
    episode: EpisodeView,
    administration: AdministrationView,
    instrument: Instrument,
    conflict: AnswersConflict,
) -> Page:
    """Two sheets for one measurement: the stored one is valid, the other is kept aside, and both are shown."""
    stored = conflict.stored.raw if conflict.stored else {}
    steps = list_all_steps(instrument, reader())
    rows = [
        (step, _tell(step, stored.get(step.code)), _tell(step, conflict.offered.get(step.code)))
        for step in steps
    ]
    page = render_template(
        "desk/conflict.html", episode=episode, administration=administration, rows=rows,
        texts=instrument.text(reader()), message=conflict.message, stored=conflict.stored,
    )  # fmt: skip
    return page, 409


def _tell(step: Step, answer: object) -> str:
    if answer is None or answer == "":
        return "–"
    return say(Message("Did not want to answer")) if answer == DECLINED else step.show(answer)


def _show_stored(
    episode: EpisodeView,
    administration: AdministrationView,
    instrument: Instrument,
    stored: SheetView,
) -> str:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        wording = name_wording(database, stored.shown_wording)
    order = [scale.key for scale in instrument.scales]
    scores = sorted(stored.scores, key=lambda score: order.index(score.scale))
    return render_template(
        "desk/stored.html", scores=scores, wording=wording, episode=episode, administration=administration,
        sheet=stored,
        texts=instrument.text(reader()), steps=list_all_steps(instrument, reader()),
        helped=ASSISTANCES[find_assistance(stored.answered_with)],
        language=CLIENT_NAMES.get(stored.language, stored.language),
        scales={scale.key: scale for scale in instrument.scales}, typed=_typed(stored.raw),
        for_groups=instrument.for_groups, given=given_scales(instrument),
        needs_wording=_needs_wording(instrument), just_stored="stored" in request.args, declined_mark=DECLINED_MARK,
    )  # fmt: skip


def given_scales(instrument: Instrument) -> dict[str, Scale]:
    """The scales whose scores are typed as they come from outside, by key; none for a sheet of answers."""
    return {s.key: s for s in instrument.scales} if instrument.kind == "external" else {}


def _needs_wording(instrument: Instrument) -> bool:
    """Whether the instrument has an official wording."""
    return bool(instrument.asks) and instrument.licence.official_wording
