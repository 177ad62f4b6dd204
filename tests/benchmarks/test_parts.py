"""Benchmarks: each part can be run alone, and rivals do the same work."""

import numpy as np
import pytest
import torch

from benchmarks.__main__ import main
from benchmarks.clouds import UNEVEN, in_two_clumps, noise
from benchmarks.figures import Findings
from benchmarks.rivals_serialization import cdist_walk, torch_walk
from benchmarks.rivals_tokens import PATCH, fastest_kdtree
from nimba.geometry import k_nearest
from nimba.serialization import serialize


def test_a_part_alone_is_measured_and_not_stored(monkeypatch, capsys):
    import benchmarks.tokens

    def small(findings: Findings) -> None:
        findings.add("a figure", 2.0, "s", at_most=1.0)

    monkeypatch.setattr(benchmarks.tokens, "large_knn", small)
    monkeypatch.setattr("sys.argv", ["benchmarks", "tokens.large_knn"])
    monkeypatch.setattr("benchmarks.__main__.store", None)  # called, it would fail
    assert main() == 0
    assert "a figure" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["tokens.nothing", "nothing.large_knn"])
def test_a_part_that_is_not_there(name, monkeypatch):
    monkeypatch.setattr("sys.argv", ["benchmarks", name])
    with pytest.raises(SystemExit, match="2"):
        main()


def test_rivals_find_the_same():
    points = noise(3000)
    centres = points[::100]
    search, _ = fastest_kdtree(points.double().numpy())
    distances, neighbours = search(centres.double().numpy())
    assert np.array_equal(np.sort(neighbours), np.sort(k_nearest(points[None], centres[None], PATCH)[0].numpy()))
    assert (np.diff(distances) >= 0).all()
    clouds = noise(2 * 50).view(2, 50, 3)
    for rival in (torch_walk, cdist_walk):
        assert torch.equal(rival(clouds, 0.8), serialize(clouds))


@pytest.mark.parametrize("make", [*UNEVEN.values(), in_two_clumps])
def test_uneven_clouds_are_uneven(make):
    points = make(1000)
    middle = points - points.median(0).values
    assert middle.norm(dim=1).max() > 300 * middle.norm(dim=1).median() or make is in_two_clumps
    assert points.shape == (1000, 3)
