"""A told report as a file of one of its kinds."""

from evalplat.reports.told import KINDS, Report

TYPES = {
    "pdf": "application/pdf",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def write_report(report: Report, kind: str) -> bytes:
    """The report as one of `KINDS`, the same bytes for the same report."""
    # Each kind brings its own libraries; who writes one does not wait for the others.
    if kind == "pdf":
        from evalplat.reports.told_pdf import write_pdf

        return write_pdf(report)
    if kind == "html":
        from evalplat.reports.told_html import write_html

        return write_html(report)
    if kind == "xlsx":
        from evalplat.reports.told_book import write_book

        return write_book(report)
    raise ValueError(f"{kind} is not one of {', '.join(KINDS)}")
