"""`evalplat client`: a client's own copy of everything that is stored about them."""

import os
import sys
from contextlib import closing

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def client() -> None:
    """Clients' rights: the copy that a client asks for."""


@client.command()
@click.argument("client_id")
@click.option("--as", "form", type=click.Choice(["json", "pdf"]), default="json", show_default=True)
@click.option("--language", type=click.Choice(["fi", "sv", "en"]), default="fi", show_default=True)
@click.option("--reason", required=True, help="Why it is made here; it stands in the access log.")
def copy(client_id: str, form: str, language: str, reason: str) -> None:
    """Write a client's copy to standard output; it is kept nowhere.

    CLIENT_ID is the id in the address of the client's page. The copy holds everything about the client: hand it to
    nobody else. The act and its reason stand in the access log, which the client can read.
    """
    from evalplat.config import load_settings
    from evalplat.reports.copy_pdf import write_copy
    from evalplat.services.actors import Actor
    from evalplat.services.copies import make_copy, write_json
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    if not reason.strip():
        raise click.UsageError("Say why, with --reason.")
    if form == "pdf" and sys.stdout.isatty():
        raise click.UsageError("A PDF is no text: send it into a file with >.")
    settings = load_settings(os.environ)
    check_tables(settings)
    actor = Actor.system(f"client's copy: {reason.strip()[:300]}")
    with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
        made = make_copy(
            session,
            wiring.catalogue,
            actor,
            client_id=client_id,
            language=language,
            at=wiring.clock(),
        )
    content = write_copy(made, language) if form == "pdf" else write_json(made).encode("utf-8")
    sys.stdout.buffer.write(content)
    sys.stdout.flush()
