"""``nimba orders``: what orders there are, and what they do to a cloud or a data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nimba.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from nimba.datasets.clouds import LabelledClouds
    from nimba.quality import NamedOrder
    from nimba.serialization.settings import OrderSettings

SHAPES, MODELNET40 = "shapes", "modelnet40"


def list_orders() -> int:
    """List the orders that ``serialize`` knows, and the arguments that each reads."""
    from nimba.serialization import ORDERS

    width = max(map(len, ORDERS))
    for order in ORDERS.values():
        reads = f"  [{', '.join(order.parameters)}]" if order.parameters else ""
        print(f"{order.name:<{width}}  {order.summary}{reads}")
    return 0


def compare_orders(
    source: str,
    *,
    orders: str | None = None,
    unit: Literal["centres", "points"] = "centres",
    centres: int = 128,
    points: int = 1024,
    r: float = 0.8,
    k: int = 8,
    repeats: int = 4,
    limit: int = 100,
    seed: int = 0,
    output: Path | None = None,
) -> int:
    """Compare orders on a cloud or a data set: steps, locality, stability.

    Clouds are scaled into [-1, 1]^3, where the paper's r = 0.8 belongs. Over several clouds: mean and standard
    deviation.

    Args:
        source: A cloud or mesh, a folder of them, a folder of ModelNet40, or the name of a data set: shapes (built in),
            modelnet40. Of a data set, clouds of the test split.
        orders: Names separated by commas; a variant behind a colon (nimba:nearest). Default: all.
        unit: What is ordered: FPS centres, or the points themselves.
        centres: How many centres.
        points: How many points of each cloud.
        r: Bound on a step; longer ones are jumps.
        k: Nearest neighbours that locality looks at.
        repeats: How often each random change is made, for stability.
        limit: At most so many clouds of a data set, spread over it evenly.
        seed: Of the random changes.
        output: A folder for orders.csv, with every figure, and orders.png.
    """
    from tqdm import tqdm

    from nimba.quality import compare
    from nimba.quality.report import text_table, write_csv, write_plot
    from nimba.serialization.settings import OrderSettings

    for name, value, least in (("centres", centres, 2), ("points", points, 2), ("k", k, 1), ("repeats", repeats, 1)):
        if value < least:
            raise InputError(f"{name}: must be at least {least}, got {value}")
    if limit < 1:
        raise InputError(f"limit: must be at least 1, got {limit}")
    chosen = _named(orders, OrderSettings(r=r, seed=seed))
    total, clouds = _clouds(source, limit)
    used = min(total, limit)
    prepared = (_prepared(cloud, points, centres if unit == "centres" else None) for cloud in clouds)
    comparison = compare(tqdm(prepared, total=used, unit="cloud", leave=False), chosen, k=k, repeats=repeats, seed=seed)
    which = f"{used} of its {total} clouds" if total > used else f"{total} clouds" if total > 1 else "one cloud"
    print(f"{source}: {which}, {f'{centres} centres' if unit == 'centres' else f'{points} points'} each, r = {r:g}")
    print(text_table(comparison))
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        write_csv(comparison, output / "orders.csv")
        write_plot(comparison, output / "orders.png")
        print(f"written: {output / 'orders.csv'}, {output / 'orders.png'}")
    return 0


def _named(orders: str | None, settings: OrderSettings) -> list[NamedOrder]:
    from dataclasses import replace

    from nimba.quality import NamedOrder
    from nimba.serialization import ORDERS
    from nimba.serialization.settings import VARIANTS, require_known

    everything = [f"nimba:{variant}" for variant in VARIANTS] + [name for name in ORDERS if name != "nimba"]
    named = []
    for title in orders.split(",") if orders else everything:
        name, _, variant = title.strip().partition(":")
        require_known("orders", name, ORDERS)
        if variant:
            if "variant" not in ORDERS[name].parameters:
                raise InputError(f"orders: {name!r} has no variants; leave out ':{variant}'")
            require_known("orders", variant, VARIANTS)
        named.append(NamedOrder(title.strip(), name, replace(settings, variant=variant or settings.variant)))
    return named


def _clouds(source: str, limit: int) -> tuple[int, Iterator[np.ndarray]]:
    """How many clouds a source has, and those that are used."""
    import numpy as np

    from nimba.clouds import read_cloud

    path = Path(source)
    if path.is_file():
        return 1, iter([read_cloud(path)])
    split = _data_set(source, path)
    if split is not None:
        return len(split), (split[i] for i in np.linspace(0, len(split) - 1, min(limit, len(split))).astype(int))
    from nimba.clouds.read import FORMATS

    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in FORMATS)
    if not files:
        raise InputError(f"{source}: neither a cloud, a folder with clouds, {SHAPES} nor {MODELNET40}; check the path")
    used = [files[i] for i in np.linspace(0, len(files) - 1, min(limit, len(files))).astype(int)]
    return len(files), (read_cloud(file) for file in used)


def _data_set(source: str, path: Path) -> LabelledClouds | None:
    if source == SHAPES and not path.exists():
        from nimba.datasets.shapes import ShapesDataModule

        return ShapesDataModule().load_split("test")
    if source == MODELNET40 and not path.exists():
        from nimba.datasets import ModelNet40DataModule

        return ModelNet40DataModule().load_split("test")
    if not path.is_dir():
        return None
    from nimba.datasets import ModelNet40DataModule

    try:
        return ModelNet40DataModule(str(path)).load_split("test")
    except InputError:  # a folder of something else
        return None


def _prepared(cloud: np.ndarray, points: int, centres: int | None) -> np.ndarray:
    """(N, 3) scaled into the cube: that many points of the cloud, or their FPS centres."""
    import torch

    from nimba.clouds import normalise, resample
    from nimba.tokens import farthest_point_sampling

    scaled = normalise(resample(cloud, min(points, len(cloud))), "cube")
    if centres is None:
        return scaled
    batch = torch.from_numpy(scaled)[None]  # (1, N, 3)
    return scaled[farthest_point_sampling(batch, min(centres, len(scaled)))[0].numpy()]  # (G, 3)
