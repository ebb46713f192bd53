"""Our paper: A4, embedded letters, title band, running head and foot with page numbers, outline, and no clock.

reportlab's invariant mode leaves out the date and the random document number, so the same result gives the same
bytes and a report can be archived by its hash. A paper is laid out twice: first to count its pages.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from evalplat.language import get_translator
from evalplat.reports.theme import BRAND, INK, LINE, MUTED, PAPER, TINT
from evalplat.reports.words import tidy

REGULAR, BOLD = "EvalplatSans", "EvalplatSans-Bold"
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
HEIGHT = 225 * mm
"""The tallest picture that fits on a page under its heading."""

_NUMBER = "number"
# Without it a table brings Helvetica into the file, which is not embedded.
_OWN_FONT = ("FONTNAME", (0, 0), (-1, -1), REGULAR)


@dataclass(frozen=True, slots=True)
class PaperWords:
    """What stands around a paper: title, the running head's left side, the foot's left side, language."""

    title: str
    head: str
    foot: str
    language: str
    subject: str = ""
    author: str = ""


def register_fonts() -> None:
    """Give reportlab the letters that matplotlib ships: Finnish, Swedish and Sámi, € – ≥ −."""
    import os

    from matplotlib import get_data_path
    from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
    from reportlab.pdfbase.ttfonts import TTFont

    folder = os.path.join(get_data_path(), "fonts", "ttf")
    registerFont(TTFont(REGULAR, os.path.join(folder, "DejaVuSans.ttf")))
    registerFont(TTFont(BOLD, os.path.join(folder, "DejaVuSans-Bold.ttf")))
    registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


@cache
def styles() -> dict[str, ParagraphStyle]:
    """The paper's styles by name; the letters they use are there from then on."""
    register_fonts()
    body = ParagraphStyle(
        "body", fontName=REGULAR, fontSize=9.5, leading=14, textColor=HexColor(INK)
    )

    def style(name: str, **changes: Any) -> ParagraphStyle:
        return ParagraphStyle(name, parent=body, **changes)

    small = style("small", fontSize=7.8, leading=10.8)
    return {
        "body": style("body-spaced", spaceAfter=5),
        "small": small,
        "note": style("note", fontSize=8, leading=11.5, textColor=HexColor(MUTED), spaceAfter=2),
        "title": style("title", fontName=BOLD, fontSize=21, leading=27, textColor=HexColor(PAPER)),
        "subtitle": style("subtitle", fontSize=11, leading=16, textColor=HexColor(PAPER)),
        "h1": style(
            "h1", fontName=BOLD, fontSize=15, leading=20, textColor=HexColor(BRAND),
            spaceBefore=10, spaceAfter=6,
        ),
        "h2": style(
            "h2", fontName=BOLD, fontSize=11.5, leading=16, textColor=HexColor(BRAND),
            spaceBefore=12, spaceAfter=4,
        ),
        "head": ParagraphStyle("head", parent=small, fontName=BOLD, fontSize=6.8, leading=9),
        "head-number": ParagraphStyle(
            "head-number", parent=small, fontName=BOLD, fontSize=6.8, leading=9, alignment=TA_RIGHT
        ),
        _NUMBER: ParagraphStyle(_NUMBER, parent=small, alignment=TA_RIGHT),
        "figure": style("figure", fontName=BOLD, fontSize=17, leading=22, textColor=HexColor(BRAND)),
        "caption": style("caption", fontSize=8, leading=11, textColor=HexColor(MUTED)),
    }  # fmt: skip


def say(text: str, style: str = "body") -> Paragraph:
    """A paragraph of plain text: nothing in it is taken for markup."""
    return Paragraph(escape(text.replace(" %", "\u00a0%")), styles()[style])


class Heading(Paragraph):  # type: ignore[misc]
    """A heading that also stands in the outline."""

    def __init__(self, text: str, level: int) -> None:
        super().__init__(escape(text), styles()["h1" if level == 0 else "h2"])
        self.outline = (text, level)


def section(
    heading: str, contents: Sequence[Flowable], *, level: int = 1, whole: bool = False
) -> list[Flowable]:
    """A heading and what stands under it: on one page if `whole`, else with the heading never alone at its foot."""
    flowables = [Heading(heading, level), *contents]
    return [KeepTogether(flowables)] if whole else [CondPageBreak(35 * mm), *flowables]


def write_paper(words: PaperWords, make_story: Callable[[], Sequence[Flowable]]) -> bytes:
    """Lay the story out and give the PDF. `make_story` is called twice, because a story can be laid out only once."""
    total = _lay_out(words, make_story(), None)[1]
    return _lay_out(words, make_story(), total)[0]


def _lay_out(words: PaperWords, story: Sequence[Flowable], total: int | None) -> tuple[bytes, int]:
    stream = io.BytesIO()
    document = _Document(stream, words, total)
    document.build(list(story))
    return stream.getvalue(), document.page


