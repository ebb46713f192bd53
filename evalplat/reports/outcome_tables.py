"""Coverage, shares of change and goals as tables in the reader's words: for pages, files and the terminal alike."""

from collections.abc import Sequence

from evalplat.language import get_translator, write_number
from evalplat.reports.outcome_words import (
    category_word,
    change_notes,
    denominator_word,
    method_word,
    percent,
    percent_span,
    points,
    stage_word,
    status_word,
)
from evalplat.reports.tables import Table
from evalplat.reports.words import DASH, tidy, verdict_word
from evalplat.statistics.shares.change_shares import CategoryShare, ChangeShareRow, ChangeShares
from evalplat.statistics.shares.flow import Flow, FlowRow, Stage
from evalplat.statistics.shares.goal_attainment import GoalAttainment, GoalRow

FLOW_STAGES = ("baseline", "completed", "end", "end_of_completers", "pairs", "follow_up")


def flow_table(flow: Flow, language: str) -> Table:
    """Who started and how far they came, with the share of its denominator in each cell."""
    _ = get_translator(language)
    keys = [key for key in FLOW_STAGES if flow.knows(key)]
    denominators = {stage.key: stage.denominator for stage in flow.total.stages}
    headers = [_("Provider"), _("Started")]
    headers += [
        f"{stage_word(key, language)}, {denominator_word(denominators[key], language)}"
        for key in keys
    ]
    notes = [
        _(
            "Started: everybody whose service began in the period, also those whose service goes on and whose last"
            " measurement is not due yet."
        ),
        _("Both scores: the clients that every comparison of change rests on."),
    ]
    if flow.released:
        notes.append(hidden_note(language))
    return Table(
        caption=_("Who started, was measured and can be compared"),
        headers=tuple(headers),
        numeric=(False, *(True,) * (len(headers) - 1)),
        rows=tuple(_flow_cells(row, tidy(row.provider), keys, language) for row in flow.rows),
        total=_flow_cells(flow.total, _("All together"), keys, language),
        notes=tuple(notes),
    )


def hidden_note(language: str) -> str:
    """What is done with small counts."""
    _ = get_translator(language)
    return _(
        "Counts are rounded to 5, and counts under 5 are not shown, nor others from which they could be worked out."
    )


def _flow_cells(row: FlowRow, name: str, keys: Sequence[str], language: str) -> tuple[str, ...]:
    started = write_number(row.started, language, 0) if row.started is not None else ""
    return (
        name,
        started or status_word("withheld", language),
        *(_stage_cell(row.stage(key), language) for key in keys),
    )


def _stage_cell(stage: Stage, language: str) -> str:
    if stage.count is None or stage.share is None:
        return status_word(stage.status, language)
    return f"{percent(stage.share, language)} ({write_number(stage.count, language, 0)})"


def change_table(shares: ChangeShares, language: str) -> Table:
    """Shares of reliable change per provider, compared with all others together."""
    _ = get_translator(language)
    further = [
        share.key for share in shares.total.shares if share.key in ("recovered", "important")
    ]
    known = [key for key in further if shares.total.share(key).status != "unknown"]
    headers = (
        _("Provider"),
        _("Both scores"),
        category_word("improved", language),
        _("Difference to the others"),
        _("Cautious estimate"),
        category_word("unchanged", language),
        category_word("deteriorated", language),
        _("Improved less worse"),
        *(category_word(key, language) for key in known),
        _("Position"),
    )
    notes = [*change_notes(shares, language)]
    if shares.status == "ok":
        notes += _list_change_notes(shares, known, language)
    return Table(
        caption=_("Clients by reliable change"),
        headers=headers,
        numeric=(False, *(True,) * (len(headers) - 2), False),
        rows=tuple(_change_cells(row, tidy(row.provider), known, language) for row in shares.rows),
        total=_change_cells(shares.total, _("All together"), known, language),
        notes=tuple(notes),
    )


def _list_change_notes(shares: ChangeShares, known: Sequence[str], language: str) -> list[str]:
    _ = get_translator(language)
    notes = [
        _("In brackets: the 95% interval. Differences are in percentage points."),
        _(
            "A cautious estimate draws a provider with few clients towards the share of all,"
            " because its own figure is mostly chance."
        ),
    ]
    if "recovered" in known:
        notes.append(
            _(
                "Recovered: improved from the side of the cut-off (%(cut_off)s points) where people need help to beyond"
                " it; of those who began on that side."
            )
            % {"cut_off": write_number(shares.cut_off, language, 1)}
        )
    if "important" in known:
        notes.append(
            _(
                "Important improvement: at least %(mic)s points, what people themselves call a change that matters."
            )
            % {"mic": write_number(shares.mic, language, 1)}
        )
    if shares.released:
        notes.append(hidden_note(language))
    return notes


