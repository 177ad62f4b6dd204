"""Large clouds of another device, stood in for by clouds that the CPU kernels are told not to take at first."""

import pytest
import torch

from nimba.serialization import greedy, serialize, walk
from nimba.serialization.through_cpu import EAGER_POINTS, better_through_cpu


def test_large_clouds_of_other_devices_go_through_the_cpu():
    assert better_through_cpu("cuda", 8193)
    assert better_through_cpu("cuda", 1_000_000)
    assert not better_through_cpu("cuda", EAGER_POINTS)
    assert not better_through_cpu("cpu", 1_000_000)


@pytest.mark.parametrize(("module", "order"), [(walk, "nimba"), (greedy, "greedy")])
def test_the_way_through_the_cpu_gives_the_same_order(monkeypatch, module, order):
    """An eager walk of a million points would take hours."""
    points = torch.rand(2, 300, 3, generator=torch.Generator().manual_seed(0))
    expected = serialize(points, order)
    asked = []

    def not_at_first(points):
        asked.append(points)
        return len(asked) > 1

    def refuse(*_):
        raise AssertionError("an eager loop")

    monkeypatch.setattr(module, "compiled", not_at_first)
    monkeypatch.setattr(module, "better_through_cpu", lambda device, count: True)
    monkeypatch.setattr(module, "walk_batched" if order == "nimba" else "greedy_batched", refuse)
    assert torch.equal(serialize(points, order), expected)
    assert len(asked) == 2
