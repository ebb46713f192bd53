"""`evalplat remind`: for cron or a systemd timer; running it twice sends nothing twice."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from evalplat.delivery.outgoing import Sender
    from evalplat.services.sending import Run
    from evalplat.vocabulary import Channel
    from evalplat.wiring import Wiring

KINDS = {
    "not_planned": "was never planned",
    "not_sent": "is planned and was not sent",
    "failed": "failed",
    "unknown": "unknown whether it went out: check it, and say so on the page of reminders",
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--dry-run", is_flag=True, help="Say what would be sent; change and send nothing.")
@click.option("--check", is_flag=True, help="List what should have gone out and did not.")
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Another day, with --dry-run or --check only.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write messages as files into this folder instead of sending them, for trials.",
)
@click.option("--json", "as_json", is_flag=True, help="Write it for a program.")
def remind(
    dry_run: bool, check: bool, on: datetime | None, into: Path | None, as_json: bool
) -> None:
    """Remind clients of what is due, by e-mail and SMS.

    Each form is spoken of when its window opens and then every few days, a few times at most; at night nothing goes
    out. Exit code 1 when a message did not go out, or with --check when one should have and did not.
    """
    from evalplat.config import load_settings
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    if dry_run and check:
        raise click.UsageError("Choose one of --dry-run and --check, not both.")
    if on is not None and not (dry_run or check):
        raise click.UsageError("--on only looks: use it with --dry-run or --check.")
    if into is not None and (dry_run or check):
        raise click.UsageError("--into sends: it does not go with --dry-run or --check.")
    settings = load_settings(os.environ)
    check_tables(settings)
    with closing(build_wiring(settings)) as wiring:
        if check:
            _check(wiring, on, as_json)
        elif dry_run:
            _tell_due(wiring, on, as_json)
        else:
            _send(wiring, into, as_json)


def _send(wiring: "Wiring", into: Path | None, as_json: bool) -> None:
    from evalplat.services.actors import Actor
    from evalplat.services.sending import Post, check_key, send_reminders

    settings = wiring.settings
    check_key(settings.secret_key)
    senders = _make_senders(wiring, into)
    actor = Actor.system("reminders")
    run = send_reminders(
        Post(
            begin=lambda: wiring.transaction(actor),
            catalogue=wiring.catalogue,
            actor=actor,
            senders=senders,
            settings=settings.messages,
            secret_key=settings.secret_key,
            clock=wiring.clock,
        )
    )
    if as_json:
        click.echo(json.dumps(asdict(run)))
    else:
        _tell_run(run, settings.messages.first_hour, settings.messages.last_hour)
    if not run.is_well:
        sys.exit(1)


def _make_senders(wiring: "Wiring", into: Path | None) -> "Mapping[Channel, Sender]":
    from evalplat.delivery.outbox import Outbox
    from evalplat.delivery.senders import check_public_url, make_senders
    from evalplat.vocabulary import Channel

    if into is None:
        return make_senders(wiring.settings.messages)
    check_public_url(wiring.settings.messages)
    return {channel: Outbox(into) for channel in (Channel.EMAIL, Channel.SMS)}


def _tell_run(run: "Run", first_hour: int, last_hour: int) -> None:
    if run.asleep:
        click.echo(f"It is night: messages go out from {first_hour} until {last_hour} o'clock.")
        return
    click.echo(
        f"{run.sent} sent, {run.failed} failed, {run.unknown} unknown, {run.cancelled} cancelled, "
        f"{run.waiting} left for the next run."
    )
    for trouble, count in run.troubles.items():
        click.echo(f"{count}: {trouble.replace('_', ' ')}", err=True)
    names = {"email": "EVALPLAT_SMTP_URL", "sms": "EVALPLAT_SMS_URL"}
    for channel, count in run.not_set_up.items():
        click.echo(f"{count} by {channel} cannot be sent: {names[channel]} is not set.", err=True)


def _tell_due(wiring: "Wiring", on: datetime | None, as_json: bool) -> None:
    from evalplat.episodes.local_time import local_day
    from evalplat.services.actors import Actor
    from evalplat.services.reminder_views import list_coming
    from evalplat.services.reminders import rule_of

    day = on.date() if on else local_day(wiring.clock())
    actor = Actor.system("reminders, only looked at")
    with wiring.reading(actor) as session:
        coming = list_coming(
            session,
            wiring.catalogue,
            actor,
            rule=rule_of(wiring.settings.messages),
            on=day,
            until=day,
        )
    rows = [
        {"episode": c.episode_id, "point": c.point, "channel": c.channel, "forms": c.forms}
        for c in coming
    ]
    _write_rows(rows, as_json)
    if not as_json:
        click.echo(f"{len(rows)} would be sent on {day.isoformat()}.")


def _check(wiring: "Wiring", on: datetime | None, as_json: bool) -> None:
    from evalplat.services.actors import Actor
    from evalplat.services.reminder_views import list_missing
    from evalplat.services.reminders import rule_of

    messages = wiring.settings.messages
    actor = Actor.system("check of reminders")
    with wiring.reading(actor) as session:
        missing = list_missing(
            session,
            wiring.catalogue,
            actor,
            rule=rule_of(messages),
            last_hour=messages.last_hour,
            at=wiring.clock(),
            on=on.date() if on else None,
        )
    rows = [
        {
            "day": one.day.isoformat(),
            "episode": one.episode_id,
            "point": one.point,
            "channel": one.channel,
            "what": one.kind if as_json else KINDS[one.kind],
            "why": str(one.reason or ""),
        }
        for one in missing
    ]
    _write_rows(rows, as_json)
    if not as_json:
        click.echo(f"{len(rows)} should have gone out and did not.")
    if rows:
        sys.exit(1)


def _write_rows(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo("\t".join(str(value) for value in row.values() if value != ""))
