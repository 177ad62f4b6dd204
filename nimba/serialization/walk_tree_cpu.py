"""NIMBA's walk over large clouds: a tree finds the next point, so a step costs about log N wherever points are.

The plain loop of ``walk_cpu`` looks along the sort until it hits, which is quick unless many points that come earlier
are out of reach: on two distant legs that take turns along the axis it needs N^2 / 4 distances.

Each function takes ``points`` (N, 3) in the numbering of the tree (see ``tree_cpu``) and ``ranked`` (N,) int64, the
number of the point of each rank along the sort; it writes numbers of points into ``order`` (N,) int64.
"""

import numpy as np

from nimba.geometry.tree_cpu import (
    DEPTH,
    GONE,
    LEAF,
    build_boxes,
    change_key,
    lowest_keys,
    lowest_within,
    nearest_within,
    squared_distance,
)
from nimba.runtime.kernels import helper


@helper
def insert_with_tree(points, ranked, limit, nearest, order):  # type: ignore[no-untyped-def]
    """The walk with insertion, where the key of a point is its rank; ``limit`` is r squared, in their precision.

    ``nearest`` is True, or None for the first point in reach: numba leaves out what None never comes to.
    """
    count = len(points)
    keys = _ranks(ranked)
    boxes = build_boxes(points, LEAF)
    lowest = lowest_keys(keys, len(boxes) // 2)
    stack, reach = np.empty(DEPTH, np.int64), np.empty(DEPTH, points.dtype)
    head, current = 0, ranked[0]
    for place in range(count):
        if place > 0:
            while keys[ranked[head]] == GONE:
                head += 1
            following = ranked[head]
            if not squared_distance(points, following, current) < limit:
                if nearest is None:
                    found = lowest_within(points, boxes, lowest, keys, current, limit, stack)
                else:
                    found = nearest_within(points, boxes, lowest, keys, current, limit, stack, reach)
                if found >= 0:
                    following = found
            current = following
        order[place] = current
        change_key(lowest, keys, current, GONE)


@helper
def swap_with_tree(points, ranked, limit, order):  # type: ignore[no-untyped-def]
    """The walk with swaps, where the key of a point is its place in the sequence so far."""
    count = len(points)
    keys = _ranks(ranked)
    boxes = build_boxes(points, LEAF)
    lowest = lowest_keys(keys, len(boxes) // 2)
    stack = np.empty(DEPTH, np.int64)
    for rank in range(count):
        order[rank] = ranked[rank]
    for place in range(count):
        current = order[place]
        change_key(lowest, keys, current, GONE)
        if place + 1 == count or squared_distance(points, order[place + 1], current) < limit:
            continue
        found = lowest_within(points, boxes, lowest, keys, current, limit, stack)
        if found >= 0:
            displaced, ahead = order[place + 1], keys[found]
            order[place + 1], order[ahead] = found, displaced
            change_key(lowest, keys, displaced, ahead)
            keys[found] = np.int32(place + 1)  # it is taken next


@helper
def greedy_with_tree(points, ranked, order):  # type: ignore[no-untyped-def]
    """From the point of rank 0 always on to the nearest one left, the lowest rank among equals."""
    keys = _ranks(ranked)
    boxes = build_boxes(points, LEAF)
    lowest = lowest_keys(keys, len(boxes) // 2)
    stack, reach = np.empty(DEPTH, np.int64), np.empty(DEPTH, points.dtype)
    limit = points.dtype.type(np.inf)
    head, current = 0, ranked[0]
    for place in range(len(points)):
        if place > 0:
            current = nearest_within(points, boxes, lowest, keys, current, limit, stack, reach)
            while current < 0:  # all that is left is so far away that distances overflow
                if keys[ranked[head]] != GONE:
                    current = ranked[head]
                head += 1
        order[place] = current
        change_key(lowest, keys, current, GONE)


@helper
def rank_numbers(numbers):  # type: ignore[no-untyped-def]
    """Ranks in the tree's numbering -> the number of the point of each rank."""
    ranked = np.empty(len(numbers), np.int64)
    for number in range(len(numbers)):
        ranked[numbers[number]] = number
    return ranked


@helper
def name_points(order, numbers):  # type: ignore[no-untyped-def]
    """Numbers in the tree -> those of the sorted cloud, in place."""
    for place in range(len(order)):
        order[place] = numbers[order[place]]


@helper
def _ranks(ranked):  # type: ignore[no-untyped-def]
    keys = np.empty(len(ranked), np.int32)
    for rank in range(len(ranked)):
        keys[ranked[rank]] = rank
    return keys