def _change_cells(
    row: ChangeShareRow, name: str, known: Sequence[str], language: str
) -> tuple[str, ...]:
    improved = row.share("improved")
    verdict = "" if improved.verdict is None else verdict_word(improved.verdict, language)
    pairs = write_number(row.n_pairs, language, 0)
    return (
        name,
        pairs if row.n_pairs is not None else status_word("withheld", language),
        _share_cell(improved, language),
        points(improved.difference, language),
        percent(improved.shrunken, language),
        _share_cell(row.share("unchanged"), language),
        _share_cell(row.share("deteriorated"), language),
        points(row.net, language),
        *(_share_cell(row.share(key), language) for key in known),
        verdict or DASH,
    )


def _share_cell(share: CategoryShare, language: str) -> str:
    if share.share is None:
        return status_word(share.status, language)
    span = percent_span(share.low, share.high, language)
    return f"{percent(share.share, language)} ({span})"


def sensitivity_table(results: Sequence[ChangeShares], language: str) -> Table:
    """The shares improved and worse of all together, and by provider, under each method beside the other."""
    _ = get_translator(language)
    headers = [_("Provider")]
    for shares in results:
        method = method_word(shares.method, language)
        headers += [
            f"{category_word(key, language)} ({method})" for key in ("improved", "deteriorated")
        ]

    def cells(name: str, rows: Sequence[ChangeShareRow]) -> tuple[str, ...]:
        found = [name]
        for row in rows:
            for key in ("improved", "deteriorated"):
                share = row.share(key)
                shown = share.share is not None
                found.append(
                    percent(share.share, language) if shown else status_word(share.status, language)
                )
        return tuple(found)

    return Table(
        caption=_("The same clients judged in two ways"),
        headers=tuple(headers),
        numeric=(False, *(True,) * (len(headers) - 1)),
        rows=tuple(
            cells(tidy(rows[0].provider), rows)
            for rows in zip(*(shares.rows for shares in results), strict=True)
        ),
        total=cells(_("All together"), [shares.total for shares in results]),
        notes=(
            _(
                "The second way takes into account that extreme scores tend to move towards the average by themselves."
                " Where both ways agree, the shares do not hang on the choice."
            ),
        ),
    )


def goal_table(attainment: GoalAttainment, language: str) -> Table:
    """Goals and clients that reached what was agreed, with the mean T, and no position on it."""
    _ = get_translator(language)
    notes = [
        _("Goals attained: rated 0, +1 or +2, at what was agreed or better, of all rated goals."),
        _(
            "Goals of one client are alike; the interval takes that into account. Providers are not compared on goals:"
            " each client's goals are set anew, and easy goals are attained more often."
        ),
        _(
            "T is 50 on average, if goals are set so that the agreed level is the likely outcome. A mean far above 50"
            " speaks of easy goals as much as of good results."
        ),
    ]
    if attainment.released:
        notes.append(hidden_note(language))
    return Table(
        caption=_("Goals attained"),
        headers=(
            _("Provider"),
            _("Clients with rated goals"),
            _("Goals attained"),
            _("Clients with T of 50 or more"),
            _("Mean T"),
            _("Note"),
        ),
        numeric=(False, True, True, True, True, False),
        rows=tuple(_goal_cells(row, tidy(row.provider), language) for row in attainment.rows),
        total=_goal_cells(attainment.total, _("All together"), language),
        notes=tuple(notes),
    )


def _goal_cells(row: GoalRow, name: str, language: str) -> tuple[str, ...]:
    _ = get_translator(language)
    hidden = status_word("withheld", language)
    if row.status == "no_goals":
        return (name, "0", DASH, DASH, DASH, _("no goal is rated yet"))
    clients = write_number(row.n_clients, language, 0) if row.n_clients is not None else hidden
    cells = []
    for share in (row.goals, row.clients_at_50):
        if share is None or share.share is None:
            cells.append(hidden)
        else:
            span = percent_span(share.low, share.high, language)
            cells.append(f"{percent(share.share, language)}{f' ({span})' if span else ''}")
    mean = DASH
    if row.mean_t is not None:
        ends = (row.mean_t_low, row.mean_t_high)
        span = "–".join(write_number(end, language, 0) for end in ends if end is not None)
        mean = write_number(row.mean_t, language, 0) + (f" ({span})" if span else "")
    return (name, clients, *cells, mean, _("goals may be easy") if row.easy else "")
