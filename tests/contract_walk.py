"""Requests drawn from the published description, sent as one caller: what fits it, and what does not.

Schemathesis draws them and checks each answer: no server error, no status, kind of content or body that is not
described, nothing that fits refused as misfit (400), nothing accepted that does not fit.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Config, GenerationMode
from schemathesis.core.failures import FailureGroup

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CONFIG = {
    "checks": {
        "not_a_server_error": {"expected-statuses": ["2xx", "4xx"]},
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "401", "403", "404", "409", "422", "429"]
        },
        "negative_data_rejection": {
            "expected-statuses": [
                "400",
                "401",
                "403",
                "404",
                "405",
                "409",
                "413",
                "415",
                "422",
                "429",
            ]
        },
    }
}
"""422 is for what fits the description but not the instrument, or what is stored; 400 never is for what fits."""


class Contract:
    """The published description of an application, and a count of what was answered."""

    def __init__(self, app: Any, change: Callable[[Any], None] = lambda document: None) -> None:
        document = app.test_client().get("/api/v1/openapi.json").get_json()
        for methods in document["paths"].values():
            for operation in methods.values():
                del operation["security"]  # else half of what does not fit is only a wrong token
        del document["security"], document["components"]["securitySchemes"]
        change(document)
        self.schema = schemathesis.openapi.from_dict(document, config=Config.from_dict(CONFIG))
        self.schema.app = app
        self.answered: Counter[tuple[str, int]] = Counter()
        """(positive or negative, status): how often."""

    def check(self, path: str, method: str, answer: Any) -> None:
        """One answer is as described; raises where it is not."""
        self.schema[path][method].validate_response(answer)

    def walk(
        self, key: str, *, examples: int, ids: Mapping[str, str], only: tuple[str, ...] = ()
    ) -> Iterator[str]:
        """Send `examples` requests of each kind to each operation with one key; tells what broke, one line for each.

        Half of them name objects that are there (`ids`), the others draw their own.
        """
        for found in self.schema.get_all_operations():
            operation = found.ok()
            if only and operation.path not in only:
                continue
            own = {name: ids[name] for name in ids if f"{{{name}}}" in operation.path}
            for mode in MODES:
                for fixed in (own, {}) if own else ({},):
                    if mode.is_negative and not _may_be_wrong(operation, fixed):
                        continue
                    try:
                        self._send(operation, key, mode, fixed, examples // (2 if own else 1))
                    except (Exception, FailureGroup) as error:  # it is told, and the walk goes on
                        yield f"{operation.label} {mode.value}: {error}"

    def _send(
        self, operation: Any, key: str, mode: GenerationMode, fixed: Mapping[str, str], count: int
    ) -> None:
        requests = operation.as_strategy(generation_mode=mode, path_parameters=dict(fixed) or None)

        @settings(
            max_examples=max(count, 1), deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), print_blob=False,
        )  # fmt: skip
        @given(case=requests)
        def send(case: Any) -> None:
            if key:
                case.headers["Authorization"] = f"Bearer {key}"
            answer = case.call()
            self.answered[mode.value, answer.status_code] += 1
            case.validate_response(answer)

        send()


def _may_be_wrong(operation: Any, fixed: Mapping[str, str]) -> bool:
    """Whether there is anything that could be sent otherwise than it is described."""
    free = "{" in operation.path and not fixed
    return bool(free or operation.query or operation.headers or operation.body)
