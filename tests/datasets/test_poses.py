import numpy as np
import pytest
import torch

from nimba.clouds.pose import QUARTER, turned
from nimba.datasets.poses import POSE_CLASSES, TILTED, PoseDataModule, posed
from tests.datasets.layouts import write_modelnet40_hdf5


def arrow():
    """A flat arrow that points to -z, with a foot below: a cloud whose pose can be read off it."""
    rng = np.random.default_rng(0)
    shaft = rng.random((400, 3)) * [0.1, 0.1, 2] - [0.05, 0, 1]
    head = rng.random((200, 3)) * [0.8, 0.1, 0.2] - [0.4, 0, 1]
    foot = rng.random((200, 3)) * [0.1, 0.5, 0.1] - [0.05, 0.5, 0.05]
    return torch.from_numpy(np.concatenate([shaft, head, foot]).astype(np.float32)), slice(400, 600), slice(600, 800)


def test_the_label_says_where_the_front_is_and_whether_it_is_upright():
    points, head, foot = arrow()
    labels = []
    for seed in range(200):
        torch.manual_seed(seed)
        cloud, label = posed(points)
        labels.append(label)
        if label == TILTED:
            continue
        back = turned(cloud.numpy(), -label * QUARTER)  # the trained pose, but for less than half a quarter
        front = back[head].mean(0) - back.mean(0)
        assert front[2] < 0
        assert abs(front[0]) <= abs(front[2]) * 1.2
        assert back[foot].mean(0)[1] < back[head].mean(0)[1]
    shares = np.bincount(labels, minlength=len(POSE_CLASSES)) / len(labels)
    assert 0.4 < shares[TILTED] < 0.6
    assert shares[:TILTED].min() > 0.05


def test_a_cloud_that_lies_or_stands_on_its_head_is_not_upright():
    points, _, foot = arrow()
    for seed in range(100):
        torch.manual_seed(seed)
        cloud, label = posed(points)
        heights = cloud[:, 1]
        flat = np.ptp(heights[:600].numpy()) < 0.5 * np.ptp(cloud[:600].numpy(), axis=0).max()
        upright = flat and heights[foot].mean() < heights[:600].mean() - 0.1
        assert upright == (label != TILTED)


def test_the_data_set_has_poses_for_classes(tmp_path):
    data = PoseDataModule(str(write_modelnet40_hdf5(tmp_path)), num_points=32, batch_size=8, val_fraction=0.3)
    assert data.class_names == list(POSE_CLASSES)
    points, labels = next(iter(data.train_dataloader()))
    assert points.shape == (8, 32, 3)
    assert points.square().sum(2).amax(1).sqrt().numpy() == pytest.approx(1, abs=1e-5)
    assert labels.max() < len(POSE_CLASSES)
    first, second = (torch.cat([batch[1] for batch in data.test_dataloader()]) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(next(iter(data.train_dataloader()))[0], points)


def test_what_calibrates_a_run_is_posed_too(tmp_path):
    data = PoseDataModule(str(write_modelnet40_hdf5(tmp_path)), num_points=32, batch_size=8, val_fraction=0.3)
    training, validation = data.plain_splits()
    data.setup("fit")
    assert len(training) + len(validation) == 19
    expected = torch.cat([batch[1] for batch in data.val_dataloader()]).tolist()
    assert [label for _, label in (validation[place] for place in range(len(validation)))] == expected
    assert max(label for _, label in (training[place] for place in range(len(training)))) == TILTED
