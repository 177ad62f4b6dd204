"""Sampling and grouping on a CPU: against torch in batch, and against the libraries that are used for large clouds."""

import importlib.util

import numpy as np
import open3d as o3d
import torch
from scipy.spatial import KDTree

from benchmarks.clouds import noise, torus
from benchmarks.figures import Findings
from benchmarks.timing import time_in_turn
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.geometry.sampling import fps_batched

BATCH, POINTS, CENTRES, PATCH = 32, 1024, 128, 32


def run() -> Findings:
    """All figures of sampling and grouping."""
    findings = Findings()
    batches(findings)
    one_large_cloud(findings)
    return findings


def batches(findings: Findings) -> None:
    """A training batch."""
    points = noise(BATCH * POINTS).view(BATCH, POINTS, 3)
    centres = points.gather(1, farthest_point_sampling(points, CENTRES)[..., None].expand(-1, -1, 3))
    times = time_in_turn(
        {
            "fps": lambda: farthest_point_sampling(points, CENTRES),
            "fps in torch": lambda: fps_batched(points, CENTRES),
            "knn": lambda: k_nearest(points, centres, PATCH),
            "knn in torch": lambda: torch.cdist(centres, points).topk(PATCH, largest=False),
        }
    )
    size = f"({BATCH}, {POINTS}) -> {CENTRES}"
    findings.add(f"FPS {size}", 1e3 * times["fps"].best, "ms")
    ratio = times["fps in torch"].median / times["fps"].median
    findings.add(f"FPS {size}", ratio, "times as fast as", rival="the batched torch loop", at_least=5.0)
    size = f"({BATCH}, {CENTRES} of {POINTS}, k = {PATCH})"
    findings.add(f"kNN {size}", 1e3 * times["knn"].best, "ms")
    ratio = times["knn in torch"].median / times["knn"].median
    findings.add(f"kNN {size}", ratio, "times as fast as", rival="cdist and topk", at_least=3.0)


def one_large_cloud(findings: Findings) -> None:
    """FPS of 100,000 points, and kNN in a million."""
    points = torus(100_000)
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points.double().numpy()))
    functions = {
        "ours": lambda: farthest_point_sampling(points[None], 1024),
        "Open3D's": lambda: cloud.farthest_point_down_sample(1024),
    }
    if importlib.util.find_spec("fpsample"):
        import fpsample

        array = points.numpy()
        functions["fpsample's (buckets)"] = lambda: fpsample.bucket_fps_kdline_sampling(array, 1024, h=7, start_idx=0)
    else:
        print("fpsample: skipped, not installed (pip install fpsample)")
    times = time_in_turn(functions)
    findings.add("FPS of 100,000 points -> 1024", 1e3 * times["ours"].best, "ms")
    for name in list(functions)[1:]:
        ratio = times[name].median / times["ours"].median
        findings.add("FPS of 100,000 points -> 1024", ratio, "times as fast as", rival=name, at_least=1.0)
    points = torus(10**6)
    array = points.double().numpy()
    for count in (128, 4096):
        centres = points[:: len(points) // count][:count].contiguous()
        queries = centres.double().numpy()
        times = time_in_turn(
            {
                "ours": lambda c=centres: k_nearest(points[None], c[None], PATCH),
                "scipy's KDTree": lambda q=queries: KDTree(array).query(q, PATCH, workers=torch.get_num_threads()),
                "Open3D's KDTreeFlann": lambda q=queries: _open3d_knn(array, q),
            },
            rounds=2,
        )
        what = f"kNN of {count} centres in 1,000,000 points, k = {PATCH}"
        findings.add(what, 1e3 * times["ours"].best, "ms")
        for name in ("scipy's KDTree", "Open3D's KDTreeFlann"):
            findings.add(what, times[name].median / times["ours"].median, "times as fast as", rival=name)


def _open3d_knn(points: np.ndarray, queries: np.ndarray) -> None:
    tree = o3d.geometry.KDTreeFlann(points.T)
    for query in queries:
        tree.search_knn_vector_3d(query, PATCH)
