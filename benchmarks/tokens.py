"""Sampling and grouping on a CPU: against torch in batch, and against the libraries that are used for large clouds."""

import importlib.util

import numpy as np
import open3d as o3d
import torch
from scipy.spatial import KDTree
from torch import Tensor

from benchmarks.clouds import UNEVEN, noise, torus
from benchmarks.figures import Findings
from benchmarks.rivals_tokens import PATCH, fastest_kdtree, open3d_knn
from benchmarks.timing import time_in_turn
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.geometry.sampling import fps_batched

BATCH, POINTS, CENTRES = 32, 1024, 128


def run() -> Findings:
    """All figures of sampling and grouping."""
    findings = Findings()
    batches(findings)
    large_fps(findings)
    large_knn(findings)
    uneven_knn(findings)
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


def large_fps(findings: Findings) -> None:
    """FPS of 100,000 points."""
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


def large_knn(findings: Findings) -> None:
    """kNN in a million points, trees included; the rivals' clouds lie ready in the precision that they work in."""
    points = torus(10**6)
    array = points.double().numpy()
    fastest, leaf = fastest_kdtree(array)
    rivals = {
        f"scipy's KDTree, fastest build ({leaf} points a leaf, neither balanced nor compact; all cores)": fastest,
        "scipy's KDTree as it comes, all cores": lambda q: KDTree(array).query(q, PATCH, workers=-1),
        "Open3D's KDTreeFlann": lambda q: open3d_knn(array, q),
    }
    for count in (128, 4096):
        centres = points[:: len(points) // count][:count].contiguous()
        queries = centres.double().numpy()
        _require_same_neighbours(points, centres, fastest(queries)[0])
        functions = {name: lambda f=function, q=queries: f(q) for name, function in rivals.items()}
        times = time_in_turn({"ours": lambda c=centres: k_nearest(points[None], c[None], PATCH), **functions}, rounds=5)
        what = f"kNN of {count} centres in 1,000,000 points, k = {PATCH}"
        findings.add(what, 1e3 * times["ours"].best, "ms")
        for name in rivals:
            ratio = times[name].median / times["ours"].median
            aim = 2.0 if "fastest" in name else None
            findings.add(what, ratio, "times as fast as", rival=name, at_least=aim)


def uneven_knn(findings: Findings) -> None:
    """kNN in a million points, some of which lie far away."""
    clouds = {"none": torus(10**6), **{name: make(10**6) for name, make in UNEVEN.items()}}
    functions = {
        name: lambda p=points: k_nearest(p[None], p[None, 7::244], PATCH)  # step 244: 4098 centres
        for name, points in clouds.items()
    }
    times = time_in_turn(functions)
    for name in UNEVEN:
        ratio = times[name].median / times["none"].median
        findings.add(f"kNN in 1,000,000 points with {name}", ratio, "times the time without", at_most=1.5)


def _require_same_neighbours(points: Tensor, centres: Tensor, distances: np.ndarray) -> None:
    found = points[k_nearest(points[None], centres[None], PATCH)[0]]  # (G, K, 3)
    ours = (found - centres[:, None]).double().norm(dim=2).numpy()
    assert np.allclose(ours, distances, rtol=1e-4, atol=1e-6)
