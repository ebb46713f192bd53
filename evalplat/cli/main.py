"""The command line. Commands load when they are called, so that `evalplat --help` answers at once."""

import gc
import importlib
import os
import sys
from typing import NoReturn

import click

from evalplat.errors import EvalplatError

COMMANDS = {
    "account": ("evalplat.cli.account:account", "Make and list accounts, give a new password."),
    "analyse": (
        "evalplat.cli.analyse:analyse",
        "Analyse a file of episodes further: missing ends, costs, time, agreement.",
    ),
    "audit": ("evalplat.cli.audit:audit", "Prove the access log unchanged, keep its heads."),
    "backup": ("evalplat.cli.backup:backup", "Make, check and restore backups."),
    "client": ("evalplat.cli.client:client", "Make the copy of all data that a client asks for."),
    "compare": (
        "evalplat.cli.compare:compare",
        "Compare providers on one scale from a file, case-mix adjusted.",
    ),
    "db": ("evalplat.cli.db:db", "Create, upgrade and check the database."),
    "demo": ("evalplat.demo.command:demo", "Make a demo county, compare its providers, serve it."),
    "doctor": ("evalplat.cli.doctor:doctor", "Look an installation over, and say what to mend."),
    "effects": (
        "evalplat.cli.effects:effects",
        "Effect sizes with intervals per provider and scale from a file.",
    ),
    "export": (
        "evalplat.cli.export:export",
        "Write answer sheets as a file, or sums for other counties.",
    ),
    "import": (
        "evalplat.cli.import_sheets:import_sheets",
        "Store answer sheets from a spreadsheet.",
    ),
    "instruments": ("evalplat.cli.instruments:instruments", "List, show and check instruments."),
    "keys": ("evalplat.cli.keys:keys", "Change the master key, and say which keys are needed."),
    "plans": ("evalplat.cli.plans:plans", "List, show, check and add measurement plans."),
    "provider": ("evalplat.cli.provider:provider", "Approve and list providers."),
    "remind": ("evalplat.cli.remind:remind", "Remind clients of what is due, by e-mail and SMS."),
    "retention": (
        "evalplat.cli.retention:retention",
        "Destroy what has been kept long enough, once a second person has confirmed.",
    ),
    "report": (
        "evalplat.cli.report:report",
        "Write reports of the county and of its providers, as PDF, HTML and XLSX.",
    ),
    "score": ("evalplat.cli.score:score", "Score a file of answer sheets."),
    "simulate": (
        "evalplat.cli.simulate:simulate",
        "Prove by simulation that the statistics do what they promise.",
    ),
    "serve": ("evalplat.cli.serve:serve", "Serve the web pages."),
}


class LazyGroup(click.Group):
    """Knows its commands by name; imports one when it is called, or when its own help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="evalplat")
def cli() -> None:
    """Measures whether social rehabilitation helps: instruments, scores, fair provider comparison."""


def main() -> None:
    """Run the command line; an error of ours is one readable text on stderr and exit code 1."""
    # Looking for garbage as often as Python does by itself takes a fifth of filling a demo.
    gc.set_threshold(20_000, 20, 20)
    try:
        cli(prog_name="evalplat")
    except EvalplatError as error:
        _fail(str(error))
    except OSError as error:
        # A full disk or a lost device in the middle of printing; a closed pipe ends quietly within click.
        _drop_stdout()
        _fail(f"The command broke off: {error.strerror or error}.")


def _fail(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(1)


def _drop_stdout() -> None:
    """What could not be written is given up; else the interpreter would try once more while it ends, and complain."""
    try:
        place = os.open(os.devnull, os.O_WRONLY)
        os.dup2(place, sys.stdout.fileno())
        os.close(place)
    except (OSError, ValueError, AttributeError):
        return


if __name__ == "__main__":
    main()
