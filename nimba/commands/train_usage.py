"""The short help of ``train.py``, which waits for neither torch nor Lightning."""

import argparse


def usage() -> str:
    """What ``train.py --help`` prints; what there is to set is in ``train.py fit --help``."""
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Train a classifier of point clouds.",
        epilog="train.py fit --help lists every setting. Example: train.py fit --config configs/shapes.yaml",
    )
    parser.add_argument("-c", "--config", help="YAML file of settings, given before or after fit")
    commands = parser.add_subparsers(title="subcommands", required=True)
    commands.add_parser("fit", help="train, keep the run's checkpoint and records, then score the test split")
    return parser.format_help()
