"""The strategies in configs/strategies: what several processes learn is what one learns with the whole batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.distributed.fsdp.wrap import ModuleWrapPolicy

import nimba
from nimba.classifier import create_model
from nimba.classifier.network import Block
from nimba.evaluation.evaluate import evaluate
from nimba.runtime.errors import InputError
from nimba.training import OptimizerSettings, ShardedBlocks
from nimba.training.cli import TrainingCLI, train
from nimba.training.optimization import create_optimizer, spared_from_decay
from nimba.training.sync_norm import SharedStatistics
from tests.datasets.layouts import cloud, write_modelnet40_hdf5
from tests.training.tiny import EMA, arguments, config, read, same
from tests.training.two_processes import in_two_processes

ROOT = Path(nimba.__file__).parents[1]
STRATEGIES = ROOT / "configs/strategies"
LAUNCHER = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]  # torchrun
BATCH = 8
STILL = {"drop_path": 0.0, "head_dropout": 0.0}  # without noise, which each process draws for itself


class Instantiated(TrainingCLI):
    """Stops before the training."""

    def fit(self, **kwargs):
        pass


@pytest.fixture
def still(tmp_path):
    """The config of a run without noise, whose batches share out evenly."""
    write_modelnet40_hdf5(tmp_path / "data", train=24)
    settings = config(tmp_path, max_epochs=3)
    settings["model"]["model_settings"] |= STILL
    return settings


def over(strategy):
    return ["--config", str(STRATEGIES / f"{strategy}.yaml")]


def of_two(strategy):
    return [*over(strategy), "--trainer.devices=2", f"--data.batch_size={BATCH // 2}"]


def start(*command):
    ours = ("MASTER_", "RANK", "WORLD_", "NODE_", "LOCAL_")  # left by Trainers that were made in this process
    variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    variables |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=variables, timeout=400)
    assert done.returncode == 0, done.stderr


def losses(tmp_path, experiment):
    record = json.loads((tmp_path / f"runs/{experiment}/0/record.json").read_text())
    return [epoch["train/loss"] for epoch in record["epochs"]]


def logits(checkpoint):
    points = torch.stack([torch.from_numpy(cloud(seed, 32)) for seed in range(5)])
    with torch.no_grad():
        # By the batch's own statistics: a bias that a BatchNorm takes away has no gradient but rounding, which Adam
        # makes steps of, and the running means follow it with delay.
        return nimba.load(checkpoint).train()(points)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_a_strategy_goes_over_another_config(tmp_path, still, strategy):
    cli = Instantiated([*arguments(tmp_path, settings=still), *over(strategy)])
    assert isinstance(cli.trainer.strategy, ShardedBlocks) == (strategy == "fsdp")
    assert cli.config.fit.trainer.sync_batchnorm
    assert isinstance(cli.trainer.strategy._layer_sync, SharedStatistics)
    assert cli.config.fit.trainer.gradient_clip_val == 1.0  # the rest is the other config's


def test_the_gpu_s_goes_over_another_config(tmp_path, still):
    here = ["--trainer.accelerator=cpu", "--trainer.precision=32-true"]
    cli = Instantiated([*arguments(tmp_path, settings=still), *over("gpu"), *here])
    assert cli.datamodule.cache_on_device
    assert cli.config.fit.trainer.precision == "32-true"
    assert cli.config.fit.data.init_args.num_points == still["data"]["init_args"]["num_points"]


def test_all_strategies_are_here():
    assert sorted(path.stem for path in STRATEGIES.glob("*.yaml")) == ["ddp", "fsdp", "gpu"]
    for path in STRATEGIES.glob("*.yaml"):
        assert yaml.safe_load(path.read_text()).keys() <= {"trainer", "model", "data"}


def test_sharded_weights_are_not_averaged(tmp_path, still):
    still["trainer"]["callbacks"] = [EMA]
    with pytest.raises(InputError, match="WeightEMA cannot average sharded weights"):
        train([*arguments(tmp_path, settings=still), *over("fsdp")])


def decays_of_shares(rank):
    torch.manual_seed(0)
    model = create_model("nimba_tiny", num_classes=3, **STILL)
    spared = spared_from_decay(model)
    policy = ModuleWrapPolicy({Block})
    FullyShardedDataParallel(model, auto_wrap_policy=policy, device_id=torch.device("cpu"), use_orig_params=True)
    optimizer = create_optimizer(model, OptimizerSettings(weight_decay=0.05), spared)
    assert all(p.ndim == 1 for p in model.parameters())  # a share of a matrix is a vector
    return [(group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]


@pytest.mark.slow
def test_shares_of_matrices_decay_as_matrices_do(tmp_path):
    whole = create_optimizer(create_model("nimba_tiny", num_classes=3, **STILL), OptimizerSettings(weight_decay=0.05))
    expected = [(group["weight_decay"], len(group["params"])) for group in whole.param_groups]
    assert in_two_processes(decays_of_shares, tmp_path) == [expected, expected]


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_learn_what_one_does(tmp_path, still, strategy):
    command = arguments(tmp_path, settings=still)
    train([*command, "--experiment=one"])
    start(*LAUNCHER, "train.py", *command, *of_two(strategy), "--experiment=two")

    assert losses(tmp_path, "two") == pytest.approx(losses(tmp_path, "one"), rel=1e-4)
    one, two = (tmp_path / f"runs/{name}/0/last.ckpt" for name in ("one", "two"))
    torch.testing.assert_close(logits(two), logits(one), rtol=1e-3, atol=1e-3)
    assert list(read(two)["state_dict"]) == list(read(one)["state_dict"])
    record = json.loads((two.parent / "record.json").read_text())
    assert record["parameters"] == json.loads((one.parent / "record.json").read_text())["parameters"]
    assert evaluate(two).plain.summary() == {key: record["test"][key] for key in ("OA", "mAcc", "samples")}


@pytest.mark.slow
def test_a_sharded_run_is_resumed(tmp_path, still):
    command = [*arguments(tmp_path, settings=still), *of_two("fsdp")]
    killed = tmp_path / "killed.py"
    killed.write_text(
        "import sys; from nimba.training.cli import train; from tests.training.tiny import KillIn\n"
        "train(sys.argv[1:], [KillIn(epoch=2)])\n"
    )
    start(sys.executable, "train.py", *command, "--experiment=straight")
    with pytest.raises(AssertionError, match="KilledError"):
        start(*LAUNCHER, str(killed), *command, "--experiment=cut")
    assert len(losses(tmp_path, "cut")) == 2
    start(sys.executable, "train.py", *command, "--experiment=cut", "--resume")

    assert losses(tmp_path, "cut") == losses(tmp_path, "straight")
    straight, cut = (read(tmp_path / f"runs/{name}/0/last.ckpt") for name in ("straight", "cut"))
    assert same(straight["state_dict"], cut["state_dict"])
    assert same(straight["optimizer_states"], cut["optimizer_states"])
