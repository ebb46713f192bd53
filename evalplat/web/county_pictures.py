"""A picture for both: wide for a desk, narrow for a phone. The style sheet shows the one that fits.

Both come of the one result of the request, so that a phone neither asks for it again nor shows other figures.
"""

from collections.abc import Callable

from markupsafe import Markup


def draw_both(draw: Callable[[bool], bytes]) -> Markup:
    """What `draw` makes for a desk and, given True, for a phone, one after the other, to stand in a page."""
    return Markup('<div class="for-desks">{}</div><div class="for-phones">{}</div>').format(
        *(Markup(draw(narrow).decode()) for narrow in (False, True))
    )
