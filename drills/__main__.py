"""`python -m drills [NAME …]`: what takes too long for every test run, as one table; fails when a promise breaks."""

import importlib
import sys
import time
from pathlib import Path

NOT_DRILLS = {"__init__", "__main__", "row", "servers", "writers"}


def main(asked: list[str]) -> int:
    """Run the drills asked for, or all of them; 1 when something does not hold, 2 for an unknown name."""
    here = Path(__file__).parent.glob("*.py")
    found = sorted(path.stem for path in here if path.stem not in NOT_DRILLS)
    unknown = [name for name in asked if name not in found]
    if unknown:
        sys.stderr.write(f"No drill {', '.join(unknown)}. There are: {', '.join(found)}.\n")
        return 2
    failed = False
    head = f"{'drill':<66}{'required':<26}measured\n"
    sys.stdout.write(head + "-" * (len(head) + 20) + "\n")
    for name in asked or found:
        began = time.monotonic()
        for row in importlib.import_module(f"drills.{name}").run():
            failed |= not row.holds
            verdict = "" if row.holds else "  DOES NOT HOLD"
            sys.stdout.write(f"{row.what:<66}{row.required:<26}{row.measured}{verdict}\n")
            sys.stdout.flush()
        sys.stdout.write(f"    {name}: {time.monotonic() - began:.0f} s\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
