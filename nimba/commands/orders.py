"""``nimba orders``: what orders there are, and what they do to a cloud or a data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from nimba.quality import NamedOrder
    from nimba.serialization.settings import OrderSettings


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
        centres: How many centres of each cloud; of a smaller cloud, all its points.
        points: How many points of each cloud; of a smaller cloud, all.
        r: Bound on a step; longer ones are jumps.
        k: Nearest neighbours that locality looks at.
        repeats: Repeats per perturbation, for stability.
        limit: At most so many clouds of a data set, spread over it evenly.
        seed: Of the random changes.
        output: A folder for orders.csv, with every figure, and orders.png.
    """
    from tqdm import tqdm

    from nimba.quality import compare
    from nimba.quality.report import text_table, write_csv
    from nimba.quality.sources import open_clouds, prepare
    from nimba.serialization.settings import OrderSettings

    least = {"centres": (centres, 2), "points": (points, 2), "k": (k, 1), "repeats": (repeats, 1), "limit": (limit, 1)}
    for name, (value, bound) in least.items():
        if value < bound:
            raise InputError(f"{name}: must be at least {bound}, got {value}")
    if not 0 <= seed < 2**63:
        raise InputError(f"seed: must be from 0 to 2^63 - 1, got {seed}")
    chosen = _named(orders, OrderSettings(r=r, seed=seed))
    total, clouds = open_clouds(source, limit)
    if output is not None:
        _make_folder(output)
    sizes: set[int] = set()

    def prepared() -> Iterator[np.ndarray]:
        for cloud in tqdm(clouds, total=min(total, limit), unit="cloud", leave=False, disable=None):
            scaled = prepare(cloud, points, centres if unit == "centres" else None)
            sizes.add(len(scaled))
            yield scaled

    comparison = compare(prepared(), chosen, k=k, repeats=repeats, seed=seed)
    used = comparison.clouds
    which = f"{used} of its {total} clouds" if total > used else f"{total} clouds" if total > 1 else "one cloud"
    size = f"{min(sizes)} to {max(sizes)}" if len(sizes) > 1 else f"{max(sizes)}"
    print(f"{source}: {which}, {size} {unit}{' each' if used > 1 else ''}, r = {r:g}")
    print(text_table(comparison))
    if output is not None:
        from nimba.quality.plot import write_plot

        write_csv(comparison, output / "orders.csv")
        write_plot(comparison, output / "orders.png")
        print(f"written: {output / 'orders.csv'}, {output / 'orders.png'}")
    return 0


def _named(orders: str | None, settings: OrderSettings) -> list[NamedOrder]:
    from dataclasses import replace

    from nimba.quality import NamedOrder
    from nimba.runtime.choices import require_known
    from nimba.serialization import ORDERS
    from nimba.serialization.settings import VARIANTS

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


def _make_folder(output: Path) -> None:
    """Before the work, so that it is not lost."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"output: {output} cannot be a folder ({error.strerror}); choose another name") from None
