"""What a training leaves of each network: its record, and a checkpoint with all there is to know."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from nimba.datasets import CloudDataModule
from nimba.gpu.learner import Learner
from nimba.gpu.plan import Plan
from nimba.records.machine import describe_code, describe_machine
from nimba.training.checkpoints import WholeCheckpointIO
from nimba.training.classifier import describe

Config = dict[str, Any]


def new_record(learner: Learner, plan: Plan, config: Config) -> Config:
    """What a run's record says at first, as ``train.py`` writes it."""
    how = learner.learning
    beside = [other.run for other in plan.networks if other is not how]
    return {
        "experiment": how.name,
        "seed": how.seed,
        "finished": False,
        "test": None,
        "parameters": sum(p.numel() for p in learner.network.parameters()),
        "code": describe_code(),
        "machine": describe_machine(),
        "epochs": [],
        "beside": beside,
        "config": {
            "experiment": how.name,
            "seed_everything": how.seed,
            "learning": asdict(how),
            "data": config,
            "trainer": {},
        },
    }


def save(learner: Learner, record: Config, data: CloudDataModule, out: Path) -> None:
    """Write the checkpoint: the averaged weights, with whatever statistics the norms have, and the record."""
    state = {name: value.detach().cpu().clone() for name, value in learner.network.state_dict().items()}
    names = [name for name, _ in learner.network.named_parameters()]
    state |= {name: mean.cpu().clone() for name, mean in zip(names, learner.average, strict=True)}
    how = learner.learning
    spec = describe(how.model, learner.network, data)
    checkpoint = {
        "state_dict": {f"model.{name}": value for name, value in state.items()},
        "nimba": replace(spec, frame=replace(spec.frame, facing=how.facing)).to_dict(),
        "config": record["config"],
        "epoch": len(record["epochs"]) - 1,  # by this, and the next, a file is known to hold averaged weights
        "averaging_state": {},
        "record": record,
    }
    WholeCheckpointIO().save_checkpoint(checkpoint, out / f"{how.run}.ckpt")
