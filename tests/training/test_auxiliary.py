"""Heads between the blocks, in the loss of training."""

import pytest
import torch
from torch.nn.functional import cross_entropy

import nimba
from nimba.runtime.errors import InputError
from nimba.training.classifier import ClassificationTask
from nimba.training.cli import train
from tests.training.tiny import NETWORK, arguments, config

DEEP = {**NETWORK, "depth": 3, "drop_path": 0.0, "head_dropout": 0.0, "auxiliary_depths": [1, 2]}


def loss_of(points, labels, **settings):
    torch.manual_seed(0)
    task = ClassificationTask("nimba_tiny", 3, DEEP, **settings)
    return task, task.training_step((points, labels), 0)


def outputs_of(model, points):
    outputs = model.training_outputs(points)
    return outputs.logits, *outputs.auxiliary


@pytest.mark.filterwarnings("ignore:You are trying to")  # log without a trainer
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_weighs_the_auxiliary_heads(smoothing):
    points, labels = torch.randn(6, 32, 3, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 3
    task, loss = loss_of(points, labels, auxiliary_weight=0.5, label_smoothing=smoothing)
    final, first, second = (
        cross_entropy(logits, labels, label_smoothing=smoothing) for logits in outputs_of(task.model, points)
    )
    torch.testing.assert_close(loss, final + 0.5 * (first + second))
    torch.testing.assert_close(loss_of(points, labels, auxiliary_weight=0.0, label_smoothing=smoothing)[1], final)


def test_a_run_trains_them_and_its_checkpoint_has_them(tmp_path):
    settings = config(tmp_path)
    settings["model"] |= {"model_settings": DEEP, "auxiliary_weight": 0.4}
    train(arguments(tmp_path, "--trainer.max_epochs=1", "--test_at_end=false", settings=settings))
    model = nimba.load(tmp_path / "runs/tiny/0/last.ckpt")
    assert model.settings.auxiliary_depths == (1, 2)
    assert list(model.auxiliary) == ["1", "2"]


def test_a_negative_weight_is_refused():
    with pytest.raises(InputError, match=r"model\.auxiliary_weight: must be at least 0, got -1"):
        ClassificationTask("nimba_tiny", auxiliary_weight=-1)
