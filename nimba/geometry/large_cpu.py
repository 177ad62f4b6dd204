"""FPS and kNN for large clouds, compiled for the CPU: boxes around neighbouring points spare most distances.

Points are put in Morton order first. As in ``serialization.tree_cpu``, distances are computed in one order of
operations and rounding is monotone: a box is never found farther than a point in it, so the results are those of the
plain versions to the last bit, ties included.
"""

import numpy as np

from nimba.geometry.codes_cpu import codes_cpu
from nimba.geometry.sorting_cpu import argsort_codes
from nimba.geometry.tree_cpu import DEPTH, LEAF, box_distance, build_tree
from nimba.runtime.kernels import helper, kernel, share

BITS = 10  # of the Morton codes
BUCKET, GROUP = 64, 16  # points, and buckets, that FPS looks at together
MANY_POINTS, MANY_CENTRES = 8192, 256  # from which on sorting the points first costs less than it saves


def worth_sorting(points: np.ndarray, num_centres: int) -> bool:
    """Whether a batch (B, N, 3) with G centres is large enough for this module, and free of NaN and infinity."""
    large = points.shape[1] >= MANY_POINTS and num_centres >= MANY_CENTRES
    return large and bool(np.isfinite(points).all())


def fps_large(points: np.ndarray, num_centres: int) -> np.ndarray:
    """FPS by buckets: (B, N, 3) float32, finite, C-contiguous -> (B, G) int64; equal to ``fps_batched``.

    A bucket is passed by when its box is farther from the new centre than any of its points is from an old one (the
    idea of bucket-based FPS: Han et al., QuickFPS, 2023).
    """
    numbers, near = _in_morton_order(points)
    chosen = np.empty((len(points), num_centres), np.int64)
    _fps_batch(near, numbers, chosen)
    return chosen


def knn_large(points: np.ndarray, centres: np.ndarray, k: int) -> np.ndarray:
    """kNN by a tree: (B, N, 3), (B, G, 3) float32, finite, C-contiguous -> (B, G, K); equal to ``knn_batched``."""
    numbers, near = _in_morton_order(points)
    nearest = np.empty((*centres.shape[:2], k), np.int64)
    for b in range(len(points)):
        boxes, _ = build_tree(near[b], np.zeros(len(near[b]), np.int32))
        _knn_one(near[b], numbers[b], boxes, centres[b], nearest[b])
    return nearest


def _in_morton_order(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (B, N) of the points in Morton order, and the points (B, N, 3) in it."""
    codes = codes_cpu(points, BITS, False, (0, 1, 2)).view(np.uint64)
    numbers = argsort_codes(codes, 3 * BITS, points, (0, 1, 2))
    return numbers, np.take_along_axis(points, numbers[..., None], 1)


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
    for side in range(6):
        box[side] = boxes[0, side]
    for number in range(1, len(boxes)):
        other = boxes[number]
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
def _knn_one(team, points, numbers, boxes, centres, nearest):  # type: ignore[no-untyped-def]
    for g in share(team, len(centres)):
        best = np.empty(nearest.shape[1], points.dtype)
        found = np.empty(nearest.shape[1], np.int64)
        _knn_query(points, numbers, boxes, centres[g], best, found)
        for place in range(len(found)):
            nearest[g, place] = numbers[found[place]]


@helper
def _knn_query(points, numbers, boxes, centre, best, found):  # type: ignore[no-untyped-def]
    """The k nearest points, in a sorted list; a branch is left out only if it is farther than the last of k."""
    x, y, z = centre[0], centre[1], centre[2]
    stack, reach = np.empty(DEPTH, np.int64), np.empty(DEPTH, points.dtype)
    leaves, k, size, depth = len(boxes) // 2, len(found), 0, 0
    stack[0], reach[0] = 1, box_distance(boxes, 1, x, y, z)
    while depth >= 0:
        node, distance = stack[depth], reach[depth]
        depth -= 1
        if size == k and distance > best[k - 1]:
            continue
        if node < leaves:
            near, far = 2 * node, 2 * node + 1
            to_near, to_far = box_distance(boxes, near, x, y, z), box_distance(boxes, far, x, y, z)
            if to_far < to_near:
                near, far, to_near, to_far = far, near, to_far, to_near
            stack[depth + 1], reach[depth + 1] = far, to_far
            stack[depth + 2], reach[depth + 2] = near, to_near  # looked at first
            depth += 2
            continue
        first = (node - leaves) * LEAF
        for i in range(first, min(first + LEAF, len(points))):
            dx, dy, dz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
            d = dx * dx + dy * dy + dz * dz
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
