"""A random forest on simple features of clouds: what learning by a network has to beat."""

from pathlib import Path

import numpy as np

from nimba.clouds.pose import Up, upright
from nimba.runtime.errors import InputError

TREES = 500
SEEDS = 3


def forest_accuracy(folder: Path, up: Up, size: bool) -> float:
    """Mean test accuracy over seeds.

    Args:
        folder: with train/CLASS/*.npy and test/CLASS/*.npy.
        up: axis of the files.
        size: let the forest know how large a cloud is, and how many points it has.

    Raises:
        InputError: without scikit-learn.
    """
    try:
        from sklearn.ensemble import RandomForestClassifier
    except ImportError:
        raise InputError("the forest needs scikit-learn: pip install scikit-learn") from None
    features, labels = {}, {}
    for split in ("train", "test"):
        paths = sorted((folder / split).glob("*/*.npy"))
        features[split] = np.stack([_features(np.load(path), up, size) for path in paths])  # (N, F)
        labels[split] = [path.parent.name for path in paths]
    scores = []
    for seed in range(SEEDS):
        forest = RandomForestClassifier(TREES, random_state=seed).fit(features["train"], labels["train"])
        scores.append(forest.score(features["test"], labels["test"]))
    return float(np.mean(scores))


def _features(points: np.ndarray, up: Up, size: bool) -> np.ndarray:
    """Quantiles of coordinates and radii, spread, and the share of points in each cell of a grid: (F,)."""
    cloud = upright(points.astype(np.float64), up)
    cloud = cloud - cloud.mean(0)
    radius = np.linalg.norm(cloud, axis=1)
    scale = radius.max()
    cloud, radius = cloud / scale, radius / scale
    spread = np.linalg.eigvalsh(np.cov(cloud.T))
    along = np.quantile(cloud, [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1], axis=0).ravel()
    out = np.quantile(radius, [0.05, 0.25, 0.5, 0.75, 0.95])
    cells = np.histogramdd(cloud, bins=4, range=[(-1, 1)] * 3)[0].ravel() / len(cloud)
    known = [np.log(scale), np.log(len(cloud))] if size else []
    return np.concatenate([known, spread, along, out, cells])
