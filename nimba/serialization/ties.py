"""Lexicographic order of points: what makes an ordering independent of the order of its input."""

from torch import Tensor

AXES = ("x", "y", "z")


def lexicographic_order(points: Tensor, axis: str = "x") -> Tensor:
    """Sort each cloud along one axis; ties fall to the other two axes, in the order x, y, z.

    Points equal in all three coordinates keep their input order, which nobody can tell apart by coordinates.

    Args:
        points: (B, N, 3).
        axis: "x", "y" or "z", the leading key.

    Returns:
        (B, N) int64, a permutation of each cloud.
    """
    lead = AXES.index(axis)
    keys = [lead, *(other for other in range(3) if other != lead)]
    order = points[..., keys[-1]].argsort(dim=1, stable=True)  # (B, N)
    for key in reversed(keys[:-1]):  # least significant key first: each later stable sort keeps it among ties
        order = order.gather(1, points[..., key].gather(1, order).argsort(dim=1, stable=True))  # (B, N)
    return order
