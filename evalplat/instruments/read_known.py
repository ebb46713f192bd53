"""Reading what is known about a scale: bands, norms, change parameters, and how a group of sheets is summed up."""

from collections.abc import Mapping

from evalplat.errors import Message
from evalplat.instruments.definition import Band, ChangeParameters, GroupSummary, Norm
from evalplat.instruments.keys import NAME, Keys

BANDS_MOST = 20


def read_lookup(keys: Keys, required: bool = True) -> Mapping[float, float]:
    """Two lists of the same length: each value of `from` becomes the value of `to` at the same place."""
    source = keys.numbers("from", required=required)
    target = keys.numbers("to", required=required)
    if source and target and len(source) != len(target):
        keys.wrong("to", f"as many numbers as from has ({len(source)})")
    if len(set(source)) != len(source):
        keys.wrong("from", "each value once")
    return dict(zip(source, target, strict=False))


def read_bands(entry: Keys, set_key: str) -> tuple[Band, ...]:
    """Bands from the lowest up: each says where it ends (at_most or below), the last one does not."""
    bands: list[Band] = []
    listed = entry.tables("bands", required=True, most=BANDS_MOST)
    source = entry.text("source", required=True)
    population = entry.text("population")
    entry.close()
    for number, keys in enumerate(listed, start=1):
        name = keys.word("key", NAME, "low", required=True)
        at_most, below = keys.number("at_most"), keys.number("below")
        attention = keys.flag("attention")
        keys.close()
        ends = ("at_most" in keys.data) + ("below" in keys.data)
        if ends != (0 if number == len(listed) else 1):
            keys.faults.add(
                keys.path,
                Message(
                    "every band but the last ends with one of at_most and below; the last has no end"
                ),
            )
        upper = at_most if below is None else below
        if upper is not None and any(b.upper is not None and b.upper >= upper for b in bands):
            keys.wrong("at_most" if below is None else "below", "a higher end than the band before")
        if any(band.key == f"{set_key}.{name}" for band in bands):
            keys.wrong("key", "a key that no other band of the set has")
        bands.append(
            Band(f"{set_key}.{name}", upper, at_most is not None, attention, source, population)
        )
    return tuple(bands)


def read_norm(keys: Keys) -> Norm:
    """How a stated population scored; population and source are a must."""
    norm = Norm(
        population=keys.text("population", required=True),
        source=keys.text("source", required=True),
        mean=keys.number("mean"),
        sd=keys.number("sd", above=0),
        n=keys.whole("n", 1, 1_000_000_000) if keys.has("n") else None,
        percentiles=_read_percentiles(keys),
    )
    keys.close()
    return norm


def _read_percentiles(keys: Keys) -> tuple[tuple[float, float], ...]:
    table = keys.table("percentiles")
    if table is None:
        return ()
    pairs = tuple(read_lookup(table).items())
    table.close()
    if any(not 0 <= percent <= 100 for _, percent in pairs):
        table.wrong("to", "percentiles from 0 to 100")
    return pairs


def read_change(parent: Keys) -> ChangeParameters:
    """Change parameters with their source and population; `mic` is a number or the two ends of a published range."""
    keys = parent.table("change")
    if keys is None:
        return ChangeParameters()
    span = keys.span("mic") if isinstance(keys.data.get("mic"), list) else None
    mic = span[1] if span else keys.number("mic", above=0)
    if span and span[0] <= 0:
        keys.wrong("mic", "numbers above 0")
    change = ChangeParameters(
        sd=keys.number("sd", above=0),
        # A reliability of 1 would make every change, however small, a reliable one.
        reliability=keys.number("reliability", 0, 0.999, above=0),
        reliability_type=keys.choice(
            "reliability_type", ("test_retest", "alpha"), required="reliability" in keys.data
        ),
        mic=mic,
        mic_range=span,
        sdc=keys.number("sdc", above=0),
        source=keys.text("source", required=True),
        population=keys.text("population", required=True),
    )
    keys.close()
    return change


def read_summary(parent: Keys) -> GroupSummary:
    """How a group of sheets makes one figure; a mean unless the definition says otherwise."""
    keys = parent.table("group_summary")
    if keys is None:
        return GroupSummary()
    method = keys.choice("method", ("mean", "nps"), "mean", required=True)
    promoters = keys.number("promoters_from", required=method == "nps")
    detractors = keys.number("detractors_to", required=method == "nps")
    keys.close()
    if promoters is None or detractors is None:
        return GroupSummary(method)
    if promoters <= detractors:
        keys.wrong("promoters_from", "a higher number than detractors_to")
    return GroupSummary(method, promoters, detractors)
