"""NIMBA's operators in ONNX, for torch's exporter: sampling, neighbours, walks and the scan.

Each computes what the readable torch version of the operator does, with distances summed in the same order, so that
centres, their neighbours and their path are the same to the last bit. ONNX has no stable sort; TopK, which lists the
lower index first among equals, is one.
"""

from collections.abc import Callable
from typing import Any

import torch
from onnxscript import FLOAT, INT64, opset18

from nimba.export import loops
from nimba.geometry.ties import AXES

op: Any = opset18  # its types are those of arrays, not of a graph's values

LOOPS = ("nimba", "greedy", "random")  # orders in ONNX; the others are made of torch's own operators

_FIRST, _LAST = 0, 1 << 62


def farthest_point_sampling(points: FLOAT, num_centres: int) -> INT64:
    """(B, N, 3) -> (B, G); see ``nimba.geometry.sampling.fps_batched``."""
    order = _lexicographic(points, (0, 1, 2))  # (B, N)
    x, y, z = (op.GatherElements(axis, order, axis=1) for axis in _coordinates(points))  # 3 x (B, N)
    middle = [
        op.Mul(
            op.Add(op.ReduceMin(axis, _whole([1]), keepdims=1), op.ReduceMax(axis, _whole([1]), keepdims=1)),
            _like(0.5, axis),
        )
        for axis in (x, y, z)
    ]  # 3 x (B, 1)
    first = op.ArgMax(_squared_distance((x, y, z), middle), axis=1, keepdims=1)  # (B, 1)
    infinite = op.Expand(_like(float("inf"), x), op.Shape(x))  # (B, N)
    chosen = loops.farthest_first(x, y, z, infinite, first, _range(num_centres))  # (G, B, 1)
    return op.GatherElements(order, _batch_first(chosen), axis=1)


def k_nearest(points: FLOAT, centres: FLOAT, k: INT64) -> INT64:
    """(B, N, 3), (B, G, 3) -> (B, G, K); see ``nimba.geometry.neighbours.knn_batched``."""
    order = _lexicographic(points, (0, 1, 2))  # (B, N)
    cloud = [op.Unsqueeze(op.GatherElements(axis, order, axis=1), _whole([1])) for axis in _coordinates(points)]
    around = [op.Unsqueeze(axis, _whole([2])) for axis in _coordinates(centres)]  # (B, G, 1)
    distance = _squared_distance(cloud, around)  # (B, G, N)
    count = op.Reshape(k, _whole([1])) if not isinstance(k, int) else _whole([k])
    _, nearest = op.TopK(distance, count, axis=2, largest=0, sorted=1)  # (B, G, K), places in the sorted cloud
    flat = op.Reshape(nearest, op.Concat(op.Shape(nearest, start=0, end=1), _whole([-1]), axis=0))  # (B, G K)
    return op.Reshape(op.GatherElements(order, flat, axis=1), op.Shape(nearest))


def serialize(
    points: FLOAT, order: str, r: float, axis: str, start: str, variant: str, bits: int | None, seed: int
) -> INT64:
    """(B, N, 3) -> (B, N) of an order in ``LOOPS``; see ``nimba.serialization.walk`` and ``greedy``."""
    if order == "random":
        shuffle = torch.randperm(_shape(points)[1], generator=torch.Generator().manual_seed(seed))  # of as many centres
        return op.Gather(_lexicographic(points, (0, 1, 2)), _whole(shuffle.tolist()), axis=1)
    lead = AXES.index(axis)
    permutation = _begin(_lexicographic(points, (lead, *(other for other in range(3) if other != lead))), start)
    sorted_axes = [op.GatherElements(one, permutation, axis=1) for one in _coordinates(points)]  # 3 x (B, N)
    distance = _squared_distance(
        [op.Unsqueeze(one, _whole([1])) for one in sorted_axes], [op.Unsqueeze(one, _whole([2])) for one in sorted_axes]
    )  # (B, N, N)
    count = op.Squeeze(op.Shape(points, start=1, end=2))  # ()
    places = op.Range(_whole(0), count, _whole(1))  # (N,)
    steps = op.Range(_whole(0), op.Sub(count, _whole(1)), _whole(1))  # (N - 1,)
    reach = _like(float(torch.tensor(r, dtype=torch.float32).square()), distance)
    if order == "nimba" and variant == "swap":
        path = loops.walk_swap(op.Cast(op.Less(distance, reach), to=6), places, _each(places, permutation), steps)
        return op.GatherElements(permutation, path, axis=1)
    begin = op.Mul(op.Slice(permutation, _whole([0]), _whole([1]), _whole([1])), _whole(0))  # (B, 1), zero
    left = _each(op.Greater(places, _whole(0)), permutation)  # (B, N)
    if order == "nimba" and variant == "first":
        worth = op.Add(op.CastLike(op.Less(distance, reach), distance), _like(1.0, distance))
        path = loops.walk_first(worth, places, op.CastLike(left, distance), begin, steps)
    else:
        greedy = order == "greedy"
        kept, reach = (_like(0.0, distance), _like(float("inf"), distance)) if greedy else (reach, reach)
        path = loops.walk_nearest(distance, places, left, begin, steps, kept, reach)
    return op.GatherElements(permutation, op.Concat(begin, _batch_first(path), axis=1), axis=1)


