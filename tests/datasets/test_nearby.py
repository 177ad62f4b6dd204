"""Neighbours that are kept: what is on disk, what a batch gets, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch

from nimba.datasets import nearby
from nimba.datasets.clouds import LabelledClouds
from nimba.datasets.dataset import CloudDataset
from nimba.datasets.nearby import KeptNearby, NearbyDataset, NearbySettings
from nimba.datasets.transforms import PointDropout, RandomScale, RandomSubset
from nimba.geometry import farthest_point_sampling
from nimba.geometry.pyramid import find_nearby, pyramid_of
from nimba.runtime.errors import InputError
from tests.clouds_to_try import cloud

SETTINGS = {"stages": (24, 12, 6), "neighbours": 5, "variants": 3, "fewest_points": 30}


def clouds(count=40, points=50):
    return LabelledClouds(
        cloud("random", batch=count, count=points).numpy(), np.arange(count) % 3, 3, list(range(count))
    )


def kept(tmp_path, labelled=None, num_points=40, **settings):
    labelled = clouds() if labelled is None else labelled
    return KeptNearby.open(labelled, num_points, NearbySettings(**{**SETTINGS, **settings}), tmp_path)


def test_a_variant_holds_the_neighbours_of_a_choice_of_its_points(tmp_path):
    labelled, store = clouds(), kept(tmp_path)
    assert store.rows.dtype == np.int16
    assert store.rows.shape == (3, 40, 24 + 24 * 5 + (24 + 12 + 6) * 5)
    for variant in range(3):
        points = torch.from_numpy(labelled.points)
        found = store.unpack(torch.from_numpy(store.rows[variant].copy()))
        for number in (0, 7, 39):
            seen = found.nearest[number].unique()  # not all of the choice, but all that counts
            assert 24 <= len(seen) <= 40
            one = points[number : number + 1]
            tables = find_nearby(one, found.chosen[number : number + 1], (24, 12, 6), 5).tables
            for table, expected in zip(found.tables, tables, strict=True):
                assert torch.equal(table[number], expected[0])
            chosen = one[0, found.chosen[number]]
            assert torch.equal(one[0, found.nearest[number, :, 0]], chosen)  # the nearest to a point is itself
    assert not np.array_equal(store.rows[0], store.rows[1])


def test_all_points_give_what_the_network_would_look_up(tmp_path):
    labelled = clouds()
    store = kept(tmp_path, labelled, num_points=50, fewest_points=50, variants=1)
    points = torch.from_numpy(labelled.points)
    ours = pyramid_of(points, store.unpack(torch.from_numpy(store.rows[0].copy())))
    theirs = pyramid_of(points, find_nearby(points, farthest_point_sampling(points, 24), (24, 12, 6), 5))
    assert torch.equal(ours.points, theirs.points)
    for stage in range(3):
        assert torch.equal(ours.neighbourhoods(stage), theirs.neighbourhoods(stage))


def test_they_are_looked_up_once_and_anew_for_other_clouds_or_settings(tmp_path):
    kept(tmp_path)
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    kept(tmp_path)
    assert path.stat().st_mtime_ns == before
    kept(tmp_path, variants=2)
    kept(tmp_path, clouds(points=51))
    assert len(list(tmp_path.iterdir())) == 3


def test_several_processes_may_look_them_up_at_once(tmp_path, monkeypatch):
    """Another process that finishes in between takes nothing away from this one."""
    build = nearby._build

    def build_twice(*arguments):
        monkeypatch.setattr(nearby, "_build", build)
        kept(tmp_path)
        build(*arguments)

    monkeypatch.setattr(nearby, "_build", build_twice)
    store = kept(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [Path(store.rows.filename).name]
    assert np.array_equal(store.rows, kept(tmp_path).rows)


def test_a_sample_depends_on_seed_epoch_and_cloud_alone(tmp_path):
    labelled, store = clouds(), kept(tmp_path)
    data = NearbyDataset(labelled, np.arange(10, 40), store, transforms=[RandomScale()], seed=3)
    plain = CloudDataset(labelled, np.arange(10, 40), 50, training=True, transforms=[RandomScale()], seed=3)
    alone = data.collate(data.__getitems__([(2, 4)]))
    points, labels, found = data.collate(data.__getitems__([(2, 9), (2, 4)]))
    assert torch.equal(points[1], alone[0][0])
    assert torch.equal(found.chosen[1], alone[2].chosen[0])
    assert points.shape == (2, 50, 3)
    assert labels.tolist() == [19 % 3, 14 % 3]
    assert torch.equal(points[1], plain[(2, 4)][0])  # the same augmentation
    drawn = {data[(epoch, 4)][2].numpy().tobytes() for epoch in range(20)}
    assert len(drawn) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stages": (24, 30, 6)}, "nearby.stages: must fall"),
        ({"variants": 0}, "nearby.variants: must be at least 1"),
        ({"fewest_points": 20}, "nearby.fewest_points: must be at least the first stage's 24"),
        ({"fewest_points": 45}, "num_points \\(40\\) between fewest_points \\(45\\)"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(tmp_path, settings, message):
    with pytest.raises(InputError, match=message) as caught:
        kept(tmp_path, **settings)
    assert "\n" not in str(caught.value)


def test_transforms_that_exchange_points_and_networks_of_other_stages_are_refused(tmp_path):
    store = kept(tmp_path)
    for transform in (PointDropout(), RandomSubset(30)):
        with pytest.raises(InputError, match="exchanges points"):
            NearbyDataset(clouds(), np.arange(40), store, transforms=[transform])
    store.settings.check((24, 12, 6), 5)
    with pytest.raises(InputError, match="make them the same"):
        store.settings.check((24, 12, 8), 5)
