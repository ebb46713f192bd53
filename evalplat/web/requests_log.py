"""One line of the log per request: which kind of page, how it ended, how long it took; never which address."""

import time

from flask import Flask, Request, Response, g, request

from evalplat.logs import log_of

NOT_WORTH_A_LINE = ("static", "bootstrap.static", "pages.healthz", "pages.readyz")


def route_of(asked: Request) -> str:
    """The route as it stands in the register, without the ids and codes of an address."""
    return f"{asked.script_root}{asked.url_rule.rule}" if asked.url_rule else "(no route)"


def install(app: Flask) -> None:
    """Take the time of every request and write its line when it ends."""
    app.before_request(_begin)
    app.after_request(_write)


def _begin() -> None:
    g.began = time.perf_counter()


def _write(response: Response) -> Response:
    if request.endpoint in NOT_WORTH_A_LINE:
        return response
    account = g.get("account")
    log_of("web").info(
        "request", method=request.method, route=route_of(request), status=response.status_code,
        milliseconds=round(1000 * (time.perf_counter() - g.began)) if "began" in g else None,
        account=account.id if account else None, role=account.role.value if account else None,
        token=g.get("token"), reference=g.get("reference"),
    )  # fmt: skip
    return response
