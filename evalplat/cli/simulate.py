"""`evalplat simulate`: whether intervals, limits and weights do what they promise, shown on made-up data."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.output import choose_form, find_width, write_result
from evalplat.cli.runner_options import runner_options

if TYPE_CHECKING:
    from evalplat.statistics.proof.simulation import Figure

TOPICS = {
    "coverage": "evalplat.statistics.proof.simulate_coverage:simulate_coverage",
    "false-alarms": "evalplat.statistics.proof.simulate_funnel:simulate_false_alarms",
    "power": "evalplat.statistics.proof.simulate_funnel:simulate_power",
    "attrition": "evalplat.statistics.proof.simulate_attrition:simulate_attrition",
}
SEED = 20261115
REPLICATIONS = 10_000


@click.command()
@click.argument("topic", required=False, type=click.Choice(list(TOPICS)))
@click.option(
    "--replications",
    type=click.IntRange(min=100),
    default=REPLICATIONS,
    show_default=True,
    metavar="N",
    help="Made-up data sets per setting; fewer where a whole county is drawn.",
)
@click.option("--seed", type=click.IntRange(min=0), default=SEED, show_default=True, help="Seed.")
@runner_options
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.pass_context
def simulate(
    context: click.Context,
    topic: str | None,
    replications: int,
    seed: int,
    workers: int,
    scheduler: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Prove by simulation that the statistics do what they promise.

    coverage: do 95 % intervals hold the truth in 93 to 97 of 100 cases? false-alarms: how often is an ordinary provider
    beyond the 99.8 % limits? power: are providers found that truly differ? attrition: how wrong are figures where some
    clients are lost, and does weighting mend it? Without a topic: all four.

    Every figure stands beside what is required of it, with its Monte Carlo standard error. The same seed gives the same
    figures, however many workers compute them. Exit code 1 when a requirement fails by more than three such errors.
    What is known not to hold (d_z's interval where changes have a long tail) is shown without a requirement.
    """
    from evalplat.parallel import open_runner, use_one_core

    use_one_core()
    form = choose_form({"json": as_json}, output)
    figures: list[Figure] = []
    with open_runner(workers=workers, scheduler=scheduler) as runner:
        for name in [topic] if topic else TOPICS:
            click.echo(f"{name} …", err=True)
            figures += _load(name)(replications=replications, seed=seed, runner=runner)
    write_result(_write_json(figures) if form == "json" else _draw(figures), output)
    failed = sum(figure.verdict == "fails" for figure in figures)
    if failed:
        click.echo(
            f"{failed} of {len(figures)} figures fall short of what is required, beyond chance.",
            err=True,
        )
        context.exit(1)


def _load(name: str) -> "Callable[..., tuple[Figure, ...]]":
    module, function = TOPICS[name].split(":")
    loaded: Callable[..., tuple[Figure, ...]] = getattr(importlib.import_module(module), function)
    return loaded


def _write_json(figures: "list[Figure]") -> str:
    import json
    from dataclasses import asdict

    records = [{**asdict(figure), "verdict": figure.verdict} for figure in figures]
    return json.dumps(records, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _draw(figures: "list[Figure]") -> str:
    from evalplat.reports.text import draw_table

    headers = (
        "Topic", "Figure", "Setting", "Value", "± error", "Data sets", "Required", "Verdict",
    )  # fmt: skip
    numeric = (False, False, False, True, True, True, True, False)
    rows = [
        (
            figure.topic,
            figure.name,
            figure.setting,
            _number(figure.value),
            "exact" if figure.error == 0 and not figure.replications else _number(figure.error),
            str(figure.replications) if figure.replications else "–",
            _require(figure),
            figure.verdict,
        )
        for figure in figures
    ]
    note = (
        "Error: Monte Carlo standard error. A requirement fails when the value lies outside it by more than three "
        "errors."
    )
    notes = [note, *dict.fromkeys(figure.note for figure in figures if figure.note)]
    table = draw_table(headers, rows, numeric, width=find_width())
    return "\n".join([table, *notes]) + "\n"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}".replace("-", "−")


def _require(figure: "Figure") -> str:
    least, most = figure.least, figure.most
    if least is not None and most is not None:
        return f"{least:g} … {most:g}".replace("-", "−")
    if least is not None:
        return f"≥ {least:g}"
    return f"≤ {most:g}" if most is not None else "–"
