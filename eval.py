"""Score a checkpoint on a test split: ``python eval.py --checkpoint runs/shapes/0/last.ckpt``."""

import sys

from nimba.runtime.cleanly import run_cleanly


def main() -> None:
    """Evaluate as the command line says."""
    from nimba.evaluation.cli import main

    main()


if __name__ == "__main__":
    sys.exit(run_cleanly(main))
