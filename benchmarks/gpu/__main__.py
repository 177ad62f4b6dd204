"""Every check that needs a GPU, in order of worth, under time limits; README.md beside this says how to run it.

    python -m benchmarks.gpu --out DIR [--data DIR] [--work DIR] [--only PART ...] [--rehearse]

Each part's figures are in DIR/gpu.json as soon as it is done, and a second call does what is missing. With ``--data``,
the folder of modelnet40_ply_hdf5_2048, nimba_best is trained. Without a CUDA device it says so and exits 0;
``--rehearse`` runs a few small steps of every part on a CPU.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch

from benchmarks.figures import Findings
from benchmarks.gpu import equality, kernels, network, training
from benchmarks.gpu.ledger import Ledger
from benchmarks.gpu.setup import Setup

Check = Callable[[Setup, Findings], None]


@dataclass(frozen=True)
class Part:
    """One part: its name, what it runs, and the seconds that it may take."""

    name: str
    check: Check
    seconds: float


EQUALITY = (
    Part("points", equality.of_centres_and_orders, 30),
    Part("scan", equality.of_scans, 25),
    Part("mixer", equality.of_mixers, 20),
    Part("logits", equality.of_logits, 15),
)
SPEED = (
    Part("scan speed", kernels.of_scan, 90),
    Part("tokens speed", kernels.of_tokens, 40),
    Part("training step", network.training_step, 120),
    Part("inference", network.inference, 80),
    Part("attention", network.against_attention, 50),
)


def main() -> int:
    """Run the parts that are not done; 1 if one failed or says that the devices disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="what is worth keeping: at most 8 files under 16 MiB")
    parser.add_argument("--work", type=Path, help="where the training's run lies; DIR/work unless given")
    parser.add_argument("--data", type=Path, help="folder of modelnet40_ply_hdf5_2048")
    parser.add_argument("--training-minutes", type=float, default=7.5)
    parser.add_argument("--only", nargs="+", metavar="PART", help="names of parts; all of them unless given")
    parser.add_argument("--rehearse", action="store_true", help="a few small steps on the CPU")
    arguments = parser.parse_args()
    if not (arguments.rehearse or torch.cuda.is_available()):
        print("skipped: no CUDA device here; --rehearse goes without one")
        return 0
    setup = Setup("cpu" if arguments.rehearse else "cuda")
    job = training.Job(
        arguments.data, arguments.out, arguments.work or arguments.out / "work", 60 * arguments.training_minutes
    )
    parts = (*EQUALITY, Part("training", job.run, job.seconds + training.GRACE), *SPEED)
    unknown = set(arguments.only or ()) - {part.name for part in parts}
    if unknown:
        parser.error(f"--only: no part {', '.join(sorted(unknown))}; there are {', '.join(p.name for p in parts)}")
    ledger = Ledger(arguments.out, setup.device)
    failed = [
        part.name for part in parts if part.name in (arguments.only or part.name) and not run(part, setup, ledger)
    ]
    figures = ledger.figures()
    disagree = [f["what"] for f in figures if f["unit"] in equality.UNITS and f["met"] is False]
    print(f"{len(figures)} figures; failed: {', '.join(failed) or 'none'}")
    print(f"the devices disagree on: {', '.join(disagree) or 'nothing'}")
    return int(bool(failed or disagree))


def run(part: Part, setup: Setup, ledger: Ledger) -> bool:
    """Run a part unless it is done; one that fails, or takes too long, says so and keeps none of the others back."""
    if ledger.done(part.name):
        print(f"== {part.name}: done before", flush=True)
        return True
    print(f"== {part.name}, at most {part.seconds:.0f} s", flush=True)
    findings, error = Findings(), ""
    begin = time.monotonic()
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, part.seconds)
    try:
        part.check(setup, findings)
    except Exception as caught:  # a kernel that does not compile, or memory that is not enough
        error = f"{type(caught).__name__}: {(str(caught).splitlines() or [''])[0]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        torch.cuda.empty_cache()
    seconds = time.monotonic() - begin
    ledger.keep(part.name, findings, error, seconds)
    print(f"== {part.name}: {error or 'done'} after {seconds:.0f} s", flush=True)
    return not error


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError("the time is up")


if __name__ == "__main__":
    sys.exit(main())
