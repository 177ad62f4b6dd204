"""What decays, and how the rate goes."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from nimba.classifier import create_model
from nimba.runtime.errors import InputError
from nimba.training import OptimizerSettings, ScheduleSettings
from nimba.training.optimization import create_optimizer, create_schedule
from tests.training.tiny import NETWORK


def decays(model: nn.Module) -> dict[str, float]:
    optimizer = create_optimizer(model, OptimizerSettings(weight_decay=0.05))
    by_id = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    return {name: by_id[id(p)] for name, p in model.named_parameters()}


def test_matrices_decay_and_nothing_else():
    model = create_model("nimba_tiny", num_classes=3, **NETWORK)
    decay = decays(model)
    state = [name for name in decay if name.endswith(("A_log", ".D"))]
    assert len(state) == 2
    assert all(decay[name] == 0 for name in state)  # A_log is a matrix that the usual rule would decay
    assert all(decay[name] == 0 for name, p in model.named_parameters() if p.ndim <= 1)
    assert decay["blocks.0.mixer.dt_proj.bias"] == 0
    assert decay["blocks.0.mixer.dt_proj.weight"] == 0.05
    assert decay["blocks.0.mixer.in_proj.weight"] == 0.05
    assert set(decay.values()) == {0, 0.05}


def rates(updates: int, settings: ScheduleSettings, epochs: int = 4) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = create_schedule(optimizer, settings, epochs, updates)
    seen = []
    for update in range(epochs * updates):
        seen.append(optimizer.param_groups[0]["lr"])
        schedule.step_update(update + 1)
    return [*seen, optimizer.param_groups[0]["lr"]]


def test_the_rate_rises_and_falls_with_each_update():
    seen = rates(10, ScheduleSettings(warmup_epochs=1, warmup_lr=1e-3, min_lr=1e-4))
    peak = seen.index(max(seen))
    assert peak in (9, 10)  # timm's warm-up takes the first epochs of the cosine
    assert seen[0] == pytest.approx(1e-3)
    assert all(a < b for a, b in pairwise(seen[: peak + 1]))
    assert all(a > b for a, b in pairwise(seen[peak:]))
    assert seen[-1] == pytest.approx(1e-4)


@pytest.mark.parametrize("name", ["adamv", ""])
def test_an_unknown_optimizer_is_one_line(name):
    with pytest.raises(InputError, match=r"model\.optimizer"):
        create_optimizer(nn.Linear(2, 2), OptimizerSettings(name=name))


def test_an_unknown_schedule_is_one_line():
    with pytest.raises(InputError, match=r"model\.schedule"):
        rates(2, ScheduleSettings(name="cosinus"))
