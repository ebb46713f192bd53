"""An instrument in words, for `evalplat instruments show`: what is asked, how it is scored, what is known of change."""

from collections.abc import Iterator, Sequence
from typing import Any

from evalplat.instruments.definition import (
    All,
    Comparison,
    Instrument,
    Item,
    Not,
    Scale,
    Test,
    Texts,
    ValueMap,
    Variant,
)
from evalplat.scoring.examples import Example

METHODS = {
    "sum": "sum",
    "weighted_sum": "weighted sum",
    "mean": "mean",
    "min": "lowest",
    "max": "highest",
    "count_in": "count of answers in {values}",
    "gas_t": "T = 50 + 10 Σwx / √((1−ρ) Σw² + ρ (Σw)²), ρ = {rho:g}",
    "given": "scored by the owner; typed in or imported",
}


def describe_instrument(
    definition: Instrument, language: str, examples: Sequence[Example]
) -> Iterator[str]:
    """Lines of text."""
    texts = definition.text(language)
    yield f"{texts.title} ({definition.key} {definition.version})"
    yield f"  kind: {definition.kind}, for use with {'groups' if definition.use == 'group' else 'individuals'}"
    yield f"  answered by: {', '.join(definition.respondents)}; how: {', '.join(definition.modes)}"
    if texts.recall:
        yield f"  looks back: {texts.recall}"
    yield f"  languages: {', '.join(f'{c} ({t.status})' for c, t in definition.texts.items())}"
    licence = definition.licence
    yield f"  licence: {licence.holder}. {licence.terms} Electronic use: {licence.electronic_use}."
    if licence.source:
        yield f"  source: {licence.source}"
    if licence.official_wording:
        yield "  The official wording is the owner's; the labels shown here are our own descriptions."
    if definition.note:
        yield f"  note: {definition.note}"
    yield f"  digest: {definition.digest}"
    yield from _describe_asked(definition, texts)
    for scale in definition.scales:
        yield ""
        yield from _describe_scale(scale, texts)
    scored = [
        example for example in examples if any(v is not None for v in example.expected.values())
    ]
    for example in scored[:1]:
        yield ""
        yield from _describe_example(definition, example)


def _describe_asked(definition: Instrument, texts: Texts) -> Iterator[str]:
    if definition.conditions:
        yield ""
        yield "Condition fields"
        for condition in definition.conditions:
            wanted = ", ".join(condition.choices) or "1 yes, 0 no"
            yield f"  {condition.code}: {texts.conditions[condition.code].label} ({wanted})"
    if definition.asks:
        yield ""
        yield "Items"
        for item in definition.asks:
            when = f"; only when {say_test(item.applicable_when)}" if item.applicable_when else ""
            yield f"  {item.code}: {texts.items[item.code].label} ({_say_answers(item)}{when})"
    if definition.goals:
        rules = definition.goals
        yield ""
        yield f"Goals: {rules.fewest} to {rules.most}, usually {rules.usual[0]} or {rules.usual[1]}"
        for level, label in texts.levels.items():
            yield f"  {level:+d}: {label}" if level else f"   0: {label}"
        yield (
            f"  baseline: {rules.baseline_some_ability} with some ability, {rules.baseline_no_ability} with none"
        )


def _say_answers(item: Item) -> str:
    if item.options:
        return f"{min(item.values)} to {max(item.values)}"
    if item.number:
        return f"{item.number.minimum:g} to {item.number.maximum:g}"
    return f"text, at most {item.max_length} characters"


def say_test(test: Test) -> str:
    """A condition in words."""
    if isinstance(test, Comparison):
        words = {
            "equals": "is",
            "in": "is one of",
            "less": "is less than",
            "at_least": "is at least",
        }
        if test.operator == "answered":
            return f"{test.field} is {'' if test.value else 'not '}answered"
        values = test.value if isinstance(test.value, tuple) else (test.value,)
        said = ", ".join(
            {True: "yes", False: "no"}[v] if isinstance(v, bool) else str(v) for v in values
        )
        return f"{test.field} {words[test.operator]} {said}"
    if isinstance(test, Not):
        return f"not ({say_test(test.part)})"
    return f" {'and' if isinstance(test, All) else 'or'} ".join(
        f"({say_test(part)})" for part in test.parts
    )


