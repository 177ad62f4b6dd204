"""FPS and kNN for large clouds, compiled for the CPU: boxes around neighbouring points spare most distances.

Points are put in ``spatial_order`` first. As in ``tree_cpu``, distances are computed in one order of
operations and rounding is monotone: a box is never found farther than a point in it, so the results are those of the
plain versions to the last bit, ties included.
"""

import numpy as np

from nimba.geometry.spatial_cpu import spatial_order
from nimba.geometry.tree_cpu import box_distance, build_boxes
from nimba.runtime.kernels import helper, kernel, share

BUCKET, GROUP = 64, 16  # points, and buckets, that FPS looks at together
LEAF = 32  # points that kNN looks at together
TOGETHER = 32  # centres that one thread takes at a time
MANY_POINTS, MANY_CENTRES = 8192, 64  # from which on sorting the points first costs less than it saves


def worth_sorting(points: np.ndarray, num_centres: int) -> bool:
    """Whether a batch (B, N, 3) with G centres is large enough for this module, and free of NaN and infinity."""
    large = points.shape[1] >= MANY_POINTS and num_centres >= MANY_CENTRES
    return large and bool(np.isfinite(points).all())


def fps_large(points: np.ndarray, num_centres: int) -> np.ndarray:
    """FPS by buckets: (B, N, 3) float32, finite, C-contiguous -> (B, G) int64; equal to ``fps_batched``.

    A bucket is passed by when its box is farther from the new centre than any of its points is from an old one (the
    idea of bucket-based FPS: Han et al., QuickFPS, 2023).
    """
    numbers, near = spatial_order(points, BUCKET)
    chosen = np.empty((len(points), num_centres), np.int64)
    _fps_batch(near, numbers, chosen)
    return chosen


def knn_large(points: np.ndarray, centres: np.ndarray, k: int) -> np.ndarray:
    """kNN by a tree: (B, N, 3), (B, G, 3) float32, finite, C-contiguous -> (B, G, K); equal to ``knn_batched``."""
    numbers, near = spatial_order(points, LEAF)
    which, ordered = spatial_order(centres, LEAF)  # neighbours among the centres look at the same leaves
    nearest = np.empty((*centres.shape[:2], k), np.int64)
    for b in range(len(points)):
        _knn_one(near[b], numbers[b], build_boxes(near[b], LEAF), ordered[b], which[b], nearest[b])
    return nearest


@helper
def _lower(points, numbers, i, j):  # type: ignore[no-untyped-def]
    """Whether point i comes before point j by coordinates; of equal points, the first of the input."""
    for axis in range(3):
        if points[i, axis] != points[j, axis]:
            return points[i, axis] < points[j, axis]
    return numbers[i] < numbers[j]


@kernel
def _fps_batch(team, points, numbers, chosen):  # type: ignore[no-untyped-def]
    for b in share(team, len(points)):
        _fps_one(points[b], numbers[b], chosen[b])


