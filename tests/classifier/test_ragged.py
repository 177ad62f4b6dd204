import pytest
import torch
from torch_geometric.data import Batch, Data

import nimba
from nimba.runtime.errors import InputError

TINY = {"num_centres": 12, "patch_size": 8, "dim": 16, "depth": 2, "encoder_channels": (8, 8, 16), "d_state": 4}
NETWORKS = [
    {},
    {"order": "three_axes", "positional_embedding": True, "token_neighbours": 4},
    {"order": "hilbert_both", "bits": None, "order_indicator": True, "final_norms": 1},
    {"scales": [4, 8], "encoder": "residual"},
    {"encoder": "hierarchical", "support": 32, "neighbours": 6},
    {"encoder": "dense", "stages": [40, 20], "neighbours": 6, "token_neighbours": 4, "pooling": "max_mean_last"},
]
SIZES = [300, 1, 25, 3000, 30, 300, 2, 13, 39, 25, 41]


def tiny(**settings):
    torch.manual_seed(0)
    model = nimba.create_model("nimba_tiny", num_classes=5, **{**TINY, **settings})
    for norm in model.modules():
        if isinstance(norm, torch.nn.BatchNorm1d):  # a gain of zero would hide what is before it
            torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
            norm.running_mean.normal_(0, 0.1)
    return model.eval()


def clouds(sizes=SIZES):
    generator = torch.Generator().manual_seed(0)
    made = [torch.randn(size, 3, generator=generator) for size in sizes]
    return [*made, torch.zeros(50, 3), made[0][:40].repeat(3, 1), torch.ones(1, 3)]  # duplicates, and nothing else


@pytest.mark.parametrize("settings", NETWORKS)
def test_logits_are_those_of_each_cloud_alone_in_its_place(settings):
    model, batch = tiny(**settings), clouds()
    with torch.no_grad():
        alone = torch.cat([model(cloud[None]) for cloud in batch])
        together = model.forward_ragged(batch)
        assert len({tuple(row.tolist()) for row in alone.round(decimals=4)}) > 10  # clouds that can be told apart
        torch.testing.assert_close(together, alone, atol=5e-7, rtol=5e-6)
        upside_down = model.forward_ragged(batch[::-1])
        torch.testing.assert_close(upside_down.flip(0), alone, atol=5e-7, rtol=5e-6)


@pytest.mark.parametrize("settings", [NETWORKS[0], NETWORKS[-1]])
def test_joined_points_and_torch_geometrics_data_are_the_same_clouds(settings):
    model, batch = tiny(**settings), clouds([100, 7, 100])
    pos = torch.cat(batch)
    which = torch.cat([torch.full((len(cloud),), i) for i, cloud in enumerate(batch)])
    mixed = torch.randperm(len(pos))
    with torch.no_grad():
        expected = model.forward_ragged(batch)
        assert torch.equal(model.forward_ragged(pos, which), expected)
        assert torch.equal(model.forward_ragged(Batch.from_data_list([Data(pos=cloud) for cloud in batch])), expected)
        assert torch.equal(model.forward_ragged(pos[mixed], which[mixed]), expected)
        assert torch.equal(model.forward_ragged(Data(pos=batch[1])), model.forward_ragged([batch[1]]))


@pytest.mark.parametrize("settings", NETWORKS)
def test_one_size_is_a_plain_batch_to_the_last_bit(settings):
    model, points = tiny(**settings), torch.randn(3, 100, 3)
    with torch.no_grad():
        assert torch.equal(model.forward_ragged(list(points)), model(points))


@pytest.mark.parametrize("settings", NETWORKS)
def test_gradients_are_the_sum_of_each_clouds(settings):
    model, batch = tiny(**settings), clouds([100, 7, 30])
    weights = torch.randn(len(batch), 5)

    def gradients(loss):
        model.zero_grad()
        loss.backward()
        return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

    together = gradients((model.forward_ragged(batch) * weights).sum())
    alone = gradients(sum((model(c[None]) * w).sum() for c, w in zip(batch, weights, strict=True)))
    assert together.keys() == alone.keys()
    assert len(together) > 20
    for name, gradient in together.items():
        torch.testing.assert_close(gradient, alone[name], atol=1e-4, rtol=1e-3, msg=lambda m, name=name: f"{name}: {m}")


def test_a_network_trains_on_them():
    model, batch = tiny().train(), clouds([100, 7, 30])
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    target, losses = torch.tensor([0, 1, 2, 3, 4, 0]), []
    for _ in range(20):
        loss = torch.nn.functional.cross_entropy(model.forward_ragged(batch), target)
        optimizer.zero_grad(), loss.backward(), optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-3:]) < sum(losses[:3])


@pytest.mark.parametrize(
    ("given", "which", "message"),
    [
        ([], None, "clouds: give one cloud or more"),
        ([torch.rand(3, 3), torch.rand(0, 3)], None, "cloud 1 has no points"),
        ([torch.rand(3, 3), torch.rand(3, 2)], None, r"clouds\[1\]: expected a floating-point tensor \(N, 3\), got"),
        ([torch.rand(3, 3), "x"], None, r"clouds\[1\]: expected .* got str"),
        ([torch.rand(3, 3), torch.rand(3, 3).double()], None, "all of one type"),
        ([torch.rand(3, 3), torch.full((3, 3), torch.nan)], None, "NaN or infinite"),
        (torch.rand(4, 3), torch.tensor([0, 0, 2, 2]), "cloud 1 has no points"),
        (torch.rand(4, 3), torch.tensor([0, 0, 2]), "batch: expected 4 integers"),
        (torch.rand(4, 3), torch.tensor([0, 0, -1, 1]), "counted from 0"),
        (torch.rand(4, 3), torch.tensor([0, 0, 1, 10**12]), "counted from 0"),
        (torch.rand(2, 4, 3), None, r"clouds: expected a floating-point tensor \(N, 3\)"),
        ("x.ply", None, "got a str"),
    ],
)
def test_what_is_no_batch_is_one_line(given, which, message):
    with pytest.raises(InputError, match=message) as error:
        tiny().forward_ragged(given, which)
    assert "\n" not in str(error.value)


def test_one_cloud_is_no_batch_to_train_on():
    with pytest.raises(InputError, match="one cloud is no batch"):
        tiny().train().forward_ragged([torch.rand(30, 3)])
