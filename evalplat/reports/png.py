"""From a picture to a PNG, for programs and papers that take no SVG: twice as many points as CSS pixels."""

import io

from evalplat.reports.picture import Picture, drawing

DOTS_PER_INCH = 144


def write_png(picture: Picture) -> bytes:
    """The picture as PNG bytes, the same for the same picture; title and description are kept in the file."""
    stream = io.BytesIO()
    kept = {
        "Title": picture.title,
        "Description": " ".join(picture.description),
        "Software": None,
    }
    with drawing():
        picture.figure.savefig(stream, format="png", dpi=DOTS_PER_INCH, metadata=kept)
    return stream.getvalue()
