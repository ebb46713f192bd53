"""A form laid out for hands and tired eyes: one question under the other, boxes as large as the letters."""

from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table, TableStyle

from evalplat.instruments.questions import Step
from evalplat.language import get_translator
from evalplat.reports.paper import BOLD, REGULAR, WIDTH, register_fonts
from evalplat.reports.paper_form import FormGoal, FormQuestion, PaperForm
from evalplat.reports.theme import INK, LINE, MUTED
from evalplat.vocabulary import Respondent

BOX = 5.2 * mm
LINES = 5
SQUARE = 34 * mm


def _styles() -> dict[str, ParagraphStyle]:
    register_fonts()
    body = ParagraphStyle(
        "form", fontName=REGULAR, fontSize=12, leading=17, textColor=HexColor(INK)
    )

    def style(name: str, **changes: Any) -> ParagraphStyle:
        return ParagraphStyle(name, parent=body, **changes)

    return {
        "body": body,
        "title": style("form-title", fontName=BOLD, fontSize=20, leading=25, spaceAfter=6),
        "question": style("form-question", fontName=BOLD, fontSize=13, leading=18),
        "quiet": style("form-quiet", fontSize=11, leading=15.5, textColor=HexColor(MUTED)),
        "code": style("form-code", fontName=BOLD, fontSize=13, leading=18, alignment=TA_CENTER),
        "small": style("form-small", fontSize=9.5, leading=13, alignment=TA_CENTER),
        "mark": style("form-mark", fontSize=8, leading=18, textColor=HexColor(MUTED), alignment=TA_RIGHT),
        "number": style("form-number", fontName=BOLD, fontSize=12, leading=15, alignment=TA_CENTER),
    }  # fmt: skip


class Page:
    """The words and styles that all parts of one form share."""

    def __init__(self, form: PaperForm) -> None:
        self.form = form
        self.translate = get_translator(form.language)
        self.styles = _styles()

    def say(self, text: str, style: str = "body") -> Paragraph:
        """A paragraph of plain text."""
        return Paragraph(escape(text), self.styles[style])


class Box(Flowable):  # type: ignore[misc]
    """A box to tick."""

    def __init__(self) -> None:
        super().__init__()
        self.width, self.height = BOX, BOX

    def draw(self) -> None:
        """An empty square."""
        self.canv.setStrokeColor(HexColor(INK))
        self.canv.setLineWidth(1.1)
        self.canv.rect(0, 0, BOX, BOX)


class Square(Flowable):  # type: ignore[misc]
    """A QR code, drawn as rectangles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        import segno

        self.rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
        self.width = self.height = SQUARE

    def draw(self) -> None:
        """The dark parts, each row's neighbours together."""
        side = SQUARE / (len(self.rows) + 8)
        self.canv.setFillColor(HexColor("#000000"))
        for y, row in enumerate(self.rows):
            x = 0
            while x < len(row):
                wide = next((i for i in range(x, len(row)) if not row[i]), len(row)) - x
                if wide:
                    top = SQUARE - (y + 5) * side
                    self.canv.rect((x + 4) * side, top, wide * side, side, stroke=0, fill=1)
                x += wide or 1


class WritingLine(Flowable):  # type: ignore[misc]
    """A line to write on."""

    def __init__(self, width: float = WIDTH, height: float = 9 * mm) -> None:
        super().__init__()
        self.width, self.height = width, height

    def draw(self) -> None:
        """A thin rule at the foot of its room."""
        self.canv.setStrokeColor(HexColor(MUTED))
        self.canv.setLineWidth(0.7)
        self.canv.line(0, 1, self.width, 1)


def tell_form(form: PaperForm) -> list[Flowable]:
    """The whole form: what it is about and how it is filled in, the questions or goals, who helped."""
    page = Page(form)
    _ = page.translate
    story = [*_head(page)]
    for question in form.questions:
        story.append(KeepTogether([*_question(page, question), Spacer(0, 6 * mm)]))
    for goal in form.goals:
        story.append(KeepTogether([*_goal(page, goal), Spacer(0, 6 * mm)]))
    if Respondent.CLIENT not in form.respondents:
        return story
    if not form.anonymous:
        story.extend(_who(page))
    told = (
        _(
            "Give the form back in the envelope or box that the service has for it. Do not write your name on it."
        )
        if form.anonymous
        else _("When you are ready, give the form to your worker.")
    )
    story.append(KeepTogether([page.say(_("Thank you."), "question"), page.say(told)]))
    return story


def _head(page: Page) -> Iterable[Flowable]:
    form, _ = page.form, page.translate
    left: list[Flowable] = [page.say(form.title, "title")]
    if form.introduction:
        left += [page.say(form.introduction), Spacer(0, 3 * mm)]
    if form.questions:
        left.append(page.say(_("Tick one box for each question.")))
        left.append(
            page.say(_("You may leave any question unanswered: choose “I do not want to answer”."))
        )
    elif form.goals:
        left.append(page.say(_("Tick for each goal the level that has been reached.")))
    if not form.anonymous and form.questions and Respondent.CLIENT in form.respondents:
        left.append(
            page.say(_("Your own worker sees your answers. The county sees figures about groups, never your name."))
        )  # fmt: skip
    if form.door is None:
        yield from left
    else:
        yield _beside(left, _door(page))
    yield Spacer(0, 5 * mm)
    yield _fields([(_("Date"), 45 * mm)], page)
    yield Spacer(0, 8 * mm)


def _door(page: Page) -> list[Flowable]:
    door, _ = page.form.door, page.translate
    assert door is not None
    return [
        page.say(_("You can also answer on a phone"), "number"),
        Spacer(0, 1 * mm),
        Square(door.link),
        page.say(door.code, "code"),
        page.say(_("Point the phone’s camera at the square, or go to the address and type the code."), "small"),
        page.say(door.address, "small"),
    ]  # fmt: skip


