import pytest
import torch

from nimba.classifier import create_model
from nimba.classifier.tokenizing import tokenize
from nimba.gpu.loss import flat
from nimba.gpu.prepare import prepare
from tests.clouds_to_try import NASTY, cloud

SMALL = {"num_centres": 16, "neighbours": 6, "token_neighbours": 4, "encoder_channels": (16, 16, 16)}


def network(**settings):
    torch.manual_seed(0)
    model = create_model(
        "nimba_dense_s", 5, **SMALL | {"stages": (64, 32), "dim": 16, "depth": 2, "readout": 16} | settings
    ).eval()
    for parameter in model.parameters():
        if parameter.ndim == 1:  # gains that start at zero would hide what is behind them
            torch.nn.init.uniform_(parameter, 0.5, 1)
    return model


@pytest.mark.parametrize("stages", [(64, 32), (100, 32)])
@pytest.mark.parametrize("left", [100, 70, 40, 20, 16])
def test_logits_are_those_of_the_points_that_are_there(stages, left):
    model = network(stages=stages)
    torch.manual_seed(left)
    points = torch.randn(3, 100, 3) * 0.4
    there = torch.zeros(3, 100, dtype=torch.bool)
    for row in there:
        row[torch.randperm(100)[:left]] = True
    few = torch.stack([some[row] for some, row in zip(points, there, strict=True)])
    with torch.no_grad():
        expected = model(few)
        found = model.forward_head(model.forward_features(prepare(points, there, model.settings)))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", NASTY)
def test_whole_clouds_are_prepared_as_the_network_does_it(kind):
    points = cloud(kind, batch=2, count=80)
    if points.shape[1] < 64:
        points = points[:, torch.arange(80) % points.shape[1]]
    settings = network().settings
    found = flat(prepare(points, torch.ones(points.shape[:2], dtype=torch.bool), settings))
    assert all(tensor.float().isfinite().all() for tensor in found)
    distinct = min(len((some + 0.0).unique(dim=0)) for some in points)
    if distinct < 64:  # than the first stage has; the network repeats the lowest point, here all are repeated
        return
    expected = flat(tokenize(points, settings))
    for place in (0, 3, 4, 5):  # what lies where; of equal points, any may be a neighbour
        torch.testing.assert_close(found[place], expected[place])


def test_no_number_is_read_back_from_the_device():
    points = torch.empty(4, 100, 3, device="meta")
    tokens = prepare(points, torch.empty(4, 100, dtype=torch.bool, device="meta"), network().settings)
    assert tokens.pyramid.points.shape == (4, 64, 3)
    assert tokens.order.shape == (4, 16)
