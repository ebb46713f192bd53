"""From a picture to an SVG that stands alone: in a page, in an `img`, or opened as a file.

Letters are drawn as outlines, each letter stored once. So a figure looks the same on every device, covers every
language's letters without a font on the reader's machine, and its labels cannot grow into one another; what the figure
says is in its description, and the numbers stand in the table beside it. Style attributes and style sheets, which a
strict content security policy refuses, become plain attributes, and identifiers get a prefix of their own, so that
several figures can stand in one page.
"""

import hashlib
import io
import re
from xml.etree import ElementTree

from evalplat.reports.picture import Picture, drawing

_SVG = "http://www.w3.org/2000/svg"
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_TRANSLATE = re.compile(r"translate\([^)]*\)")
_SHIFT = re.compile(r"translate\((\S+) 0\)")
_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_REFERENCE = re.compile(r"#([\w.-]+)")
_IDLE = {("stroke-linejoin", "miter"), ("stroke-linecap", "butt")}


def write_svg(picture: Picture) -> bytes:
    """The picture as SVG bytes, the same for the same picture. Call it inside `drawing()` or not, as you like."""
    stream = io.BytesIO()
    with drawing():
        picture.figure.savefig(stream, format="svg", metadata=_METADATA)
    root = ElementTree.fromstring(stream.getvalue())
    _shed_namespaces(root)
    _plain(root)
    _name(root)
    _describe(root, picture)
    root.set("xmlns", _SVG)
    text = ElementTree.tostring(root, encoding="unicode")
    return text.replace('" />', '"/>').encode() + b"\n"


def _shed_namespaces(root: ElementTree.Element) -> None:
    """Plain tags and `href`: the one namespace is named at the root, without the library's global register."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key in list(element.attrib):
            if key.startswith("{"):
                element.set(key.rpartition("}")[2], element.attrib.pop(key))


def _plain(root: ElementTree.Element) -> None:
    """Drop style sheets and needless digits; turn style attributes into plain ones."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("style", "metadata"):
                parent.remove(child)
        parent.text = parent.tail = None
    for element in root.iter():
        style = element.attrib.pop("style", "")
        for declaration in filter(None, (part.strip() for part in style.split(";"))):
            key, _, value = declaration.partition(":")
            if (key, value.strip()) not in _IDLE:
                element.set(key.strip(), value.strip())
        for key in ("x", "y", "transform"):
            if key in element.attrib:
                element.set(key, _TRANSLATE.sub(_short_match, _short(element.attrib[key])))
        if "d" in element.attrib:
            element.set("d", _compact(_short(element.attrib["d"])))
        shift = _SHIFT.fullmatch(element.get("transform", ""))
        if element.tag == "use" and shift:
            # A letter's place in its line; its unit is about a tenth of a pixel.
            element.set("x", f"{float(shift.group(1)):.0f}")
            del element.attrib["transform"]
    root.set("stroke-linejoin", "round")


def _short(numbers: str) -> str:
    """Coordinates to a hundredth of a pixel, long curves to a tenth; factors of a scale stay as they are."""
    if "scale" in numbers:
        return numbers
    digits = 1 if len(numbers) > 1000 else 2
    rounded = _LONG_NUMBER.sub(
        lambda m: f"{float(m.group()):.{digits}f}".rstrip("0").rstrip("."), numbers
    )
    return " ".join(rounded.split())


def _compact(path: str) -> str:
    """A path without the command letters that only repeat the one before."""
    parts: list[str] = []
    before = ""
    for command, numbers in _COMMAND.findall(path):
        parts.append(("" if command == before and command in "LQC" else command) + numbers.strip())
        before = command
    return " ".join(parts)


def _short_match(match: re.Match[str]) -> str:
    return _short(match.group())


def _name(root: ElementTree.Element) -> None:
    """Short identifiers where something refers to them, none elsewhere, all with the drawing's own prefix."""
    drawn = ElementTree.tostring(root)
    prefix = "f" + hashlib.sha256(drawn).hexdigest()[:4]
    used: dict[str, str] = {}
    for element in root.iter():
        for key in ("href", "clip-path"):
            for old in _REFERENCE.findall(element.get(key, "")):
                used.setdefault(old, f"{prefix}-{len(used)}")
                element.set(key, element.attrib[key].replace(f"#{old}", f"#{used[old]}"))
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in used:
            element.set("id", used[old])
    _unwrap(root)
    root.set("id", prefix)


def _unwrap(parent: ElementTree.Element) -> None:
    """Take away groups that say nothing, and keep what they hold."""
    kept: list[ElementTree.Element] = []
    for child in parent:
        _unwrap(child)
        if child.tag in ("g", "defs") and not len(child):
            continue
        if child.tag == "g" and not child.attrib:
            kept.extend(child)
        else:
            kept.append(child)
    parent[:] = kept


def _describe(root: ElementTree.Element, picture: Picture) -> None:
    """Title, description, role and language, and a size without a unit that a page may scale."""
    prefix = root.get("id", "f")
    title = ElementTree.Element("title", {"id": f"{prefix}-title"})
    title.text = picture.title
    description = ElementTree.Element("desc", {"id": f"{prefix}-desc"})
    description.text = " ".join(picture.description)
    root.insert(0, description)
    root.insert(0, title)
    root.attrib.pop("version", None)
    root.set("width", f"{picture.width:g}")
    root.set("height", f"{picture.height:g}")
    root.set("role", "img")
    root.set("lang", picture.language)
    root.set("aria-labelledby", f"{prefix}-title")
    root.set("aria-describedby", f"{prefix}-desc")
