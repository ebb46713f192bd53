"""Agreement and test and retest in sentences, for a reader who looks for what the figures mean."""

from collections.abc import Mapping, Sequence

from evalplat.language import Translate, get_translator, write_number
from evalplat.reports.words import signed, tidy
from evalplat.statistics.raters.agreement import Agreement, AgreementRow
from evalplat.statistics.raters.reliability import Retest

Titles = Mapping[tuple[str, str], str]
"""(instrument, scale) → what the scale is called."""

MODERATE, GOOD, EXCELLENT = 0.5, 0.75, 0.9
"""From where on an intraclass correlation is called so (Koo and Li 2016)."""

WEAK, STRONG = 0.3, 0.6
"""Correlations of two scales of one area: below the first they hardly measure the same thing."""

TOO_FEW = ("no_pairs", "withheld", "counts_only", "too_few_pairs")

DECIMALS_OF_SD = ((3.0, 1), (0.3, 2))


def counterpart_name(row: AgreementRow, titles: Titles, raters: Mapping[str, str]) -> str:
    """Who else rated, or which other scale was rated."""
    if row.standardised:
        return tidy(titles.get(row.second[:2], "/".join(row.second[:2])))
    return tidy(raters.get(row.second[2], row.second[2]))


def _in_sentence(rater: str, raters: Mapping[str, str], _: Translate) -> str:
    """Who rated, as it stands within a sentence."""
    return {
        "client": _("the client"),
        "worker": _("the worker"),
        "proxy": _("somebody close to the client"),
        "together": _("client and worker together"),
    }.get(rater, raters.get(rater, rater))


def _counterpart_in_sentence(
    row: AgreementRow, titles: Titles, raters: Mapping[str, str], _: Translate
) -> str:
    if row.standardised:
        return counterpart_name(row, titles, raters)
    return _in_sentence(row.second[2], raters, _)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def agreement_sentences(
    rows: Sequence[AgreementRow], titles: Titles, raters: Mapping[str, str], language: str
) -> list[str]:
    """One sentence or two for each counterpart that enough clients were rated on, and one for all others together."""
    _ = get_translator(language)
    few = [row for row in rows if row.found.status in TOO_FEW]
    found = [agreement_sentence(row, titles, raters, language) for row in rows if row not in few]
    if few:
        names = ", ".join(_counterpart_in_sentence(row, titles, raters, _) for row in few)
        found.append(
            _("Too few clients were rated by both to say how well the two agree: %(names)s.")
            % {"names": names}
        )
    return found


def agreement_sentence(
    row: AgreementRow, titles: Titles, raters: Mapping[str, str], language: str
) -> str:
    """One comparison in a sentence or two, or why there is none."""
    _ = get_translator(language)
    found, limits = row.found, row.found.limits
    values: dict[str, object] = {
        "other": _counterpart_in_sentence(row, titles, raters, _),
        "own": _in_sentence(row.first[2], raters, _),
    }
    sentences = [_status_sentence(found, _)]
    if found.status != "ok":
        return _capital(sentences[0] % values)
    if row.standardised:
        r = found.correlation
        values["value"] = write_number(r.value if r else None, language, 2)
        values["level"] = _closeness(found, _)
        return _("%(other)s: %(level)s (correlation %(value)s).") % values
    values["level"] = _level(found, _)
    sentences = [_("%(own)s and %(other)s: %(level)s.")]
    if limits is not None:
        decimals = choose_decimals(limits.sd)
        bias = round(limits.bias, decimals)
        values["points"] = write_number(abs(bias), language, decimals)
        values["low"] = signed(limits.lower, language, decimals)
        values["high"] = signed(limits.upper, language, decimals)
        if bias > 0:
            sentences.append(_("On average %(other)s gives %(points)s points more than %(own)s."))
        elif bias < 0:
            sentences.append(_("On average %(other)s gives %(points)s points less than %(own)s."))
        else:
            sentences.append(_("On average neither gives more points."))
        sentences.append(_("For a single client the two may differ by %(low)s to %(high)s points."))
    return " ".join(_capital(sentence % values) for sentence in sentences)


def _status_sentence(found: Agreement, _: Translate) -> str:
    return {
        "constant_ratings": _(
            "%(other)s: the scores of all clients are the same, so that agreement cannot be told."
        ),
        "one_constant_rater": _(
            "%(other)s: one of the two gave all clients the same score, so that agreement cannot be told."
        ),
        "constant_difference": _("%(other)s: the two scores differ by the same for all clients."),
    }.get(found.status, "")


def _closeness(found: Agreement, _: Translate) -> str:
    """How strongly two scales go together, in a word; none is given before there is an interval."""
    r = found.correlation
    if r is None or r.low is None:
        return _("too few clients to judge how strongly the two go together")
    if r.value < WEAK:
        return _("the two hardly go together")
    return (
        _("the two go together to some degree")
        if r.value < STRONG
        else _("the two go together well")
    )


def _level(found: Agreement, _: Translate) -> str:
    """How well two agree, in a word; none is given before there is an interval."""
    icc = found.icc
    if icc is None or icc.low is None:
        return _("too few clients to judge how well the two agree")
    if icc.value < MODERATE:
        return _("the two agree poorly")
    if icc.value < GOOD:
        return _("the two agree moderately")
    return _("the two agree well") if icc.value < EXCELLENT else _("the two agree very well")


def retest_sentence(found: Retest, language: str, *, days: tuple[int, int]) -> str:
    """Test and retest in a sentence, or why there is none."""
    _ = get_translator(language)
    values: dict[str, object] = {"least": days[0], "most": days[1], "n": found.n}
    if found.status in ("no_pairs", "withheld", "counts_only", "too_few_pairs"):
        return (
            _(
                "Test and retest cannot be told: too few clients have a follow-up measurement %(least)s to %(most)s"
                " days after the one at the end, with no service between the two. A measurement plan with such a"
                " follow-up would give it."
            )
            % values
        )
    if found.icc is None:
        return _(
            "All clients have the same score at both measurements, so that test and retest cannot be told."
        )
    decimals = choose_decimals(found.sem)
    values["icc"] = write_number(found.icc.value, language, 2)
    values["sem"] = write_number(found.sem, language, decimals)
    values["sdc"] = write_number(found.sdc, language, decimals)
    return (
        _(
            "%(n)s clients were measured twice within %(most)s days after the service: agreement (ICC) %(icc)s, error"
            " of one score (SEM) %(sem)s, smallest detectable change (SDC) %(sdc)s points."
        )
        % values
    )


def choose_decimals(sd: float | None) -> int:
    """One decimal where scores differ by points, more on short scales."""
    if sd is None:
        return 1
    return next((decimals for least, decimals in DECIMALS_OF_SD if sd >= least), 3)
