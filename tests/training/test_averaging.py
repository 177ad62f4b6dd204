"""The moving average: what is validated, saved and loaded."""

import pytest
import torch
from lightning.pytorch import Callback

import nimba
from nimba.runtime.errors import InputError
from nimba.training import WeightEMA
from nimba.training.cli import train
from tests.training.tiny import EMA, KilledError, KillIn, arguments, config, read, same

LATE = {"class_path": "nimba.training.WeightEMA", "init_args": {"update_starting_at_step": 1000}}


class Watch(Callback):
    """Notes the network's state before, in and after each validation, and after each update."""

    def __init__(self):
        self.validated, self.trained, self.updates = [], [], []

    def on_train_batch_end(self, trainer, pl_module, *rest):
        self.updates.append(state(pl_module.model))

    def on_validation_batch_start(self, trainer, pl_module, *rest):
        self.validated.append(state(pl_module.model))

    def on_train_epoch_end(self, trainer, pl_module):
        self.trained.append(state(pl_module.model))


def state(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def run(tmp_path, callbacks, *more, kill=None):
    settings = config(tmp_path, callbacks=callbacks, max_epochs=2)
    settings["data"]["init_args"]["val_fraction"] = 0.3
    watch = Watch()
    extra = [watch] if kill is None else [watch, KillIn(kill)]
    train(arguments(tmp_path, *more, settings=settings), callbacks=extra)
    return watch


def prefixed(weights):
    return {f"model.{name}": weight for name, weight in weights.items()}


def test_the_average_is_validated_and_saved(tmp_path):
    watch = run(tmp_path, [EMA])
    expected = watch.updates[0]
    for update in watch.updates[1:]:
        for name, tensor in expected.items():
            if tensor.is_floating_point():  # the running statistics of BatchNorm too
                expected[name] = 0.8 * tensor + 0.2 * update[name]
    checkpoint = read(tmp_path / "runs/tiny/0/last.ckpt")
    for name, tensor in expected.items():
        if tensor.is_floating_point():
            torch.testing.assert_close(checkpoint["state_dict"][f"model.{name}"], tensor)
    assert same(prefixed(watch.validated[-1]), checkpoint["state_dict"])
    assert same(prefixed(watch.updates[-1]), checkpoint["current_model_state"])
    assert same(watch.trained[-1], watch.updates[-1])  # after validation the current weights are back
    loaded = nimba.load(tmp_path / "runs/tiny/0/last.ckpt")
    assert same(prefixed(loaded.state_dict()), checkpoint["state_dict"])


def test_before_its_first_update_the_current_weights_stand(tmp_path):
    watch = run(tmp_path, [LATE])
    checkpoint = read(tmp_path / "runs/tiny/0/last.ckpt")
    assert same(watch.validated[-1], watch.updates[-1])
    assert same(prefixed(watch.updates[-1]), checkpoint["state_dict"])
    assert "averaging_state" not in checkpoint


def test_a_run_killed_before_the_first_update_goes_on(tmp_path):
    late = {"class_path": "nimba.training.WeightEMA", "init_args": {"update_starting_at_step": 2}}
    with pytest.raises(KilledError):
        run(tmp_path, [late], "--experiment=cut", kill=1)
    run(tmp_path, [late], "--experiment=cut", "--resume")
    run(tmp_path, [late], "--experiment=straight")
    one, other = (read(tmp_path / f"runs/{name}/0/last.ckpt") for name in ("cut", "straight"))
    for part in ("state_dict", "current_model_state", "averaging_state", "optimizer_states"):
        assert same(one[part], other[part]), part


def test_a_window_is_a_share_of_the_run(tmp_path):
    """Weights that grow evenly lag behind by the window: their average is as old as the window is long."""
    settings = config(tmp_path, max_epochs=4)
    callback = WeightEMA(window=0.25)
    _, objects = train(arguments(tmp_path, settings=settings), callbacks=[callback])
    age = 0.25 * objects["trainer"].global_step
    average = torch.nn.Linear(1, 1)
    ema = torch.optim.swa_utils.AveragedModel(average, avg_fn=callback._kwargs["avg_fn"])
    for step in range(400):
        torch.nn.init.constant_(average.weight, step)
        ema.update_parameters(average)
    torch.testing.assert_close(399 - ema.module.weight.item(), age, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("window", [0.0, 1.0, -0.1])
def test_a_window_that_is_no_share_is_refused(window):
    with pytest.raises(InputError, match="give a share of the run"):
        WeightEMA(window=window)
