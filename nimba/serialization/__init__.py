"""Serialization: order a cloud's points, or its centres, into one 1-D path.

>>> from nimba.serialization import serialize, inverse
>>> order = serialize(points, order="nimba", r=0.8)          # (B, N) -> int64 permutation of each cloud
>>> path = points.gather(1, order[..., None].expand(-1, -1, 3))
"""

from nimba.serialization.orders import ORDERS, inverse, serialize

__all__ = ["ORDERS", "inverse", "serialize"]
