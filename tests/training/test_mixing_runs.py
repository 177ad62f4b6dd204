"""Runs that mix their batches: the configs in configs/mixing, and what depends on what."""

from pathlib import Path

import pytest
import torch
import yaml
from lightning.pytorch import Callback

import nimba
from nimba.training import mixing
from nimba.training.cli import train
from tests.training.tiny import arguments, config

LAYERS = sorted((Path(nimba.__file__).parents[1] / "configs/mixing").glob("*.yaml"))


class Keep(Callback):
    """Keep what the network is shown, and the batches that came."""

    def __init__(self):
        self.shown, self.came = [], []

    def on_train_start(self, trainer, pl_module):
        def keep(network, inputs):
            if network.training:
                self.shown.append(inputs[0].clone())

        pl_module.model.register_forward_pre_hook(keep)

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.came.append(batch[0].clone())


def run(tmp_path, *more, probability):
    settings = config(tmp_path, max_epochs=2)
    options = {"probability": probability}
    settings["model"]["mixing"] = {"class_path": "nimba.training.mixing.PointCutMixR", "init_args": options}
    keep = Keep()
    metrics, objects = train(
        arguments(tmp_path, "--test_at_end=false", "--overwrite", *more, settings=settings), [keep]
    )
    return keep, metrics, objects


@pytest.mark.parametrize("path", LAYERS, ids=lambda path: path.stem)
def test_a_mixing_goes_over_another_config(tmp_path, path):
    command = arguments(tmp_path, "--config", str(path), "--trainer.fast_dev_run=1")
    metrics, objects = train(command)
    made = yaml.safe_load(path.read_text())["model"]["mixing"]
    kind = getattr(mixing, made["class_path"].rsplit(".", 1)[1])
    task = objects["model"]
    assert type(task.mixing) is kind
    assert {name: getattr(task.mixing, name) for name in made["init_args"]} == made["init_args"]
    assert vars(kind()).keys() == vars(task.mixing).keys()
    assert metrics["train/loss"] > 0
    assert task.optimizer_settings.lr == 0.01  # the rest is the other config's


def test_there_is_a_config_for_every_mixing():
    named = {yaml.safe_load(path.read_text())["model"]["mixing"]["class_path"].rsplit(".", 1)[1] for path in LAYERS}
    assert named == {name for name in mixing.__all__ if name not in ("Mixing", "MixedBatch")}


def test_the_network_is_shown_mixed_clouds_that_differ_from_step_to_step_and_seed_to_seed(tmp_path):
    first, _, _ = run(tmp_path, probability=1.0)
    share = [
        (shown != came).any(2).float().mean(1) for shown, came in zip(first.shown, first.came, strict=True)
    ]  # (B,) each
    assert all((cloud > 0).all() for cloud in share)
    assert len({tuple(cloud.tolist()) for cloud in share}) == len(share)  # no step repeats another
    again, _, _ = run(tmp_path, probability=1.0)
    assert all(map(torch.equal, first.shown, again.shown))
    other, _, _ = run(tmp_path, "--seed_everything=1", probability=1.0)
    assert not any(map(torch.equal, first.shown, other.shown))


def test_processes_of_a_run_draw_apart(tmp_path):
    _, _, objects = run(tmp_path, probability=0.5)
    task = objects["model"]
    seeds = {task._seed_of(batch) for batch in range(3)}
    objects["trainer"].strategy.global_rank = 1
    seeds |= {task._seed_of(batch) for batch in range(3)}
    assert len(seeds) == 6


def test_a_mixing_that_mixes_nothing_shows_and_learns_what_none_does(tmp_path):
    still, metrics, _ = run(tmp_path, probability=0.0)
    assert all(map(torch.equal, still.shown, still.came))
    _, plain = train(arguments(tmp_path, "--trainer.max_epochs=2", "--experiment=plain", "--test_at_end=false"))
    assert metrics["train/loss"] == pytest.approx(float(plain["trainer"].callback_metrics["train/loss"]), rel=1e-4)
