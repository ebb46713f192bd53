"""A told report on paper."""

from collections.abc import Sequence

from reportlab.platypus import Flowable, PageBreak

from evalplat.reports.paper import (
    WIDTH,
    Heading,
    PaperWords,
    figure_row,
    say,
    section,
    text_table,
    title_band,
    write_paper,
)
from evalplat.reports.pdf_picture import PictureFlowable
from evalplat.reports.picture import Picture, drawing
from evalplat.reports.tables import Table
from evalplat.reports.told import Block, Drawn, Grid, KeyFigures, Prose, Report


def write_pdf(report: Report) -> bytes:
    """The report as PDF, the same bytes for the same report."""
    words = PaperWords(
        title=report.title,
        head=report.county or "evalplat",
        foot=report.foot,
        language=report.language,
        subject=", ".join(report.lines),
        author=report.county,
    )
    with drawing():
        # Drawn once, though a paper is laid out twice.
        pictures = {
            id(block): block.build()
            for part in report.parts
            for block in part.blocks
            if isinstance(block, Drawn)
        }
        return write_paper(words, lambda: _lay_out(report, pictures))


def _lay_out(report: Report, pictures: dict[int, Picture]) -> list[Flowable]:
    story = title_band(report.title, report.lines)
    story += _set(report.lead, pictures)
    for number, part in enumerate(report.parts):
        blocks = _set(part.blocks, pictures)
        if part.level == 1 and not blocks:
            # A chapter of parts; its heading must not stand alone at a page's foot.
            story += [PageBreak()] if number else []
            story.append(Heading(part.heading, 0))
        else:
            story += section(part.heading, blocks, level=part.level - 1, whole=part.whole)
    return story


def _set(blocks: Sequence[Block], pictures: dict[int, Picture]) -> list[Flowable]:
    story: list[Flowable] = []
    for block in blocks:
        if isinstance(block, Prose):
            story.append(say(block.text, "note" if block.quiet else "body"))
        elif isinstance(block, KeyFigures):
            story += figure_row(block.figures)
        elif isinstance(block, Grid):
            story += _set_table(block.table, block.widths)
        else:
            story.append(PictureFlowable(pictures[id(block)], WIDTH))
    return story


def _set_table(table: Table, widths: Sequence[float]) -> list[Flowable]:
    # Names get more room than figures.
    shares = widths or [1.0 if number else 2.0 for number in table.numeric]
    return [
        say(f"{table.caption}.", "note"),
        text_table(table.headers, table.rows, shares, table.numeric, table.total),
        *(say(note, "note") for note in table.notes),
    ]
