"""What the words of a client's copy are called on paper."""

from collections.abc import Mapping
from typing import Any

from evalplat.errors import Message
from evalplat.reports.level_words import EMPLOYMENTS, LANGUAGES, LIVING_SITUATIONS, SEXES

FACTS = {
    "name": Message("Name"),
    "birth_year": Message("Year of birth"),
    "sex": Message("Sex"),
    "language": Message("Language"),
    "municipality": Message("Municipality"),
    "living_situation": Message("Living situation"),
    "employment": Message("Employment"),
}

WORDS: Mapping[str, Mapping[Any, Message]] = {
    "sex": SEXES,
    "language": LANGUAGES,
    "living_situation": LIVING_SITUATIONS,
    "employment": EMPLOYMENTS,
    "fact": FACTS,
    "act": {
        "restricted": Message("Use of the data restricted"),
        "lifted": Message("Restriction lifted"),
        "objected": Message("Left out of comparisons"),
        "withdrawn": Message("Counted in comparisons again"),
    },
    "kind": {
        "copy": Message("Copy of the data"),
        "correction": Message("Correction"),
        "restriction": Message("Restriction of use"),
        "objection": Message("Being left out of comparisons"),
        "erasure": Message("Erasure"),
    },
    "channel": {
        "none": Message("Not at all"),
        "email": Message("By e-mail"),
        "sms": Message("By text message"),
    },
    "state": {
        "planned": Message("Planned"),
        "sending": Message("On its way"),
        "sent": Message("Sent"),
        "failed": Message("Failed"),
        "cancelled": Message("Cancelled"),
    },
    "outcome": {
        "held": Message("Held"),
        "no_show": Message("The client did not come"),
        "cancelled": Message("Cancelled beforehand"),
        "done": Message("Done"),
        "refused": Message("Could not be done"),
    },
    "place": {
        "on_site": Message("At the provider’s"),
        "home": Message("At the client’s home"),
        "digital": Message("By telephone or video"),
        "elsewhere": Message("Elsewhere"),
    },
    "closing": {
        "completed": Message("Completed as planned"),
        "interrupted": Message("Interrupted"),
        "moved": Message("The client moved"),
        "died": Message("The client died"),
        "other": Message("Other reason"),
    },
}