def selective_scan(u: FLOAT, delta: FLOAT, A: FLOAT, B: FLOAT, C: FLOAT, D: FLOAT) -> tuple[FLOAT, FLOAT]:
    """See ``nimba.scan.reference``; the states that training keeps are left out."""
    u_, delta_, B_, C_ = (op.Transpose(t, perm=[1, 0, 2]) for t in (u, delta, B, C))  # (L, B, ...)
    x, size, out = (op.Unsqueeze(t, _whole([2])) for t in (u_, delta_, C_))  # (L, B, 1, D or N)
    into = op.Unsqueeze(B_, _whole([3]))  # (L, B, N, 1)
    rates = op.Transpose(A, perm=[1, 0])  # (N, D)
    state = op.Expand(_like(0.0, u), op.Concat(op.Shape(u, start=0, end=1), op.Shape(rates), axis=0))  # (B, N, D)
    y = op.Squeeze(loops.recurrence(state, rates, x, size, into, out), _whole([2]))  # (L, B, D)
    return op.Add(op.Transpose(y, perm=[1, 0, 2]), op.Mul(u, D)), op.Identity(u)


def sort_stable(self: FLOAT, stable: bool = True, dim: int = -1, descending: bool = False) -> tuple[FLOAT, INT64]:
    """torch's, which its exporter lacks."""
    axis = dim % len(_shape(self))
    count = op.Shape(self, start=axis, end=axis + 1)
    return op.TopK(self, count, axis=axis, largest=int(descending), sorted=1)


def searchsorted(
    sorted_sequence: INT64, self: INT64, out_int32: bool = False, right: bool = False, side: str | None = None
) -> INT64:
    """torch's, which its exporter lacks, by counting: (B, N) sorted, (B, M) -> (B, M)."""
    row, wanted = op.Unsqueeze(sorted_sequence, _whole([1])), op.Unsqueeze(self, _whole([2]))
    before = op.LessOrEqual(row, wanted) if right else op.Less(row, wanted)  # (B, M, N)
    return op.ReduceSum(op.Cast(before, to=7), _whole([2]), keepdims=0)


def _shape(value: Any) -> Any:
    """What is known of a value's sizes while the graph is made."""
    return value.shape


def _coordinates(points: Any) -> list[Any]:
    """(B, N, 3) -> three of (B, N)."""
    return [op.Gather(points, _whole(axis), axis=2) for axis in range(3)]


def _squared_distance(a: Any, b: Any) -> Any:
    """Over coordinates that broadcast, summed in the order x, y, z."""
    squares = []
    for one, other in zip(a, b, strict=True):
        difference = op.Sub(one, other)
        squares.append(op.Mul(difference, difference))
    return op.Add(op.Add(squares[0], squares[1]), squares[2])


def _lexicographic(points: Any, keys: tuple[int, ...]) -> Any:
    """As ``nimba.geometry.ties.lexicographic_sort``: (B, N, 3) -> (B, N)."""
    axes = _coordinates(points)
    order = _stable_argsort(axes[keys[-1]])
    for key in reversed(keys[:-1]):
        order = op.GatherElements(order, _stable_argsort(op.GatherElements(axes[key], order, axis=1)), axis=1)
    return order


def _stable_argsort(values: Any) -> Any:
    """(B, N) -> (B, N) int64."""
    return op.TopK(values, op.Shape(values, start=1, end=2), axis=1, largest=0, sorted=1)[1]


def _begin(permutation: Any, start: str) -> Any:
    """A sorted cloud from where a path begins on, as ``nimba.serialization.walk.sorted_from``: (B, N) -> (B, N)."""
    if start == "low" or start == "0":
        return permutation
    if start == "high":
        return op.Slice(permutation, _whole([-1]), _whole([-_LAST]), _whole([1]), _whole([-1]))
    rank = int(start)
    pieces = [(rank, rank + 1), (_FIRST, rank), (rank + 1, _LAST)]
    return op.Concat(*(op.Slice(permutation, _whole([a]), _whole([b]), _whole([1])) for a, b in pieces), axis=1)


def _batch_first(chosen: Any) -> Any:
    """(G, B, 1) -> (B, G)."""
    return op.Transpose(op.Squeeze(chosen, _whole([2])), perm=[1, 0])


def _each(values: Any, like: Any) -> Any:
    """The same (N,) for each cloud of ``like`` (B, N): -> (B, N)."""
    return op.Expand(values, op.Shape(like))


def _range(count: int) -> Any:
    return op.Constant(value_ints=list(range(count)))


def _whole(value: int | list[int]) -> Any:
    return op.Constant(value_ints=value) if isinstance(value, list) else op.Constant(value_int=value)


def _like(value: float, other: Any) -> Any:
    """A number in the type of ``other``."""
    return op.CastLike(op.Constant(value_float=value), other)


TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.nimba.farthest_point_sampling.default: farthest_point_sampling,
    torch.ops.nimba.k_nearest.default: k_nearest,
    torch.ops.nimba.serialize.default: serialize,
    torch.ops.nimba.selective_scan.default: selective_scan,
    torch.ops.aten.sort.stable: sort_stable,
    torch.ops.aten.searchsorted.Tensor: searchsorted,
}
