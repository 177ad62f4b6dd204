"""A bounding-volume tree over the points of one cloud, from which points can be taken: compiled, for walks.

The points are numbered in ``spatial_order``, a few to a leaf, so that what is near in space is near in memory. The tree
over the leaves is complete: a node's children are 2 i and 2 i + 1, and node 1 is the root. Each node knows its box and
the lowest key among the points that are still there: a query passes by whatever is too far, has nothing left, or could
not beat what was found.

All distances are computed in the points' precision, in one order of operations. Rounding is monotone, so a box is
never found farther than a point in it, and pruning changes no answer, not even the last bit.
"""

import numpy as np

from nimba.runtime.kernels import helper, kernel

LEAF = 8  # points, of a tree from which points are taken
DEPTH = 64  # of a query's stack: more than any tree is deep
GONE = np.int32(2**31 - 1)  # the key of a point that was taken, and of a node without points


@helper
def squared_distance(points, i, j):  # type: ignore[no-untyped-def]
    """Between two points, in the order of operations that all versions of a walk share."""
    dx = points[i, 0] - points[j, 0]
    dy = points[i, 1] - points[j, 1]
    dz = points[i, 2] - points[j, 2]
    return dx * dx + dy * dy + dz * dz


@kernel
def build_boxes(points, leaf):  # type: ignore[no-untyped-def]
    """Boxes of the tree over one cloud.

    Args:
        points: (N, 3) finite, in an order that keeps neighbours together.
        leaf: how many points share one.

    Returns:
        (2 M, 6), the least and greatest coordinates of each node; M is the number of leaves, a power of two.
    """
    count = len(points)
    leaves = 1
    while leaves * leaf < count:
        leaves *= 2
    boxes = np.empty((2 * leaves, 6), points.dtype)
    for node in range(2 * leaves):
        for axis in range(3):
            boxes[node, axis], boxes[node, axis + 3] = np.inf, -np.inf
    for first in range(0, count, leaf):
        box = boxes[leaves + first // leaf]
        for axis in range(3):
            least = greatest = points[first, axis]
            for point in range(first + 1, min(first + leaf, count)):
                least, greatest = min(least, points[point, axis]), max(greatest, points[point, axis])
            box[axis], box[axis + 3] = least, greatest
    for node in range(leaves - 1, 0, -1):
        left, right = 2 * node, 2 * node + 1
        for axis in range(3):
            boxes[node, axis] = min(boxes[left, axis], boxes[right, axis])
            boxes[node, axis + 3] = max(boxes[left, axis + 3], boxes[right, axis + 3])
    return boxes


@helper
def lowest_keys(keys, leaves):  # type: ignore[no-untyped-def]
    """The lowest key of each node: (N,) int32 -> (2 M,) int32."""
    lowest = np.empty(2 * leaves, np.int32)
    for node in range(2 * leaves):
        lowest[node] = GONE
    for point in range(len(keys)):
        node = leaves + point // LEAF
        lowest[node] = min(lowest[node], keys[point])
    for node in range(leaves - 1, 0, -1):
        lowest[node] = min(lowest[2 * node], lowest[2 * node + 1])
    return lowest


@helper
def change_key(lowest, keys, point, key):  # type: ignore[no-untyped-def]
    """Give a point another key; GONE takes it away."""
    keys[point] = key
    first = point // LEAF * LEAF
    node = len(lowest) // 2 + point // LEAF
    least = GONE
    for other in range(first, min(first + LEAF, len(keys))):
        least = min(least, keys[other])
    while node > 0 and lowest[node] != least:
        lowest[node] = least
        node //= 2
        least = min(lowest[2 * node], lowest[2 * node + 1])


@helper
def lowest_within(points, boxes, lowest, keys, current, limit, stack):  # type: ignore[no-untyped-def]
    """The point with the lowest key nearer than sqrt(limit) to ``current``; -1 if there is none."""
    x, y, z = points[current, 0], points[current, 1], points[current, 2]
    leaves = len(lowest) // 2
    best, found = GONE, -1
    depth = 0
    stack[0] = 1
    while depth >= 0:
        node = stack[depth]
        depth -= 1
        if lowest[node] >= best or not box_distance(boxes, node, x, y, z) < limit:
            continue
        if node >= leaves:
            first = (node - leaves) * LEAF
            for point in range(first, min(first + LEAF, len(keys))):
                if keys[point] < best and squared_distance(points, point, current) < limit:
                    best, found = keys[point], point
            continue
        left = 2 * node
        later = left if lowest[left] > lowest[left + 1] else left + 1
        stack[depth + 1] = later
        stack[depth + 2] = 2 * left + 1 - later  # the child with the lower key is looked at first
        depth += 2
    return found


@helper
def nearest_within(points, boxes, lowest, keys, current, limit, stack, reach):  # type: ignore[no-untyped-def]
    """The nearest point nearer than sqrt(limit) to ``current``, the lowest key among equals; -1 if there is none."""
    x, y, z = points[current, 0], points[current, 1], points[current, 2]
    leaves = len(lowest) // 2
    best, key, found = limit, np.int32(-1), -1  # no key is low enough at the limit itself
    depth = 0
    stack[0] = 1
    reach[0] = box_distance(boxes, 1, x, y, z)
    while depth >= 0:
        node, distance = stack[depth], reach[depth]
        depth -= 1
        if lowest[node] == GONE or not (distance < best or (distance == best and lowest[node] < key)):
            continue
        if node >= leaves:
            first = (node - leaves) * LEAF
            for point in range(first, min(first + LEAF, len(keys))):
                if keys[point] == GONE:
                    continue
                away = squared_distance(points, point, current)
                if away < best or (away == best and keys[point] < key):
                    best, key, found = away, keys[point], point
            continue
        near, far = 2 * node, 2 * node + 1
        to_near, to_far = box_distance(boxes, near, x, y, z), box_distance(boxes, far, x, y, z)
        if to_far < to_near or (to_far == to_near and lowest[far] < lowest[near]):  # of equal points, the lowest first
            near, far, to_near, to_far = far, near, to_far, to_near
        if to_far <= best and lowest[far] != GONE:
            depth += 1
            stack[depth], reach[depth] = far, to_far
        depth += 1
        stack[depth], reach[depth] = near, to_near  # looked at first
    return found


@helper
def box_distance(boxes, node, x, y, z):  # type: ignore[no-untyped-def]
    """Squared distance of a point to a node's box; 0 inside, infinite or NaN for a box without points."""
    dx = max(boxes[node, 0] - x, x - boxes[node, 3], x - x)
    dy = max(boxes[node, 1] - y, y - boxes[node, 4], y - y)
    dz = max(boxes[node, 2] - z, z - boxes[node, 5], z - z)
    return dx * dx + dy * dy + dz * dz