def _describe_scale(scale: Scale, texts: Texts) -> Iterator[str]:
    direction = {"higher_better": "higher is better", "lower_better": "lower is better"}
    way = direction.get(scale.direction or "", "no direction")
    yield f"Scale {scale.key}: {texts.scales[scale.key]}"
    span = f"range {scale.minimum:g} to {scale.maximum:g}, {way}"
    if scale.open:
        span = "range and direction are the owner's, not stated yet (evalplat instruments adopt)"
    yield f"  {span}" + (f", domain {scale.domain}" if scale.domain else "")
    for variant in reversed(scale.variants):
        yield f"  {say_rule(scale, variant)}"
    yield f"  missing answers: {say_missing(scale)}"
    if scale.bands:
        yield f"  bands: {_say_bands(scale, texts)} ({scale.bands[0].source})"
    for norm in scale.norms:
        parts = [
            f"{n} {v:g}" for n, v in (("mean", norm.mean), ("SD", norm.sd), ("n", norm.n)) if v
        ]
        parts += [f"{value:g} is percentile {percent:g}" for value, percent in norm.percentiles]
        yield f"  norm, {norm.population}: {', '.join(parts)} ({norm.source})"
    yield f"  change: {say_change(scale)}"
    if scale.source:
        yield f"  range from: {scale.source}"
    if scale.note:
        yield f"  note: {scale.note}"


def say_rule(scale: Scale, variant: Variant) -> str:
    """How one variant of a scale is put together."""
    values = ", ".join(f"{value:g}" for value in scale.count_values)
    said = METHODS[scale.method].format(values=values, rho=scale.rho)
    if scale.over != "goals" and scale.method != "given":
        what = "scales" if scale.over == "scales" else "items"
        said += f" of {len(variant.members)} {what}: {' '.join(variant.members)}"
    recoded: dict[str, list[str]] = {}
    for code, value_map in scale.maps.items():
        if code in variant.members:
            recoded.setdefault(value_map.key, []).append(code)
    for key, codes in recoded.items():
        said += f"; {_say_map(scale.maps[codes[0]])} first ({key}): {' '.join(codes)}"
    transform = scale.transform
    if transform.rescale_to and variant.expect_range:
        low, high = variant.expect_range
        said += f"; {low:g} to {high:g} becomes {transform.rescale_to[0]:g} to {transform.rescale_to[1]:g}"
    elif transform.lookup:
        said += f"; by a table of {len(transform.lookup)} values"
    elif (transform.multiply, transform.add) != (1, 0):
        said += f"; times {transform.multiply:g}" + (
            f" plus {transform.add:g}" if transform.add else ""
        )
    name = f"{variant.key}: " if variant.key else ""
    return f"{name}{said}" + (f", when {say_test(variant.when)}" if variant.when else "")


def _say_map(value_map: ValueMap) -> str:
    if value_map.reverse:
        return f"reversed between {value_map.reverse[0]:g} and {value_map.reverse[1]:g}"
    source = " ".join(f"{value:g}" for value in value_map.table)
    target = " ".join(f"{value:g}" for value in value_map.table.values())
    return f"{source} become {target}"


def say_missing(scale: Scale) -> str:
    """The missing rule in words."""
    rule = scale.missing
    if scale.over == "goals":
        return "a goal that was not rated is left out, and the score is then partial"
    if scale.method == "given":
        return "as the owner states"
    if not rule.allowed:
        return "none may be missing"
    where = "in the whole sheet" if rule.counted_over == "instrument" else "in the scale"
    said = f"up to {rule.allowed} {where}"
    for group, limit in rule.per_group.items():
        said += f", up to {limit} in {'a domain' if group == '*' else group}"
    scopes = {"scale": "the scale", "group": "the domain", "instrument": "the sheet"}
    fills = {
        "none": "the rest is scored as it is (partial)",
        "prorate": "the sum is scaled up (partial)",
        "mean": f"filled with the mean of the answered items of {scopes[rule.scope]} "
        + (f"{'before' if rule.fill_space == 'raw' else 'after'} recoding " if scale.maps else "")
        + "(imputed)",
    }
    return f"{said}; {fills[rule.fill]}; beyond that no score"


