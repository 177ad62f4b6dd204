"""Every check that needs a GPU, under one time limit.

    python -m benchmarks.gpu --out DIR [--data DIR] [--minutes 8]

Prints a table, and keeps it in DIR/gpu.json as far as it has come. With ``--data``, the folder of
modelnet40_ply_hdf5_2048, nimba_base is trained through train.py for the time that is left, and its run lies in
DIR/runs, to be resumed. Without a CUDA device it says so and exits 0.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import torch

from benchmarks.figures import Findings, store
from benchmarks.gpu import equality, kernels, network
from benchmarks.gpu.training import train

RESERVE = 15  # seconds, to end in order
CHECKS: tuple[Callable[[Findings], None], ...] = (
    equality.of_centres_and_orders,
    equality.of_scans,
    equality.of_mixers,
    equality.of_logits,
    kernels.of_scan,
    kernels.of_tokens,
    network.training_step,
    network.inference,
    network.against_attention,
)


def main() -> int:
    """Run the checks that fit into the limit; 1 if one failed or says that the devices disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minutes", type=float, default=8.0)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        print("skipped: no CUDA device here")
        return 0
    end = time.monotonic() + 60 * arguments.minutes - RESERVE
    findings = Findings()
    failed = 0
    for check in CHECKS:
        failed += not attempt(lambda check=check: check(findings), f"{check.__module__}.{check.__name__}", end)
        store("gpu", findings, arguments.out)
    if arguments.data:
        train(arguments.data, arguments.out, end, findings)
        store("gpu", findings, arguments.out)
    disagree = [figure.what for figure in findings.figures if figure.unit in equality.UNITS and figure.met is False]
    print(f"{len(findings.figures)} figures; {failed} checks failed; the devices disagree on: {disagree or 'nothing'}")
    return int(bool(failed or disagree))


def attempt(check: Callable[[], None], name: str, end: float) -> bool:
    """Run a check; one that fails, or that takes longer than until ``end``, says so and keeps none of the others back.

    Args:
        check: what to run.
        name: of it.
        end: by ``time.monotonic``.
    """
    left = end - time.monotonic()
    if left < 1:
        print(f"{name}: no time left")
        return False
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, left)
    try:
        check()
    except Exception as error:  # a kernel that does not compile, or memory that is not enough
        print(f"{name}: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}", flush=True)
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        torch.cuda.empty_cache()
    return True


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError("the time is up")


if __name__ == "__main__":
    sys.exit(main())
