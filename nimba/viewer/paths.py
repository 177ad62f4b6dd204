"""Views of a cloud's paths: its points, centres or patches, in any order that ``serialize`` knows."""

from dataclasses import asdict

import numpy as np
import torch

from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.runtime.choices import require_known
from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS, serialize
from nimba.serialization.settings import OrderSettings
from nimba.viewer.views import PathView

UNITS = {"centres": "centre", "points": "point", "patches": "patch"}
DETAILS = {
    "variant": "{}",
    "r": "r = {:g}",
    "axis": "{} axis",
    "start": "from {}",
    "bits": "{} bits",
    "seed": "seed {}",
}
ALWAYS_SHOWN = ("variant", "r")  # the others, where they are not the defaults


def path_views(
    cloud: np.ndarray,
    orders: list[str],
    settings: OrderSettings,
    *,
    unit: str = "centres",
    centres: int = 128,
    patch_size: int = 32,
) -> list[PathView]:
    """One view for each order.

    Args:
        cloud: (N, 3) float32, y up, in the units of r.
        orders: names of ``nimba.serialization.ORDERS``, a variant behind a colon where it isn't that of the settings:
            "nimba:nearest".
        settings: the other arguments of ``serialize``.
        unit: what is ordered: "centres" (FPS), "points" (all), or "patches" (centres with their nearest points).
        centres: G.
        patch_size: K.

    Raises:
        InputError: naming the argument that no path could be drawn with.
    """
    require_known("unit", unit, UNITS)
    chosen = [_parse(name, settings) for name in orders]
    if not chosen:
        raise InputError(f"orders: none given; choose from {', '.join(ORDERS)}")
    points, patches = cloud, None
    if unit != "points":
        batch = torch.from_numpy(cloud)[None]  # (1, N, 3)
        middles = batch[:, farthest_point_sampling(batch, min(centres, len(cloud)))[0]]  # (1, G, 3)
        points = middles[0].numpy()
        if unit == "patches":
            patches = cloud[k_nearest(batch, middles, min(patch_size, len(cloud)))[0].numpy()]  # (G, K, 3)
    views = []
    for name, own in chosen:
        order = serialize(points, name, **asdict(own))  # (G,)
        along = None if patches is None else patches[order]
        views.append(PathView(path_title(name, own), cloud, points[order], own.r, along, unit=UNITS[unit]))
    return views


def path_title(order: str, settings: OrderSettings) -> str:
    """An order's name with what was chosen about it: "nimba (first, r = 0.8)"."""
    values, usual = asdict(settings), asdict(OrderSettings())
    read = ORDERS[order].parameters
    shown = [key for key in DETAILS if key in read and (key in ALWAYS_SHOWN or values[key] != usual[key])]
    details = ", ".join(DETAILS[key].format(values[key]) for key in shown)
    return f"{order} ({details})" if details else order


def _parse(name: str, settings: OrderSettings) -> tuple[str, OrderSettings]:
    order, colon, variant = name.strip().partition(":")
    require_known("orders", order, ORDERS)
    if not colon:
        return order, settings
    if "variant" not in ORDERS[order].parameters:
        raise InputError(f"orders: {order!r} has no variants; leave out {colon + variant!r}")
    return order, OrderSettings(**{**asdict(settings), "variant": variant})
