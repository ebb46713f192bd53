"""A QR code as a picture that a page can carry."""

import segno


def draw_qr(text: str) -> str:
    """The address of an SVG picture with `text` as a QR code, with the quiet border that scanners need."""
    address: str = segno.make(text, error="m", micro=False).svg_data_uri(
        border=4, light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    return address
