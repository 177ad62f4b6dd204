"""``nimba gpu``: several networks trained on one GPU in a fixed time, and runs made of what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def train_plan(
    *,
    config: Path,
    output: Path,
    minutes: float = 9.0,
    device: Literal["cuda", "cpu"] = "cuda",
    data: Path | None = None,
    seeds: list[int] | None = None,
    most_epochs: int | None = None,
    compiled: bool | None = None,
    settings: list[str] | None = None,
) -> int:
    """Train a plan's networks side by side.

    Args:
        config: The plan, such as configs/gpu/modelnet40.yaml: its data, and each network with its rates.
        output: Folder that gets NAME-SEED.ckpt of each network.
        minutes: For all of it.
        device: cpu rehearses, or goes on with trained weights.
        data: Folder of the data. Default: as the plan says.
        seeds: Train each network with each of these, such as [0,1], in place of the plan's.
        most_epochs: No more than these, however much time there is. Default: as the plan says.
        compiled: Fuse the steps by torch.compile, on a GPU. Default: as the plan says.
        settings: Further settings of the plan, as --data.init_args.num_points 1024.
    """
    from nimba.gpu.by_plan import train_by_plan

    given = {"data.init_args.root": data, "seeds": seeds, "most_epochs": most_epochs, "compiled": compiled}
    words = [f"--{name}={value}" for name, value in given.items() if value is not None]
    train_by_plan(config, [*words, *(f"--{setting}" for setting in settings or ())], output, minutes, device)
    return 0


def finish_runs(checkpoints: list[Path], *, runs: Path = Path("runs"), data: Path | None = None) -> int:
    """Calibrate trained networks, score the test split once, and make runs of them.

    Args:
        checkpoints: What nimba gpu train wrote.
        runs: Folder of all runs.
        data: Folder of the data here. Default: where the training had it.
    """
    from nimba.gpu.finish import finish_run
    from nimba.records.results import percent

    for path in checkpoints:
        record = finish_run(path, runs, None if data is None else str(data))
        print(f"{path}: test OA {percent(record['test']['OA'])}, mAcc {percent(record['test']['mAcc'])}", flush=True)
    return 0
