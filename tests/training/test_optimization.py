"""What decays, and how the rate goes."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from nimba.classifier import create_model
from nimba.runtime.errors import InputError
from nimba.training import OptimizerSettings, ScheduleSettings
from nimba.training.optimization import create_optimizer, create_schedule, spared_from_decay
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


def test_muon_takes_the_matrices_between_the_first_layers_and_the_last():
    network = create_model("nimba_tiny", num_classes=9, encoder="dense", stages=(96, 64))
    optimizer = create_optimizer(network, OptimizerSettings(name="muon", lr=0.01, weight_decay=0.1))
    names = {id(p): name for name, p in network.named_parameters()}
    spared, others, hidden = ({names[id(p)] for p in group["params"]} for group in optimizer.param_groups)
    assert spared == spared_from_decay(network)
    assert {"encoder.stages.0.look.lift.weight", "head.8.weight"} <= others
    assert {"blocks.0.mixer.in_proj.weight", "blocks.0.mixer.out_proj.weight", "encoder.project.weight"} <= hidden
    assert all(p.ndim == 2 for p in optimizer.param_groups[2]["params"])
    assert [group.get("use_fallback", False) for group in optimizer.param_groups] == [True, True, False]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.0, 0.1, 0.1]
    assert spared | others | hidden == set(names.values())


def test_a_fused_optimizer_is_the_same_but_for_rounding():
    updated = []
    for fused in (False, True):
        torch.manual_seed(0)
        network = nn.Linear(5, 3)
        optimizer = create_optimizer(network, OptimizerSettings(lr=0.1, fused=fused))
        for _ in range(5):
            optimizer.zero_grad()
            network(torch.arange(10.0).view(2, 5)).square().sum().backward()
            optimizer.step()
        updated.append(network.weight.detach())
    torch.testing.assert_close(*updated)
    assert optimizer.defaults["fused"]
