import math

import pytest
import torch

from nimba.classifier import create_model
from nimba.gpu.augment import Augmentation
from nimba.gpu.learner import COORDINATES_AT_END
from nimba.gpu.loss import flat, network_loss
from nimba.gpu.plan import Learning, Plan
from nimba.gpu.prepare import prepare
from nimba.runtime.errors import InputError
from tests.gpu.tiny import TINY, learner, toy


def test_the_schedule_rises_falls_and_can_be_stretched():
    some = learner(lr=1e-2, lr_end=1e-5, warmup=0.25, coordinates=0.5)
    some.schedule(8)
    rates = some.rates[:16].tolist()
    assert rates[0] == pytest.approx(1e-4)
    assert max(rates) == pytest.approx(1e-2)
    assert rates.index(max(rates)) == 4
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert some.rate(1.0) == pytest.approx(1e-5)
    assert some.weights[8].item() == pytest.approx(0.5 * COORDINATES_AT_END**0.5)
    some.schedule(12, done=4, progress=0.5)
    assert some.rates[:8].tolist() == rates[:8]
    assert some.rates[8:24].tolist() == pytest.approx([some.rate(0.5 + 0.5 * step / 16) for step in range(16)])


def test_a_cycle_learns_and_moves_the_average_behind():
    some = learner(lr=4e-3, window=0.2)
    some.schedule(10)
    first = [p.detach().clone() for p in some.network.parameters()]
    losses = []
    for _ in range(10):
        some.shuffle()
        some.cycle()
        loss, right, count = some.told.tolist()
        losses.append(loss / count)
        some.told.zero_()
        assert 0 <= right <= count == 32
    assert losses[-1] < 0.8 * losses[0]
    assert some.update.item() == 20
    keep = 2 / 3  # a mean age of two cycles
    assert some.keep.item() == pytest.approx(keep)
    moved = [(now - old).norm() for now, old in zip(some.network.parameters(), first, strict=True)]
    behind = [(mean - old).norm() for mean, old in zip(some.average, first, strict=True)]
    assert 0 < sum(behind) < sum(moved)


def test_what_was_tried_is_taken_back_whole():
    some = learner()
    some.schedule(4)
    before = [tensor.clone() for tensor in some.state()]
    some.cycle()
    some.restore(before)
    assert all(torch.equal(now, old) for now, old in zip(some.state(), before, strict=False))
    assert all(not tensor.any() for tensor in some.state()[len(before) :])


def test_the_loss_of_mixed_clouds_is_that_of_both_labels_by_their_shares():
    torch.manual_seed(0)
    network = create_model("nimba_dense_s", 4, **TINY).eval()
    points, _ = toy(4)
    tokens = prepare(points, torch.ones(4, points.shape[1], dtype=torch.bool), network.settings)
    own, other, share = torch.tensor([0, 1, 2, 3]), torch.tensor([1, 1, 0, 0]), torch.tensor([0.0, 0.3, 0.6, 1.0])
    loss, right = network_loss(network, flat(tokens), own, other, share, torch.tensor(0.0), 0.1)
    logits = network.forward_head(network.forward_features(tokens))
    first, second = (torch.nn.functional.one_hot(labels, 4) for labels in (own, other))
    soft = torch.lerp(first.float(), second.float(), share[:, None]) * 0.9 + 0.1 / 4
    torch.testing.assert_close(loss, -(soft * logits.log_softmax(1)).sum(1).mean())
    dominating = torch.tensor([0, 1, 0, 0])
    assert right.item() == (logits.argmax(1) == dominating).sum().item()


def test_equal_seeds_begin_alike_and_others_do_not():
    a, b, c = learner(seed=1), learner(seed=1), learner(seed=2)
    assert torch.equal(a.average[0], b.average[0])
    assert not torch.equal(a.average[0], c.average[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "nimba_tiny", "model_settings": {}, "coordinates": 0}, "no encoder 'dense'"),
        ({"batch": 200}, "a cycle takes 400 clouds"),
        ({"start": "nimba-small-modelnet40"}, "of another network"),
    ],
)
def test_misfits_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        learner(**settings)


def test_plans_say_what_they_do_not_take():
    with pytest.raises(InputError, match="batch must be at least 2"):
        Learning("a", batch=1)
    with pytest.raises(InputError, match="warmup must lie"):
        Learning("a", warmup=1.0)
    with pytest.raises(InputError, match="a name and seed of its own"):
        Plan([Learning("a"), Learning("a")])
    with pytest.raises(InputError, match="the same for all"):
        Plan([Learning("a"), Learning("b", batch=8)])
    assert Plan([Learning("a"), Learning("a", seed=1)]).networks[1].run == "a-1"
    both = Plan([Learning("a"), Learning("b")], seeds=[0, 1])
    assert [network.run for network in both.networks] == ["a-0", "a-1", "b-0", "b-1"]
    assert math.isclose(Learning("a", augmentation=Augmentation(few=0.5)).augmentation.few, 0.5)
