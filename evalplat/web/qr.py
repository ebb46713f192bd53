"""A QR code as a picture that a page can carry."""

import base64


def draw_qr(text: str) -> str:
    """The address of an SVG picture with `text` as a QR code, with the quiet border that scanners need."""
    from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    size = code.getModuleCount()
    dark = "".join(
        f"M{x + 4} {y + 4}h1v1h-1z" for y in range(size) for x in range(size) if code.isDark(y, x)
    )
    whole = size + 8
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" '
        f'shape-rendering="crispEdges"><rect width="{whole}" height="{whole}" fill="#fff"/>'
        f'<path d="{dark}" fill="#000"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
