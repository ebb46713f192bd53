"""How a scale is scored, in words that a codebook carries: what is put together, its range, which way is better."""

from evalplat.errors import Message
from evalplat.instruments.definition import Scale
from evalplat.instruments.missing_words import say_allowed, say_fill

METHODS: dict[str, Message] = {
    "sum": Message("Sum of %(members)s"),
    "weighted_sum": Message("Weighted sum of %(members)s"),
    "mean": Message("Mean of %(members)s"),
    "min": Message("Lowest of %(members)s"),
    "max": Message("Highest of %(members)s"),
    "count_in": Message("How many of %(members)s are %(values)s"),
    "gas_t": Message("T score of the goals, with a correlation of %(rho)s between goals"),
    "given": Message("As the owner of the instrument scores it"),
}
OPEN = Message(
    "The range and the direction of %(instrument)s are its owner’s and are not stated here yet, so no score can be "
    "kept. The county states them once, with: evalplat instruments adopt"
)
NOT_STATED = Message("As its owner states; not stated here yet")
BETTER: dict[str | None, Message] = {
    "higher_better": Message("Higher is better"),
    "lower_better": Message("Lower is better"),
    None: Message("Neither way is better"),
}


def list_rules(scale: Scale) -> list[Message]:
    """Sentences about a scale, the method first; without full stops."""
    found = [_say_method(scale)]
    if scale.maps:
        codes = " ".join(scale.maps)
        found.append(Message("Recoded before they are counted: %(codes)s", codes=codes))
    if scale.transform.lookup:
        found.append(Message("Then read from the instrument’s table"))
    if len(scale.variants) > 1:
        ways = ", ".join(variant.key for variant in scale.variants)
        found.append(Message("Ways of scoring, by what applies: %(ways)s", ways=ways))
    if scale.open:
        return [*found, NOT_STATED]
    found.append(
        Message("From %(low)s to %(high)s", low=f"{scale.minimum:g}", high=f"{scale.maximum:g}")
    )
    found.append(BETTER[scale.direction])
    found.append(Message("May be missing: %(allowed)s", allowed=say_allowed(scale)))
    filled = say_fill(scale)
    if filled is not None:
        found.append(Message("In place of a missing answer: %(filled)s", filled=filled))
    return found


def _say_method(scale: Scale) -> Message:
    return Message(
        METHODS[scale.method].template,
        members=" ".join(scale.members),
        values=", ".join(f"{value:g}" for value in scale.count_values),
        rho=f"{scale.rho:g}",
    )
