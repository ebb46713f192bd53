"""`evalplat analyse`: what a table of episodes says beyond effects and comparison, one command per topic."""

import importlib

import click

TOPICS: dict[str, tuple[str, str]] = {
    "agreement": (
        "evalplat.cli.analyse_agreement:agreement",
        "whether two ratings of the same clients agree",
    ),
    "attrition": (
        "evalplat.cli.analyse_attrition:attrition",
        "what missing end measurements may hide",
    ),
    "sustained": (
        "evalplat.cli.analyse_sustained:sustained",
        "whether change lasts until a follow-up",
    ),
    "shares": (
        "evalplat.cli.analyse_shares:shares",
        "who changed by more than measurement error, and who is covered",
    ),
    "goals": ("evalplat.cli.analyse_shares:goals", "who reached the goals that were agreed"),
    "reliability": (
        "evalplat.cli.analyse_reliability:reliability",
        "how reliable an instrument's scales are in a file of sheets",
    ),
    "combination": ("evalplat.cli.analyse_combination:combination", "several scales side by side"),
    "trend": ("evalplat.cli.analyse_trend:trend", "improvement over quarters, and where it drifts"),
    "value": ("evalplat.cli.analyse_value:value", "what improvement costs at each provider"),
}
"""Command → where it is, and what it does in a line; a topic is loaded when it is called."""


class TopicGroup(click.Group):
    """Knows its topics by name, and imports one when it is called or when its own help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(TOPICS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in TOPICS:
            return None
        module, name = TOPICS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        topics = [(name, TOPICS[name][1]) for name in self.list_commands(ctx)]
        if topics:
            with formatter.section("Topics"):
                formatter.write_dl(topics)


@click.group(cls=TopicGroup, context_settings={"help_option_names": ["-h", "--help"]})
def analyse() -> None:
    """Analyse a file of episodes: shares of change, missing ends, costs, time, agreement.

    Each topic reads CSV or XLSX and prints a table; --json and --csv write the same figures for programs.
    """