@helper
def _fps_one(points, numbers, chosen):  # type: ignore[no-untyped-def]
    count = len(points)
    buckets = -(-count // BUCKET)
    groups = -(-buckets // GROUP)
    boxes, group_boxes = np.empty((buckets, 6), points.dtype), np.empty((groups, 6), points.dtype)
    nearest = np.full(count, np.inf, points.dtype)  # squared distance of each point to the nearest centre
    farthest = np.empty(buckets, np.int64)  # the point of each bucket that is farthest from all centres
    group_farthest = np.empty(groups, np.int64)
    for bucket in range(buckets):
        _bound(points, bucket * BUCKET, min((bucket + 1) * BUCKET, count), boxes[bucket])
    for group in range(groups):
        _unite(boxes[group * GROUP : (group + 1) * GROUP], group_boxes[group])
    around = np.empty(6, points.dtype)
    _unite(group_boxes, around)
    half = points.dtype.type(0.5)
    x, y, z = (around[0] + around[3]) * half, (around[1] + around[4]) * half, (around[2] + around[5]) * half
    for g in range(-1, len(chosen)):  # -1: only the start is looked for, the point farthest from the middle
        if g >= 0:
            following = _farthest(points, numbers, nearest, group_farthest)
            chosen[g] = numbers[following]
            x, y, z = points[following, 0], points[following, 1], points[following, 2]
        if g == 0:
            nearest[:] = np.inf
        for group in range(groups):
            if g > 0 and not box_distance(group_boxes, group, x, y, z) < nearest[group_farthest[group]]:
                continue
            first, last = group * GROUP, min((group + 1) * GROUP, buckets)
            for bucket in range(first, last):
                if g <= 0 or box_distance(boxes, bucket, x, y, z) < nearest[farthest[bucket]]:
                    _approach(points, numbers, nearest, bucket, x, y, z, farthest)
            group_farthest[group] = _farthest(points, numbers, nearest, farthest[first:last])


@helper
def _bound(points, first, last, box):  # type: ignore[no-untyped-def]
    for axis in range(3):
        least = greatest = points[first, axis]
        for i in range(first + 1, last):
            least, greatest = min(least, points[i, axis]), max(greatest, points[i, axis])
        box[axis], box[axis + 3] = least, greatest


@helper
def _unite(boxes, box):  # type: ignore[no-untyped-def]
    box[:] = boxes[0]
    for other in boxes[1:]:
        for axis in range(3):
            box[axis], box[axis + 3] = min(box[axis], other[axis]), max(box[axis + 3], other[axis + 3])


@helper
def _approach(points, numbers, nearest, bucket, x, y, z, farthest):  # type: ignore[no-untyped-def]
    """Take a new centre into account for the points of a bucket."""
    first = bucket * BUCKET
    last = min(first + BUCKET, len(points))
    for i in range(first, last):
        dx, dy, dz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
        nearest[i] = min(nearest[i], dx * dx + dy * dy + dz * dz)
    best = first
    for i in range(first + 1, last):
        if nearest[i] > nearest[best] or (nearest[i] == nearest[best] and _lower(points, numbers, i, best)):
            best = i
    farthest[bucket] = best


@helper
def _farthest(points, numbers, nearest, farthest):  # type: ignore[no-untyped-def]
    best = farthest[0]
    for i in farthest[1:]:
        if nearest[i] > nearest[best] or (nearest[i] == nearest[best] and _lower(points, numbers, i, best)):
            best = i
    return best


@kernel
def _knn_one(team, points, numbers, boxes, centres, which, nearest):  # type: ignore[no-untyped-def]
    count, k = nearest.shape
    for task in share(team, -(-count // TOGETHER)):
        best, found = np.empty(k, points.dtype), np.empty(k, np.int64)
        nodes, reach = np.empty(len(boxes), np.int64), np.empty(len(boxes), points.dtype)
        away = np.empty(LEAF, points.dtype)
        for g in range(task * TOGETHER, min((task + 1) * TOGETHER, count)):
            _knn_query(points, numbers, boxes, centres[g], best, found, nodes, reach, away)
            for place in range(k):
                nearest[which[g], place] = numbers[found[place]]


@helper
def _knn_query(points, numbers, boxes, centre, best, found, nodes, reach, away):  # type: ignore[no-untyped-def]
    """The k nearest points, in a sorted list; the nearest box is looked at next, until it is farther than all of k.

    The boxes that wait lie in ``nodes``, at distances ``reach``, the nearest last.
    """
    x, y, z = centre[0], centre[1], centre[2]
    leaves, k, size, waiting = len(boxes) // 2, len(found), 0, 1
    nodes[0], reach[0] = 1, box_distance(boxes, 1, x, y, z)
    while waiting > 0 and not (size == k and reach[waiting - 1] > best[k - 1]):
        waiting -= 1
        node = nodes[waiting]
        if node < leaves:
            for child in range(2 * node, 2 * node + 2):
                distance = box_distance(boxes, child, x, y, z)
                if size == k and distance > best[k - 1]:
                    continue
                place = waiting
                while place > 0 and reach[place - 1] < distance:
                    nodes[place], reach[place] = nodes[place - 1], reach[place - 1]
                    place -= 1
                nodes[place], reach[place] = child, distance
                waiting += 1
            continue
        first = (node - leaves) * LEAF
        last = min(first + LEAF, len(points))
        for i in range(first, last):
            dx, dy, dz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
            away[i - first] = dx * dx + dy * dy + dz * dz
        for i in range(first, last):
            d = away[i - first]
            if size == k and (d > best[k - 1] or (d == best[k - 1] and not _lower(points, numbers, i, found[k - 1]))):
                continue
            place = size if size < k else k - 1
            while place > 0 and (
                d < best[place - 1] or (d == best[place - 1] and _lower(points, numbers, i, found[place - 1]))
            ):
                best[place], found[place] = best[place - 1], found[place - 1]
                place -= 1
            best[place], found[place] = d, i
            size = min(size + 1, k)
