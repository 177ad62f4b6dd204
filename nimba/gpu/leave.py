"""What a training leaves of each network: its record, and a checkpoint with all there is to know."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import nimba
from nimba.classifier import ClassifierSpec
from nimba.clouds.pose import Frame
from nimba.datasets import CloudDataModule
from nimba.gpu.learner import Learner
from nimba.gpu.plan import Learning, Plan
from nimba.records.machine import describe_code, describe_machine
from nimba.training.checkpoints import WholeCheckpointIO

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
            "learning": _plain(asdict(how)),
            "data": config,
            "trainer": {},
        },
    }


def save(learner: Learner, record: Config, data: CloudDataModule, out: Path) -> None:
    """Write the checkpoint: the averaged weights, with whatever statistics the norms have, and the record."""
    state = {name: value.detach().cpu().clone() for name, value in learner.network.state_dict().items()}
    names = [name for name, _ in learner.network.named_parameters()]
    state |= {name: mean.cpu().clone() for name, mean in zip(names, learner.average, strict=True)}
    checkpoint = {
        "state_dict": {f"model.{name}": value for name, value in state.items()},
        "nimba": describe(learner, data).to_dict(),
        "config": record["config"],
        "record": record,
    }
    WholeCheckpointIO().save_checkpoint(checkpoint, out / f"{learner.learning.run}.ckpt")


def describe(learner: Learner, data: CloudDataModule) -> ClassifierSpec:
    """What the network is, for its file."""
    how: Learning = learner.learning
    return ClassifierSpec(
        model=how.model,
        settings=asdict(learner.network.settings),
        class_names=list(data.class_names),
        normalisation=data.normalisation,
        num_points=data.num_points,
        version=nimba.__version__,
        frame=Frame(data.frame.mirrored, how.facing, data.frame.files_up),
    )


def _plain(value: Any) -> Any:
    """Lists for tuples, as YAML has them."""
    if isinstance(value, dict):
        return {key: _plain(some) for key, some in value.items()}
    return [_plain(some) for some in value] if isinstance(value, list | tuple) else value
