"""What the door costs: `from pellucid import Network, Dense` against `import numpy`, as whole processes.

The two commands alternate, and which of a pair goes first alternates too, so that a busy machine slows
both alike; the figure is the median of the pairs' ratios. Both find their compiled bytecode, as any installed
package does from its second import on. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time

import numpy as np

NUMPY = "import numpy"
PELLUCID = "from pellucid import Network, Dense"
PROMISE = 1.25
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(code: str) -> float:
    """The time that a whole interpreter takes for `code`, from before its start to after its end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT)
    return time.perf_counter() - start


def measure(pairs: int) -> list[tuple[float, float]]:
    """(seconds for NumPy, seconds for pellucid) for each pair, after one of each that nobody counts."""
    seconds(NUMPY), seconds(PELLUCID)
    times = []
    for pair in range(pairs):
        if pair % 2:
            ours = seconds(PELLUCID)
            theirs = seconds(NUMPY)
        else:
            theirs = seconds(NUMPY)
            ours = seconds(PELLUCID)
        times.append((theirs, ours))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=51, help="how many pairs of processes (default 51)")
    times = measure(parser.parse_args().pairs)
    low, middle, high = statistics.quantiles([ours / theirs for theirs, ours in times], n=4)
    print("# Import time\n")
    print(f"{len(times)} interleaved pairs of whole processes; medians. Python {platform.python_version()}, ", end="")
    print(f"NumPy {np.__version__}, {platform.system()} {platform.machine()}.\n")
    print("| process | time |")
    print("| --- | --- |")
    print(f"| `{NUMPY}` | {statistics.median(theirs for theirs, _ in times) * 1000:.0f} ms |")
    print(f"| `{PELLUCID}` | {statistics.median(ours for _, ours in times) * 1000:.0f} ms |")
    verdict = "kept" if middle <= PROMISE else "broken"
    print(f"\nRatio: **{middle:.3f}** (half of the pairs between {low:.3f} and {high:.3f}). ", end="")
    print(f"Promise: at most {PROMISE}: {verdict}.")


if __name__ == "__main__":
    main()
