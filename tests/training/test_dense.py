"""Training a network with dense stages: kept neighbours, the coordinate loss, and how a run ends."""

import pytest
import torch
from lightning.pytorch import Callback

import nimba
from nimba.datasets.transforms import PointDropout
from nimba.runtime.errors import InputError
from nimba.training.cli import train
from nimba.training.norms import reestimate
from tests.training.tiny import KilledError, KillIn, arguments, config, read, same

NETWORK = {
    "encoder": "dense",
    "num_centres": 8,
    "encoder_channels": [8, 8, 16],
    "stages": [16, 12],
    "neighbours": 4,
    "dim": 16,
    "depth": 1,
    "token_neighbours": 3,
    "readout": 12,
    "pooling": "max_mean_last",
    "head_channels": [16],
    "head_dropout": 0.2,
}
NEARBY = {"stages": [16, 12, 8], "neighbours": 4, "variants": 2, "fewest_points": 20}
EMA = {"class_path": "nimba.training.WeightEMA", "init_args": {"window": 0.1}}
NORMS = {"class_path": "nimba.training.ReestimatedNorms", "init_args": {"clouds": 24}}
FAST = {"class_path": "nimba.training.FastProducts"}


def settings_of(tmp_path, callbacks=(EMA, NORMS, FAST), **model):
    settings = config(tmp_path, callbacks=list(callbacks), max_epochs=2)
    settings["model"] |= {"model_settings": {**NETWORK, "coordinate_heads": True}, **model}
    settings["data"]["init_args"] |= {"nearby": NEARBY, "val_fraction": 0.3}
    return settings


class Watch(Callback):
    """Notes what training and validation multiply in, and the last training batch."""

    def __init__(self):
        self.training, self.validation, self.batch = set(), set(), None

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.training.add(torch.get_float32_matmul_precision())
        self.batch = batch

    def on_validation_batch_start(self, trainer, pl_module, *rest):
        self.validation.add(torch.get_float32_matmul_precision())


def test_a_resumed_run_equals_one_without_interruption(tmp_path):
    watch = Watch()
    settings = settings_of(tmp_path)
    train(arguments(tmp_path, "--experiment=straight", settings=settings), callbacks=[watch])
    with pytest.raises(KilledError):
        train(arguments(tmp_path, "--experiment=cut", settings=settings), callbacks=[KillIn(1)])
    train(arguments(tmp_path, "--experiment=cut", "--resume", settings=settings))
    one, other = (read(tmp_path / f"runs/{name}/0/last.ckpt") for name in ("straight", "cut"))
    for part in ("state_dict", "current_model_state", "averaging_state", "optimizer_states"):
        assert same(one[part], other[part]), part

    points, _, nearby = watch.batch
    assert points.shape == (len(points), 64, 3)  # all of a cloud's points: the variant says which count
    assert nearby.chosen.shape == (len(points), 16)
    assert watch.training == {"medium"}
    assert watch.validation == {"highest"}
    assert torch.get_float32_matmul_precision() == "highest"
    assert nimba.load(tmp_path / "runs/straight/0/last.ckpt").settings.coordinate_heads


def test_the_coordinate_loss_counts_and_its_weight_falls(tmp_path):
    losses = []
    for name, weight in (("without", 0.0), ("with", 0.5)):
        settings = settings_of(tmp_path, callbacks=[], coordinate_weight=weight)
        metrics, _ = train(arguments(tmp_path, f"--experiment={name}", settings=settings))
        losses.append(metrics["train/loss"])
    assert 0 < losses[1] - losses[0] < 0.5 * 3 * 3  # three stages, each of an error of about 1 in three coordinates


def test_norms_are_reestimated_from_the_average_before_it_is_validated_and_saved(tmp_path):
    settings = settings_of(tmp_path, callbacks=[EMA])
    plain, _ = train(arguments(tmp_path, "--experiment=plain", settings=settings))
    settings = settings_of(tmp_path, callbacks=[EMA, NORMS])
    ended, objects = train(arguments(tmp_path, "--experiment=ended", settings=settings))
    one, other = (read(tmp_path / f"runs/{name}/0/last.ckpt")["state_dict"] for name in ("plain", "ended"))
    for name, weight in one.items():
        if "coordinates" in name:
            continue  # only training's losses reach them
        if "running" in name:
            assert not torch.equal(weight, other[name]), name
        elif "tracked" not in name:
            assert torch.equal(weight, other[name]), name
    assert plain["val/loss"] != ended["val/loss"]
    for norm in objects["model"].model.modules():
        if isinstance(norm, torch.nn.BatchNorm1d):
            assert norm.momentum == 0.1


def test_reestimated_statistics_are_the_mean_of_the_batches():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.BatchNorm1d(3)).eval()
    batches = [torch.randn(10, 3) * 3 + 1 for _ in range(4)]
    reestimate(network, ((points, None) for points in batches))
    torch.testing.assert_close(network[1].running_mean, torch.stack([b.mean(0) for b in batches]).mean(0))
    torch.testing.assert_close(network[1].running_var, torch.stack([b.var(0) for b in batches]).mean(0))
    assert not network.training
    assert not network[1].training


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"callbacks": [NORMS, EMA]}, "list WeightEMA before ReestimatedNorms"),
        ({"mixing": {"class_path": "nimba.training.mixing.RSMix"}}, "mixed clouds have other neighbours"),
        ({"model_settings": {**NETWORK, "stages": [16, 10]}}, "data.nearby: kept are stages of \\[16, 12, 8\\]"),
        ({"coordinate_weight": -1}, "model.coordinate_weight: must be at least 0"),
    ],
)
def test_what_does_not_go_together_is_refused_before_training(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as caught:
        train(arguments(tmp_path, settings=settings_of(tmp_path, **change)))
    assert "\n" not in str(caught.value)


def test_a_transform_that_exchanges_points_is_refused(tmp_path):
    settings = settings_of(tmp_path)
    name = f"nimba.datasets.transforms.{PointDropout.__name__}"
    settings["data"]["init_args"]["transforms"] = [{"class_path": name}]
    with pytest.raises(InputError, match="nearby: PointDropout exchanges points"):
        train(arguments(tmp_path, settings=settings))
