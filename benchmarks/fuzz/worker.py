"""The process that reads mutants, one after the other: ``python -m benchmarks.fuzz.worker FOLDER``.

On stdin: a line for each mutant, its file name in FOLDER. On stdout: a line of JSON with the outcome, what it said, and
by how much the process grew. It ends with stdin. Whoever started it ends it where an answer takes too long.
"""

import json
import resource
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds import read_cloud
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning

_GIB = 1 << 30
GROWTH = _GIB
"""By how much a reader may let the process grow."""
_ROOM = 3 * _GIB  # of addresses: more would endanger the machine; less, and numpy's reserve is not to be had
_LONGEST_LINE = 600


def outcome(file: Path) -> dict[str, Any]:
    """Read one file: "read", "refused", or what went wrong, with its text."""
    _forget_peak()
    before = _peak()
    try:
        result, said = _judged(read_cloud(file, num_samples=1000))
    except InputError as error:
        result, said = "refused", str(error)
        if (
            "\n" in said
            or len(said) > _LONGEST_LINE
            or not said.isprintable()
            or isinstance(error.__context__, MemoryError)
        ):
            result = "other"
    except Exception as error:  # the fault that is looked for
        result, said = "other", f"{type(error).__name__}: {error}"
    growth = _peak() - before
    if growth > GROWTH:
        result, said = "memory", f"grew by {growth / _GIB:.2f} GiB: {said}"
    return {"outcome": result, "said": said[:_LONGEST_LINE], "growth": growth}


def _judged(points: np.ndarray) -> tuple[str, str]:
    right = points.dtype == np.float32 and points.ndim == 2 and points.shape[1] == 3 and len(points) > 1
    if right and np.isfinite(points).all() and np.ptp(points, 0).max() > 0:
        return "read", ""
    return "other", f"read as {points.dtype} {points.shape}, finite or apart: no"


def _peak() -> int:
    """Most memory that this process has had, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _forget_peak() -> None:
    with suppress(OSError):  # where it may not be written to, growth counts from the highest peak so far
        Path("/proc/self/clear_refs").write_text("5")


def main() -> None:
    """Answer until stdin ends."""
    folder = Path(sys.argv[1])
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + _ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error")  # whatever else is said to a user beside one line is a fault, too
    warnings.simplefilter("ignore", InputWarning)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(outcome(folder / line.strip())), flush=True)


if __name__ == "__main__":
    main()
