"""What is done with missing answers, in words that stand beside the instrument."""

from evalplat.errors import Message
from evalplat.instruments.definition import Scale

FILLS: dict[str, Message] = {
    "none": Message("Nothing: the answers that there are make the score"),
    "prorate": Message("Nothing: the sum is scaled up to all questions"),
}
MEANS: dict[str, Message] = {
    "scale": Message("The mean of the answered questions of the scale"),
    "group": Message("The mean of the answered questions of the same domain"),
    "instrument": Message("The mean of the answered questions of the sheet"),
}


def say_allowed(scale: Scale) -> Message:
    """How many answers may be missing."""
    rule = scale.missing
    if scale.over == "goals":
        return Message("Goals that were not rated are left out")
    if scale.over == "scales":
        return Message("As in the scales that it is made of")
    if scale.method == "given":
        return Message("As the owner of the instrument says")
    if not rule.allowed:
        return Message("None")
    if rule.per_group:
        return Message(
            "%(allowed)s on the whole sheet, %(limit)s in a domain",
            allowed=rule.allowed, limit=max(rule.per_group.values()),
        )  # fmt: skip
    if rule.counted_over == "instrument":
        return Message("%(allowed)s on the whole sheet", allowed=rule.allowed)
    return Message("%(allowed)s of %(count)s", allowed=rule.allowed, count=len(scale.members))


def say_fill(scale: Scale) -> Message | None:
    """What takes the place of a missing answer; None where none may be missing."""
    rule = scale.missing
    if scale.over != "items" or scale.method == "given" or not rule.allowed:
        return None
    return MEANS[rule.scope] if rule.fill == "mean" else FILLS[rule.fill]
