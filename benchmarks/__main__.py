"""`python -m benchmarks [NAME …]`: run what stands in this folder, print ratios, fail when one is under its bound."""

import importlib
import sys
from pathlib import Path

NOT_BENCHMARKS = {"__init__", "__main__", "ratio"}


def main(asked: list[str]) -> int:
    """Run the benchmarks asked for, or all of them; 1 when a ratio is under its bound."""
    found = sorted(
        p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in NOT_BENCHMARKS
    )
    unknown = [name for name in asked if name not in found]
    if unknown:
        sys.stderr.write(f"No benchmark {', '.join(unknown)}. There are: {', '.join(found)}.\n")
        return 2
    failed = False
    head = f"{'benchmark':<46}{'ours':>11}{'peer':>11}{'ratio':>9}{'bound':>8}\n"
    sys.stdout.write(head + "-" * (len(head) - 1) + "\n")
    for name in asked or found:
        for ratio in importlib.import_module(f"benchmarks.{name}").measure():
            failed |= not ratio.passed
            verdict = "" if ratio.passed else "  UNDER ITS BOUND"
            sys.stdout.write(
                f"{ratio.what:<46}{ratio.ours:>9.4f} s{ratio.peer:>9.3f} s{ratio.value:>8.4g}×"
                f"{ratio.bound:>7.4g}×{verdict}\n"
            )
            if ratio.note:
                sys.stdout.write(f"    {ratio.note}\n")
            sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
