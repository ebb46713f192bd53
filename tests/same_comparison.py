"""Two comparisons of providers, field by field."""

import dataclasses

import pytest

ONLY_ROWS = {"skewness", "kurtosis", "outliers", *(f"floor_{p}" for p in ("baseline", "end"))}
ONLY_ROWS |= {"ceiling_baseline", "ceiling_end", "cells"}
"""What needs clients' rows, or is counted otherwise from sums."""


def said_by_both(result):
    """The comparison without the warnings that need rows."""
    kept = [w for w in result.warnings if not str(w).startswith(("Many clients", "More clients"))]
    return dataclasses.replace(result, warnings=tuple(kept))


def check_same(one, two, where="", tolerance=1e-9):
    """Field by field through everything nested; numbers to the tolerance."""
    if dataclasses.is_dataclass(one):
        assert type(one) is type(two), where
        for field in dataclasses.fields(one):
            if field.name not in ONLY_ROWS:
                check_same(
                    getattr(one, field.name),
                    getattr(two, field.name),
                    f"{where}.{field.name}",
                    tolerance,
                )
    elif isinstance(one, tuple):
        assert len(one) == len(two), (where, one, two)
        for place, (a, b) in enumerate(zip(one, two, strict=True)):
            check_same(a, b, f"{where}[{place}]", tolerance)
    elif isinstance(one, float):
        assert two == pytest.approx(one, rel=tolerance, abs=tolerance), where
    else:
        assert one == two, where
