"""Serialization: order a cloud's points, or its centres, into one 1-D path.

>>> from nimba.serialization import serialize, inverse
>>> order = serialize(points, order="nimba", r=0.8)          # (B, N) -> int64 permutation of each cloud
>>> path = points.gather(1, order[..., None].expand(-1, -1, 3))

``ORDERS`` maps the name of each order to what it is and which arguments it reads. Importing this package brings in
torch and nothing larger; numba and scipy follow when an order needs them.
"""

from nimba.serialization.orders import inverse, serialize
from nimba.serialization.registry import ORDERS, Order

__all__ = ["ORDERS", "Order", "inverse", "serialize"]
