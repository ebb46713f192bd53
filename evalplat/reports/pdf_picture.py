"""Pictures on paper: the same matplotlib figure that makes the SVG, drawn as vectors and real text into a PDF.

matplotlib draws through a renderer; this one passes every path and text on to reportlab's canvas. So a paper shows
exactly what the page shows, sharp at every size, and its labels can be searched and copied.
"""

from typing import TYPE_CHECKING, Any

from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.path import Path
from reportlab.platypus import Flowable

from evalplat.reports.paper import BOLD, HEIGHT, REGULAR

if TYPE_CHECKING:
    from evalplat.reports.picture import Picture


class PictureFlowable(Flowable):  # type: ignore[misc]
    """A picture in the flow of a paper, at most `width` points wide and a page high. Build it inside `drawing()`."""

    def __init__(self, picture: "Picture", width: float) -> None:
        super().__init__()
        self.picture = picture
        self.scale = min(width / picture.width, HEIGHT / picture.height)
        self.width = picture.width * self.scale
        self.height = picture.height * self.scale
        self.spaceAfter = 6
        self.spaceBefore = 4

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """The room it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it at the current place."""
        self.canv.saveState()
        self.canv.scale(self.scale, self.scale)
        self.picture.figure.draw(CanvasRenderer(self.canv, self.picture.width, self.picture.height))
        self.canv.restoreState()


class CanvasRenderer(RendererBase):
    """Passes matplotlib's drawing on to a reportlab canvas; one unit is one point."""

    def __init__(self, canvas: Any, width: float, height: float) -> None:
        super().__init__()
        self.canvas = canvas
        self.size = (width, height)

    def get_canvas_width_height(self) -> tuple[float, float]:
        """The figure's size in points."""
        return self.size

    def flipy(self) -> bool:
        """Paper counts from below, as matplotlib does."""
        return False

    def draw_path(
        self, gc: GraphicsContextBase, path: Path, transform: Any, rgbFace: Any = None
    ) -> None:
        """A path, filled and stroked as the context says."""
        canvas = self.canvas
        fill = rgbFace is not None and (len(rgbFace) < 4 or rgbFace[3] > 0)
        stroke = gc.get_linewidth() > 0 and gc.get_rgb()[3] > 0
        if not fill and not stroke:
            return
        canvas.saveState()
        self._clip(gc)
        if fill:
            canvas.setFillColorRGB(*rgbFace[:3])
        if stroke:
            self._set_line(gc)
        canvas.drawPath(self._trace(path, transform), stroke=int(stroke), fill=int(fill))
        canvas.restoreState()

    def draw_text(
        self, gc: GraphicsContextBase, x: float, y: float, s: str, prop: Any, angle: float,
        ismath: Any = False, mtext: Any = None,
    ) -> None:  # fmt: skip
        """A line of text in the embedded font."""
        canvas = self.canvas
        canvas.saveState()
        canvas.setFillColorRGB(*gc.get_rgb()[:3])
        canvas.translate(x, y)
        if angle:
            canvas.rotate(angle)
        canvas.setFont(BOLD if prop.get_weight() == "bold" else REGULAR, prop.get_size_in_points())
        canvas.drawString(0, 0, s)
        canvas.restoreState()

    def draw_image(
        self, gc: GraphicsContextBase, x: float, y: float, im: Any, transform: Any = None
    ) -> None:
        """Our figures hold no images."""
        raise NotImplementedError("a report's figure holds lines and letters only")

    def _clip(self, gc: GraphicsContextBase) -> None:
        box = gc.get_clip_rectangle()
        if box is not None:
            clip = self.canvas.beginPath()
            clip.rect(box.x0, box.y0, box.width, box.height)
            self.canvas.clipPath(clip, stroke=0, fill=0)

    def _set_line(self, gc: GraphicsContextBase) -> None:
        canvas = self.canvas
        canvas.setStrokeColorRGB(*gc.get_rgb()[:3])
        canvas.setLineWidth(gc.get_linewidth())
        canvas.setLineCap({"butt": 0, "round": 1, "projecting": 2}[gc.get_capstyle()])
        canvas.setLineJoin({"miter": 0, "round": 1, "bevel": 2}[gc.get_joinstyle()])
        dashes: tuple[float, Any] = gc.get_dashes()
        if dashes[1] is not None:
            canvas.setDash([float(dash) for dash in dashes[1]], dashes[0])

    def _trace(self, path: Path, transform: Any) -> Any:
        """The path in reportlab's words; a quadratic curve becomes the cubic one of the same shape."""
        traced = self.canvas.beginPath()
        x = y = 0.0
        for values, code in path.iter_segments(transform, simplify=False):
            points = [float(value) for value in values]
            if code == Path.MOVETO:
                traced.moveTo(*points)
            elif code == Path.LINETO:
                traced.lineTo(*points)
            elif code == Path.CURVE3:
                cx, cy, ex, ey = points
                traced.curveTo(
                    x + 2 / 3 * (cx - x), y + 2 / 3 * (cy - y),
                    ex + 2 / 3 * (cx - ex), ey + 2 / 3 * (cy - ey), ex, ey,
                )  # fmt: skip
            elif code == Path.CURVE4:
                traced.curveTo(*points)
            elif code == Path.CLOSEPOLY:
                traced.close()
                continue
            x, y = points[-2:]
        return traced
