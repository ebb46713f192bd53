"""`evalplat demo`: a made-up county, compared, reported on and served on this machine."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.demo.fill import Progress
    from evalplat.demo.installation import Demo

FOLDER = Path("var/demo")
PIPE_WIDTH = 400


@click.command()
@click.option("--no-serve", is_flag=True, help="Stop after the files.")
@click.option("--fresh", is_flag=True, help="Make the county anew.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port."
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Where the database and the files go.",
)
@click.option(
    "--language",
    type=click.Choice(("fi", "sv", "en")),
    default="fi",
    show_default=True,
    help="Language of the table and the reports.",
)
def demo(no_serve: bool, fresh: bool, host: str, port: int, folder: Path, language: str) -> None:
    """Make a demo county in an embedded database, compare its providers, write the reports, serve the pages.

    Everybody in it is invented. A second run reuses what is there; no other database is touched.
    """
    from evalplat.demo.files import compare_demo, write_files
    from evalplat.demo.installation import open_demo

    with _show_progress() as progress:
        ready = open_demo(folder, progress, fresh=fresh)
    comparisons = compare_demo(ready)

    from evalplat.reports.text import draw_comparison

    click.echo()
    click.echo(draw_comparison(comparisons[0], language, width=_find_width()))
    files = write_files(ready, comparisons, language)
    click.echo(f"County report     {files.county_report}")
    click.echo(f"Provider report   {files.provider_report}")
    click.echo(f"Table             {files.table}")
    _tell_sign_ins(ready, f"http://{host}:{port}", served=not no_serve)
    ready.wiring.engine.dispose()
    if not no_serve:
        _serve(ready, host, port)


def _find_width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH


@contextmanager
def _show_progress() -> Iterator["Progress"]:
    """A bar on a terminal; in a pipe one line, when there is something to make."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    told = False
    with Bar(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Filling the demo county", total=None)

        def progress(done: int, total: int) -> None:
            nonlocal told
            bar.update(task, completed=done, total=total)
            if not told and not console.is_terminal:
                click.echo(f"Filling the demo county with {total} episodes …", err=True)
            told = True

        yield progress


def _tell_sign_ins(ready: "Demo", address: str, *, served: bool) -> None:
    click.echo()
    click.echo(f"Sign in at {address}/sign-in" if served else "Sign-ins when it is served:")
    for one in ready.sign_ins:
        role = f"{one.role.value.replace('_', ' ')}{', ' + one.provider if one.provider else ''}"
        click.echo(f"  {one.email:34} {one.password:22} {role}")
    if not served:
        return
    from evalplat.demo.installation import invite_a_client

    invitation = invite_a_client(ready)
    if invitation is not None:
        click.echo(f"Client door  {address}/c   code {invitation.code}")
    click.echo(
        "No second step is asked for here; try one under Own account (localhost for security keys)."
    )
    click.echo("Vouchers that no provider has taken yet: UUSI-0001, UUSI-0002, UUSI-0003")
    click.echo()


def _serve(ready: "Demo", host: str, port: int) -> None:
    """Hand over to `evalplat serve`, told of the demo's database through the environment like any installation."""
    sys.stdout.flush()
    arguments = [sys.executable, "-m", "evalplat.cli.main", "serve"]
    arguments += ["--host", host, "--port", str(port)]
    os.execve(sys.executable, arguments, {**os.environ, **ready.environment})
