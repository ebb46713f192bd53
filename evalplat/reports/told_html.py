"""A told report as one page that stands alone: nothing is fetched, and every reader, also a screen's, can walk it."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import count

from evalplat.language import direction_of, get_translator
from evalplat.reports.picture import drawing
from evalplat.reports.svg import write_svg
from evalplat.reports.tables import Table
from evalplat.reports.theme import BRAND, INK, LINE, MUTED, PAPER, TINT
from evalplat.reports.told import Block, Grid, KeyFigures, Prose, Report

STYLE = f"""
:root {{ color-scheme: light; }}
body {{ margin: 0; background: {PAPER}; color: {INK}; font: 1rem/1.5 system-ui, sans-serif; }}
header, main, footer {{ max-width: 64rem; margin: 0 auto; padding: 1rem; }}
header {{ background: {BRAND}; color: {PAPER}; max-width: none; }}
header > * {{ max-width: 62rem; margin: .25rem auto; }}
h1 {{ font-size: 1.9rem; line-height: 1.2; }}
h2 {{ color: {BRAND}; margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 2px solid {LINE}; }}
h3 {{ color: {BRAND}; margin: 1.75rem 0 .5rem; }}
p, li {{ max-width: 42rem; }}
header p {{ max-width: 62rem; }}
nav li {{ margin: .35rem 0; }}
a {{ color: {BRAND}; }}
a:focus-visible, .wide:focus-visible {{ outline: 3px solid {INK}; outline-offset: 2px; }}
.skip {{ position: absolute; left: -100vw; background: {PAPER}; padding: .5rem 1rem; }}
.skip:focus {{ left: 1rem; top: 1rem; }}
.quiet, footer {{ color: {MUTED}; font-size: .9rem; }}
.figures {{ display: flex; flex-wrap: wrap; gap: 1rem 2rem; background: {TINT}; padding: 1rem; }}
.figures {{ margin: 1rem 0; border-radius: 6px; }}
.figures > div {{ display: flex; flex-direction: column-reverse; flex: 1 1 9rem; }}
.figures dd {{ margin: 0; font-size: 1.6rem; font-weight: 700; color: {BRAND}; }}
.wide {{ overflow-x: auto; margin: 1rem 0; }}
table {{ border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }}
caption {{ text-align: start; color: {MUTED}; padding-bottom: .35rem; }}
th, td {{ padding: .4rem .6rem; border-bottom: 1px solid {LINE}; text-align: start; vertical-align: top; }}
thead th {{ border-bottom: 2px solid {BRAND}; vertical-align: bottom; }}
tbody th {{ font-weight: 400; min-width: 9rem; }}
tfoot th, tfoot td {{ background: {TINT}; font-weight: 700; }}
.number {{ text-align: end; }}
svg {{ max-width: 100%; height: auto; display: block; }}
@media print {{ nav, .skip {{ display: none; }} .wide {{ overflow: visible; }} }}
@media print {{ header {{ color: {INK}; background: none; }} }}
"""


def write_html(report: Report) -> bytes:
    """The report as one HTML file, the same bytes for the same report."""
    with drawing():
        return "\n".join(_write(report)).encode() + b"\n"


def _write(report: Report) -> Iterator[str]:
    _ = get_translator(report.language)
    skip, contents = escape(_("Skip to content")), escape(_("Contents"))
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    yield "<!doctype html>"
    yield f'<html lang="{report.language}" dir="{direction_of(report.language)}">'
    yield '<head><meta charset="utf-8">'
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{escape(report.title)}</title><style>{STYLE}</style></head><body>"
    yield f'<a class="skip" href="#content">{skip}</a>'
    yield f"<header><h1>{escape(report.title)}</h1>"
    yield from (f"<p>{escape(line)}</p>" for line in report.lines if line)
    yield '</header><main id="content" tabindex="-1">'
    numbers = count(1)
    yield from _write_blocks(report.lead, report.title, numbers)
    yield f'<nav aria-labelledby="contents"><h2 id="contents">{contents}</h2><ol>'
    for number, part in enumerate(report.parts):
        if part.level == 1:
            yield f'<li><a href="#part-{number}">{escape(part.heading)}</a></li>'
    yield "</ol></nav>"
    chapter = ""
    for number, part in enumerate(report.parts):
        level = part.level + 1
        chapter = part.heading if part.level == 1 else chapter
        yield f'<h{level} id="part-{number}">{escape(part.heading)}</h{level}>'
        # A part of a chapter may have the same name in the next one.
        name = part.heading if part.level == 1 else f"{chapter}, {part.heading}"
        yield from _write_blocks(part.blocks, name, numbers)
    yield f"</main><footer><p>{escape(report.foot)}</p></footer></body></html>"


def _write_blocks(blocks: Sequence[Block], heading: str, numbers: Iterator[int]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Prose):
            quiet = ' class="quiet"' if block.quiet else ""
            yield f"<p{quiet}>{escape(block.text)}</p>"
        elif isinstance(block, KeyFigures):
            yield '<dl class="figures">'
            for value, name in block.figures:
                yield f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
            yield "</dl>"
        elif isinstance(block, Grid):
            yield from _write_table(block.table, heading)
        else:
            yield _number_names(write_svg(block.build()).decode(), next(numbers))


def _number_names(svg: str, number: int) -> str:
    """A picture's identifiers with its number in the page: two pictures may be the same to the last line."""
    found = re.search(r'<svg[^>]* id="([^"]+)"', svg)
    if found is None:
        return svg
    return re.sub(rf'(["#]){found[1]}(?=[-"])', rf"\g<1>{found[1]}p{number}", svg)


def _write_table(table: Table, heading: str) -> Iterator[str]:
    # A wide table scrolls by itself, also from the keyboard.
    name = escape(f"{heading}: {table.caption}")
    yield f'<div class="wide" role="region" tabindex="0" aria-label="{name}"><table>'
    yield f"<caption>{escape(table.caption)}</caption><thead><tr>"
    for text, number in zip(table.headers, table.numeric, strict=True):
        yield f'<th scope="col"{_align(number)}>{escape(text)}</th>'
    yield "</tr></thead><tbody>"
    yield from (_write_row(row, table.numeric) for row in table.rows)
    yield "</tbody>"
    if table.total:
        yield f"<tfoot>{_write_row(table.total, table.numeric)}</tfoot>"
    yield "</table></div>"
    yield from (f'<p class="quiet">{escape(note)}</p>' for note in table.notes)


def _write_row(row: Sequence[str], numeric: Sequence[bool]) -> str:
    first, *others = row
    cells = [f'<th scope="row">{escape(first)}</th>']
    cells += [
        f"<td{_align(number)}>{escape(text)}</td>"
        for text, number in zip(others, numeric[1:], strict=True)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _align(number: bool) -> str:
    return ' class="number"' if number else ""
