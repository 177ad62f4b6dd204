"""Train a classifier: ``python train.py fit --config configs/shapes.yaml``."""

import sys

from nimba.runtime.cleanly import run_cleanly


def main() -> None:
    """Train as the command line says."""
    if sys.argv[1:] in (["-h"], ["--help"]):
        from nimba.commands.train_usage import usage

        print(usage(), end="")
        return
    from nimba.training.cli import train

    train()


if __name__ == "__main__":
    sys.exit(run_cleanly(main))
