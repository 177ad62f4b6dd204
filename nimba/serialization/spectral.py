"""A spectral order: along the slowest vibration of the cloud's neighbourhood graph."""

import torch
from torch import Tensor

from nimba.serialization.distinct import order_distinct
from nimba.serialization.registry import register
from nimba.serialization.settings import OrderSettings
from nimba.serialization.short import forward
from nimba.serialization.walk import sorted_from


@register("spectral", "axis")
def spectral_order(points: Tensor, settings: OrderSettings) -> Tensor:
    """Sorted by the Fiedler vector of the nearest-neighbour graph (Atkins, Boman, Hendrickson 1998).

    Edges join each point to its eight nearest, weighted by a Gaussian as wide as their median length. Parts of the
    cloud that no edge joins follow one another, the lowest along ``axis`` first; each begins at its lower end. Always
    computed on the CPU in double precision.
    """
    from nimba.serialization.fiedler import connected_parts, fiedler_order  # scipy is imported on first use

    def order_one(distinct: Tensor) -> Tensor:
        parts = []
        for members, weights in connected_parts(distinct.numpy()):
            part = torch.from_numpy(members)  # (M,)
            parts.append(part[forward(distinct[part], torch.from_numpy(fiedler_order(weights)), settings.axis)])
        beginnings = torch.stack([distinct[part[0]] for part in parts])  # (P, 3)
        return torch.cat([parts[i] for i in sorted_from(beginnings[None], settings.axis, "low")[0].tolist()])  # (U,)

    return order_distinct(points.cpu().double(), order_one).to(points.device)  # (B, N)
