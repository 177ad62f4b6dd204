"""Statistics over two processes are those of one with the whole batch."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from nimba.classifier import create_model
from nimba.training.sync_norm import SharedBatchNorm, SharedStatistics
from tests.training.tiny import NETWORK
from tests.training.two_processes import in_two_processes

STEPS = 3
STILL = {**NETWORK, "drop_path": 0.0, "head_dropout": 0.0}


def batches():
    generator = torch.Generator().manual_seed(1)
    points = torch.randn(STEPS, 8, 32, 3, generator=generator)
    labels = torch.randint(0, 3, (STEPS, 8), generator=generator)
    return list(zip(points, labels, strict=True))


def learn(model, mine):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for points, labels in batches():
        loss = functional.cross_entropy(model(points[mine]), labels[mine])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def network():
    torch.manual_seed(1)  # with 0 two points tie for a maximum, and rounding decides which one learns from it
    return create_model("nimba_tiny", num_classes=3, **STILL)


def learn_a_share(rank, shared):
    model = network()
    if shared:
        SharedStatistics().apply(model)
    losses = learn(DistributedDataParallel(model), slice(rank, None, 2))
    return losses, SharedStatistics().revert(model).state_dict()


@pytest.mark.parametrize("shared", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_two_processes_learn_what_one_does(tmp_path, shared):
    model = network()
    losses = torch.tensor(learn(model, slice(None)))
    (first, weights), (second, same) = in_two_processes(learn_a_share, tmp_path, shared)
    assert all(torch.equal(weights[name], same[name]) for name in dict(model.named_parameters()))
    curve = (torch.tensor(first) + torch.tensor(second)) / 2
    assert torch.allclose(curve, losses, rtol=1e-5) == shared
    if shared:
        for name, value in model.state_dict().items():
            torch.testing.assert_close(weights[name], value, rtol=1e-3, atol=1e-5, msg=name)


def test_the_layers_stay():
    model = network()
    before = {name: (type(module), id(module)) for name, module in model.named_modules()}
    weights = {name: id(p) for name, p in model.named_parameters()}
    SharedStatistics().apply(model)
    assert isinstance(model.encoder.mix_norm, SharedBatchNorm)
    assert not any(type(module) is nn.BatchNorm1d for module in model.modules())
    assert sum(isinstance(module, SharedBatchNorm) for module in model.modules()) == 4
    assert {name: id(p) for name, p in model.named_parameters()} == weights
    SharedStatistics().revert(model)
    assert {name: (type(module), id(module)) for name, module in model.named_modules()} == before


def test_one_process_computes_the_same_with_them():
    plain, shared = network(), SharedStatistics().apply(network())
    assert learn(shared, slice(None)) == pytest.approx(learn(plain, slice(None)), rel=1e-5)
    points = batches()[0][0]
    torch.testing.assert_close(shared.eval()(points), plain.eval()(points), rtol=1e-4, atol=1e-5)