def _beside(left: list[Flowable], right: list[Flowable]) -> Flowable:
    room = 58 * mm
    table = Table([[left, right]], colWidths=[WIDTH - room, room])
    table.setStyle(
        TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), REGULAR),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, 0), 0),
                ("RIGHTPADDING", (0, 0), (0, 0), 14),
                ("TOPPADDING", (0, 0), (0, 0), 0),
                ("BOX", (1, 0), (1, 0), 0.8, HexColor(LINE)),
                ("ALIGN", (1, 0), (1, 0), "CENTER"),
                ("LEFTPADDING", (1, 0), (1, 0), 6),
                ("RIGHTPADDING", (1, 0), (1, 0), 6),
                ("TOPPADDING", (1, 0), (1, 0), 8),
                ("BOTTOMPADDING", (1, 0), (1, 0), 8),
            ]
        )
    )
    return table


def _fields(fields: Sequence[tuple[str, float]], page: Page) -> Flowable:
    """Words with a line to write on beside them."""
    cells: list[Any] = []
    widths: list[float] = []
    for words, room in fields:
        cells += [page.say(words), WritingLine(room, 6 * mm)]
        widths += [stringWidth(words, REGULAR, 12) + 4 * mm, room + 6 * mm]
    return _plain_table([cells], widths)


def _plain_table(cells: list[list[Any]], widths: list[float], *, pad: float = 1.8) -> Table:
    table = Table(cells, colWidths=widths, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), REGULAR),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), pad),
                ("BOTTOMPADDING", (0, 0), (-1, -1), pad),
            ]
        )
    )
    return table


def _question(page: Page, question: FormQuestion) -> Iterable[Flowable]:
    step, _ = question.step, page.translate
    mark = step.code if page.form.numbered and not step.is_condition else ""
    label = page.say(f"{question.number}. {step.label}", "question")
    yield _plain_table([[label, page.say(mark, "mark")]], [WIDTH - 16 * mm, 16 * mm], pad=0)
    for told in (step.intro if step.intro != page.form.introduction else "", step.help):
        if told:
            yield page.say(told, "quiet")
    if question.only_if:
        yield page.say(question.only_if, "quiet")
    yield Spacer(0, 1.5 * mm)
    if step.kind == "steps":
        yield from _steps(page, step)
    elif step.kind == "choice":
        yield _ticks(page, [option.label for option in step.options])
    elif step.kind == "number":
        yield WritingLine(40 * mm)
    else:
        yield from (WritingLine() for _line in range(LINES))
    if step.declinable:
        yield _ticks(page, [_("I do not want to answer")])


def _ticks(page: Page, labels: Sequence[str]) -> Flowable:
    """Boxes under each other, each with its words."""
    rows = [[Box(), page.say(label)] for label in labels]
    return _plain_table(rows, [9 * mm, WIDTH - 9 * mm])


def _steps(page: Page, step: Step) -> Iterable[Flowable]:
    """Numbers side by side with a box under each, and in words what the ends mean."""
    count = len(step.options)
    row = [[page.say(o.label, "number") for o in step.options], [Box() for _o in step.options]]
    table = _plain_table(row, [WIDTH / count] * count, pad=1.5)
    table.setStyle(TableStyle([("ALIGN", (0, 0), (-1, -1), "CENTER")]))
    yield table
    if step.ends[0]:
        low, high = page.say(step.ends[0], "quiet"), page.say(step.ends[1], "quiet")
        high.style = ParagraphStyle("form-end", parent=page.styles["quiet"], alignment=TA_RIGHT)
        yield _plain_table([[low, high]], [WIDTH / 2] * 2, pad=1)


def _goal(page: Page, goal: FormGoal) -> Iterable[Flowable]:
    _ = page.translate
    yield page.say(goal.title, "question")
    if goal.own_words:
        yield page.say(f"“{goal.own_words}”", "quiet")
    yield Spacer(0, 1.5 * mm)
    labels = []
    half = len(goal.levels) // 2
    for level, text in reversed([*enumerate(goal.levels, start=-half)]):
        sign = "−" if level < 0 else "+" if level > 0 else ""
        words = text or (page.form.levels or {}).get(level, "")
        began = " (" + _("at the start") + ")" if level == goal.baseline_level else ""
        labels.append(f"{sign}{abs(level)}  {words}{began}")
    yield _ticks(page, labels)


def _who(page: Page) -> Iterable[Flowable]:
    """Who answered and who helped, as the screen asks before sending."""
    form, _ = page.form, page.translate
    if not form.questions:
        return
    words = {
        Respondent.CLIENT: _("I myself, about my own life"),
        Respondent.PROXY: _("Somebody else answered for the person"),
        Respondent.TOGETHER: _("We answered together"),
    }
    asked = [words[one] for one in words if one in form.respondents]
    if len(asked) > 1:
        yield _block(page, _("Who answered the questions?"), [_ticks(page, asked)])
    helped = [_("No, I answered on my own"), _("Yes, my worker"), _("Yes, somebody else")]
    yield _block(page, _("Did somebody help you to answer?"), [_ticks(page, helped)])
    hint = page.say(
        _(
            "Write for example: my mother, an interpreter. You need not write names. "
            "If nobody was there, leave this empty."
        ),
        "quiet",
    )  # fmt: skip
    yield _block(page, _("Was somebody there while you answered?"), [hint, WritingLine()])


def _block(page: Page, heading: str, parts: list[Flowable]) -> Flowable:
    return KeepTogether([page.say(heading, "question"), *parts, Spacer(0, 6 * mm)])