def _say_bands(scale: Scale, texts: Texts) -> str:
    said = []
    for band in scale.bands:
        end = (
            "above"
            if band.upper is None
            else f"{'≤' if band.includes_upper else '<'} {band.upper:g}"
        )
        said.append(f"{texts.bands[band.key]} {end}")
    return ", ".join(said)


def say_change(scale: Scale) -> str:
    """What is known about change."""
    change = scale.change
    known = []
    if change.sd is not None:
        known.append(f"SD {change.sd:g}")
    if change.reliability is not None:
        known.append(f"reliability {change.reliability:g} ({change.reliability_type})")
    if change.sdc is not None:
        known.append(f"smallest detectable change {change.sdc:g}")
    if change.mic_range:
        known.append(f"minimal important change {change.mic_range[0]:g} to {change.mic_range[1]:g}")
    elif change.mic is not None:
        known.append(f"minimal important change {change.mic:g}")
    if not known:
        return (
            "SD, reliability and minimal important change are not known; change is not assessable"
        )
    return f"{', '.join(known)}; {change.population} ({change.source})"


def _describe_example(definition: Instrument, example: Example) -> Iterator[str]:
    yield f"Example: {example.name}"
    if definition.kind == "goals":
        for rating in example.ratings:
            yield f"  goal {rating.goal}: level {rating.level}, weight {rating.weight:g}"
    else:
        given = [f"{code}={value}" for code, value in example.raw.items() if value != ""]
        yield f"  {' '.join(given)}"
    for result in example.score(definition):
        value = "no score" if result.value is None else f"{result.value:.10g}"
        yield f"  {result.scale} = {value} ({result.status})"


def outline_instrument(
    definition: Instrument, language: str, examples: Sequence[Example]
) -> dict[str, Any]:
    """The same for programs."""
    texts = definition.text(language)
    return {
        "key": definition.key,
        "version": definition.version,
        "kind": definition.kind,
        "use": definition.use,
        "title": texts.title,
        "respondents": list(definition.respondents),
        "modes": list(definition.modes),
        "recall": definition.recall,
        "digest": definition.digest,
        "languages": {code: text.status for code, text in definition.texts.items()},
        "licence": {
            "holder": definition.licence.holder,
            "terms": definition.licence.terms,
            "electronic_use": definition.licence.electronic_use,
            "source": definition.licence.source,
        },
        "conditions": [condition.code for condition in definition.conditions],
        "items": [
            {
                "code": item.code,
                "label": texts.items[item.code].label,
                "kind": item.kind,
                "values": list(item.values),
                "icf": list(item.icf),
                "applicable_when": say_test(item.applicable_when) if item.applicable_when else None,
            }
            for item in definition.asks
        ],
        "scales": [_outline_scale(scale, texts) for scale in definition.scales],
        "examples": [{"name": e.name, "expected": e.expected} for e in examples],
    }


def _outline_scale(scale: Scale, texts: Texts) -> dict[str, Any]:
    change = scale.change
    return {
        "key": scale.key,
        "label": texts.scales[scale.key],
        "direction": scale.direction,
        "domain": scale.domain,
        "minimum": None if scale.open else scale.minimum,
        "maximum": None if scale.open else scale.maximum,
        "rules": [say_rule(scale, variant) for variant in reversed(scale.variants)],
        "missing": say_missing(scale),
        "change": {
            "sd": change.sd,
            "reliability": change.reliability,
            "reliability_type": change.reliability_type or None,
            "mic": change.mic,
            "mic_range": change.mic_range,
            "sdc": change.sdc,
            "source": change.source or None,
            "population": change.population or None,
        },
    }
