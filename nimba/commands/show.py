"""``nimba show``: a picture of a cloud's path."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from nimba.errors import InputError


def show(
    file: Path,
    *,
    output: Path | None = None,
    order: str = "nimba",
    r: float = 0.8,
    axis: Literal["x", "y", "z"] = "y",
    start: str | int = "low",
    variant: Literal["first", "nearest", "swap"] = "first",
    bits: int = 10,
    seed: int = 0,
    centres: int = 128,
    points: int = 4096,
    up: Literal["x", "y", "z"] = "y",
) -> int:
    """Draw the path that serialization takes through a cloud or mesh, beside the plain cloud.

    The cloud is scaled into [-1, 1]^3, where the paper's r = 0.8 belongs; the path runs through its FPS centres.

    Args:
        file: Cloud or mesh: PLY, PCD, XYZ, TXT, CSV, NPY, NPZ, OFF, OBJ, STL, GLB.
        output: The PNG to write. Default: the file's name with _path.png, in the current folder.
        order: nimba, axis, random, morton or hilbert.
        r: Bound on a step; longer ones are marked as jumps.
        axis: Axis to sort along.
        start: Where the path begins on that axis: low, high, or a rank.
        variant: How NIMBA fetches a near centre.
        bits: Depth of the grid of Morton and Hilbert orders.
        seed: Of the random order.
        centres: How many centres the path runs through.
        points: How many points to draw.
        up: The file's up axis.
    """
    import torch

    from nimba.clouds import normalise, read_cloud, resample, rotate_up
    from nimba.serialization import serialize
    from nimba.tokens import farthest_point_sampling
    from nimba.viewer import PathView, draw

    output = output or Path(f"{file.stem}_path.png")
    for name, value in (("centres", centres), ("points", points)):
        if value < 2:
            raise InputError(f"{name}: must be at least 2, got {value}")
    if not output.parent.is_dir():
        raise InputError(f"{output}: its folder does not exist; create it first")
    raw = read_cloud(file)
    cloud = normalise(resample(rotate_up(raw, up), min(points, len(raw))), "cube")  # (N, 3)
    batch = torch.from_numpy(cloud)[None]  # (1, N, 3)
    chosen = batch[0, farthest_point_sampling(batch, min(centres, len(cloud)))[0]]  # (G, 3)
    begin = int(start) if isinstance(start, str) and start.isdigit() else start
    order_of = serialize(chosen, order, r=r, axis=axis, start=begin, variant=variant, bits=bits, seed=seed)  # (G,)
    title = f"{order} ({variant}, r = {r:g})" if order == "nimba" else order
    view = PathView(title, cloud, chosen[order_of].numpy(), r)
    draw([view], output)
    print(f"{output}: {view.title}, {view.summary}")
    return 0