class _Document(BaseDocTemplate):  # type: ignore[misc]
    """A4 with our running head and foot; headings go into the outline."""

    def __init__(self, stream: io.BytesIO, words: PaperWords, total: int | None) -> None:
        super().__init__(
            stream, pagesize=A4, invariant=1, lang=words.language, title=words.title,
            author=words.author or "evalplat", subject=words.subject, creator="evalplat",
            displayDocTitle=True, initialFontName=REGULAR,
        )  # fmt: skip
        self.words, self.total, self._marks, self._chapters = words, total, 0, False
        frame = Frame(
            MARGIN, 20 * mm, WIDTH, A4[1] - 20 * mm - 22 * mm,
            leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
        )  # fmt: skip
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._dress))

    def _dress(self, canvas: Any, _document: Any) -> None:
        """Head and foot of one page."""
        _ = get_translator(self.words.language)
        canvas.saveState()
        canvas.setFillColor(HexColor(MUTED))
        canvas.setFont(REGULAR, 7.5)
        right = A4[0] - MARGIN
        head = A4[1] - 14 * mm
        canvas.drawString(MARGIN, head, _fit(self.words.head, WIDTH * 0.4))
        if canvas.getPageNumber() > 1:
            canvas.drawRightString(right, head, _fit(self.words.title, WIDTH * 0.55))
        canvas.setStrokeColor(HexColor(LINE))
        canvas.setLineWidth(0.6)
        canvas.line(MARGIN, 15 * mm, right, 15 * mm)
        canvas.drawString(MARGIN, 10.5 * mm, _fit(self.words.foot, WIDTH * 0.7))
        page = {"page": canvas.getPageNumber(), "pages": self.total or "–"}
        canvas.drawRightString(right, 10.5 * mm, _("Page %(page)s of %(pages)s") % page)
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:
        """Headings become the outline's entries."""
        if isinstance(flowable, Heading):
            text, level = flowable.outline
            if level == 0:
                self._chapters = True
            level = level if self._chapters else 0
            self._marks += 1
            key = f"heading-{self._marks}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(text, key, level=level, closed=0)


def _fit(text: str, width: float, size: float = 7.5) -> str:
    """The text cut to a width."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    text = tidy(text)
    if stringWidth(text, REGULAR, size) <= width:
        return text
    while text and stringWidth(f"{text}…", REGULAR, size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def title_band(title: str, lines: Sequence[str]) -> list[Flowable]:
    """The band that opens a paper: its title and what it is about, white on the brand's colour."""
    cells = [[say(title, "title")], *[[say(line, "subtitle")] for line in lines if line]]
    band = Table(cells, colWidths=[WIDTH])
    last = len(cells) - 1
    band.setStyle(
        TableStyle(
            [
                _OWN_FONT,
                ("BACKGROUND", (0, 0), (-1, -1), HexColor(BRAND)),
                ("LEFTPADDING", (0, 0), (-1, -1), 14),
                ("RIGHTPADDING", (0, 0), (-1, -1), 14),
                ("TOPPADDING", (0, 0), (-1, 0), 16),
                ("TOPPADDING", (0, 1), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, last), (-1, last), 16),
            ]
        )
    )
    return [band, Spacer(0, 10)]


def figure_row(figures: Sequence[tuple[str, str]]) -> list[Flowable]:
    """Key figures side by side: a large figure, and under it what it is."""
    columns = len(figures)
    row = Table(
        [
            [say(value, "figure") for value, _caption in figures],
            [say(caption, "caption") for _value, caption in figures],
        ],
        colWidths=[WIDTH / columns] * columns,
    )
    row.setStyle(
        TableStyle(
            [
                _OWN_FONT,
                ("BACKGROUND", (0, 0), (-1, -1), HexColor(TINT)),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 12),
                ("TOPPADDING", (0, 0), (-1, 0), 8),
                ("BOTTOMPADDING", (0, 0), (-1, 0), 0),
                ("TOPPADDING", (0, 1), (-1, 1), 0),
                ("BOTTOMPADDING", (0, 1), (-1, 1), 9),
            ]
        )
    )
    return [row, Spacer(0, 8)]


def _widths(headers: Sequence[str], shares: Sequence[float]) -> list[float]:
    """Columns in these shares, but none so narrow that a word of its head would break."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    size = styles()["head"].fontSize
    least = [
        max((stringWidth(word, BOLD, size) for word in header.split(" ")), default=0) + 8
        for header in headers
    ]
    wanted = [share * WIDTH / sum(shares) for share in shares]
    spare = [max(wide - low, 0.0) for wide, low in zip(wanted, least, strict=True)]
    lacking = sum(max(low - wide, 0.0) for wide, low in zip(wanted, least, strict=True))
    factor = max(0.0, 1 - lacking / sum(spare)) if sum(spare) else 0.0
    return [low + factor * room for low, room in zip(least, spare, strict=True)]


def text_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    numeric: Sequence[bool],
    total: Sequence[str] = (),
) -> Flowable:
    """A table of texts; `widths` are shares of the page's width, the head is repeated on every page."""
    kinds = [_NUMBER if number else "small" for number in numeric]
    heads = ["head-number" if number else "head" for number in numeric]
    body = [[say(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in rows]
    cells = [[say(cell, kind) for cell, kind in zip(headers, heads, strict=True)], *body]
    commands: list[tuple[Any, ...]] = [
        _OWN_FONT,
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, HexColor(BRAND)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(LINE)),
    ]
    for column, (before, number) in enumerate(pairwise(numeric), start=1):
        if before and not number:
            commands.append(("LEFTPADDING", (column, 0), (column, -1), 12))
    if total:
        cells.append([say(cell, heads[i]) for i, cell in enumerate(total)])
        commands.append(("BACKGROUND", (0, -1), (-1, -1), HexColor(TINT)))
    table = Table(cells, colWidths=_widths(headers, widths), repeatRows=1)
    table.setStyle(TableStyle(commands))
    table.spaceAfter = 6
    return table
