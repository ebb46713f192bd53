"""Files to keep: the same query at another address, and an answer that the browser stores under a dated name."""

from flask import Response, request, url_for

from evalplat.web.languages import today


def same_query(endpoint: str) -> str:
    """The address of an endpoint with this request's query: the same result as another kind of file."""
    query = request.query_string.decode("ascii", "ignore")
    return url_for(endpoint) + (f"?{query}" if query else "")


def give_file(content: bytes | str, kind: str, name: str, ending: str) -> Response:
    """A file named `name`, today's date and its ending; the browser keeps it and does not show it."""
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{name}-{today().isoformat()}.{ending}"'
    )
    return response
