"""``python -m nimba.gpu PLAN.yaml --data DIR --out DIR --minutes N``: train a plan's networks on one GPU."""

import sys
from pathlib import Path

from jsonargparse import ArgumentParser

from nimba.datasets import ModelNet40DataModule
from nimba.gpu.plan import Plan
from nimba.gpu.run import train
from nimba.runtime.cleanly import run_cleanly


def main() -> None:
    """Parse, train, print."""
    parser = ArgumentParser(prog="python -m nimba.gpu", description="Train a plan's networks on one GPU.")
    parser.add_argument("plan", type=str, help="YAML: networks, most_epochs, val_fraction, compiled")
    parser.add_argument("--data", type=str, required=True, help="folder of modelnet40_ply_hdf5_2048")
    parser.add_argument("--out", type=str, required=True, help="gets NAME.ckpt and record.json")
    parser.add_argument("--minutes", type=float, default=8.0, help="for all of it")
    parser.add_argument("--device", type=str, default="cuda", help="cpu rehearses")
    given = parser.parse_args()
    reader = ArgumentParser(exit_on_error=False)
    reader.add_class_arguments(Plan, None)
    plan = Plan(**vars(reader.instantiate(reader.parse_path(given.plan))))
    arguments = {"root": given.data, "num_points": 1024, "val_fraction": plan.val_fraction}
    data = ModelNet40DataModule(**arguments, num_workers=0)
    config = {"class_path": "nimba.datasets.ModelNet40DataModule", "init_args": arguments}
    out = Path(given.out)
    out.mkdir(parents=True, exist_ok=True)
    train(plan, data, config, out, 60 * given.minutes, given.device)


if __name__ == "__main__":
    sys.exit(run_cleanly(main))
