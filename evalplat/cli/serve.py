"""`evalplat serve`: the web pages, served by gunicorn with threads."""

import errno
import os
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from evalplat.errors import Message, NotConfigured
from evalplat.parallel import use_one_core

if TYPE_CHECKING:
    from evalplat.config import Settings

ONLY_HERE = Message(
    "Only this machine gets an answer: name the host names that people use in EVALPLAT_TRUSTED_HOSTS."
)
APPLICATION = "evalplat.app:create_app"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port."
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes."
)
@click.option(
    "--threads",
    default=8,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Threads per process.",
)
def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the web pages until stopped with Ctrl-C."""
    from evalplat.config import load_settings
    from evalplat.services.installation import check_database
    from evalplat.unsafe_settings import check_settings

    settings = load_settings(os.environ)
    check_settings(settings)
    check_database(settings)
    _check_instruments(settings)
    if host not in ("127.0.0.1", "localhost", "::1") and not settings.trusted_hosts:
        click.echo(str(ONLY_HERE), err=True)
    run_server(host=host, port=port, workers=workers, threads=threads)


def _check_instruments(settings: "Settings") -> None:
    """Refuse to score with definitions that are not what stored answers were scored with; raises NotConfigured."""
    from evalplat.services.actors import Actor
    from evalplat.services.definitions import check_definitions
    from evalplat.wiring import build_wiring

    actor = Actor.system("starting the server")
    with closing(build_wiring(settings)) as wiring, wiring.reading(actor) as session:
        check_definitions(session, wiring.catalogue, actor)


def run_server(*, host: str, port: int, workers: int = 1, threads: int = 8) -> None:
    """Run gunicorn in this process until it is stopped. Raises NotConfigured when the address cannot be used."""
    require_free(host, port)
    # Requests are served side by side already; threads within a small matrix would only be in each other's way.
    use_one_core()
    from gunicorn.app.base import BaseApplication

    from evalplat.logs import start_logging

    start_logging()

    class Server(BaseApplication):  # type: ignore[misc]
        """Gunicorn with our settings instead of its own command line."""

        def load_config(self) -> None:
            for name, value in options(host, port, workers, threads).items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return load_application()

    shown = f"[{host}]" if ":" in host else host
    click.echo(f"evalplat answers at http://{shown}:{port}  (stop with Ctrl-C)")
    Server().run()


def options(host: str, port: int, workers: int, threads: int) -> dict[str, object]:
    """Gunicorn's settings: threads, short patience with silent clients, no address of a page in any log."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return {
        "bind": address,
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
        "timeout": 60,
        "graceful_timeout": 30,
        "keepalive": 5,
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "accesslog": None,
        "loglevel": "warning",
        "logger_class": "evalplat.cli.server_log.ServerLog",
        "proc_name": "evalplat",
        "control_socket_disable": True,
    }


def load_application() -> Any:
    """The web application, found by its name: the command line does not import the floor above it."""
    import importlib

    module, name = APPLICATION.split(":")
    return getattr(importlib.import_module(module), name)()


def require_free(host: str, port: int) -> None:
    """Say in plain words that an address is taken, unknown or not allowed, before a server fails on it."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise NotConfigured(_why(error, host, port)) from None


def _why(error: OSError, host: str, port: int) -> Message:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return Message(
            "This machine has no address %(host)s. Use 127.0.0.1 for this machine alone, or 0.0.0.0 for its network.",
            host=host,
        )
    if error.errno == errno.EACCES:
        return Message(
            "Port %(port)s may not be used by this user. Choose one from 1024 on, for example --port 8000.",
            port=port,
        )
    return Message(
        "Port %(port)s of %(host)s is already in use. Stop the program that uses it, or choose another with --port.",
        port=port,
        host=host,
    )
