"""``nimba show``: a cloud's path as a picture, an animation, a page, or in a window."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from nimba.runtime.errors import InputError
from nimba.runtime.files import check_output

if TYPE_CHECKING:
    from nimba.serialization.settings import OrderSettings
    from nimba.viewer import PathView
    from nimba.viewer.painter import Painter

PICTURES, ANIMATIONS, PAGES = (".png", ".pdf", ".svg"), (".gif", ".mp4"), (".html",)
FEW_POINTS = 8192  # up to here a path is there before the compiled kernels would be loaded


def show(
    file: Path,
    *,
    output: Path | None = None,
    window: bool = False,
    orders: str | None = None,
    unit: Literal["centres", "points", "patches"] = "centres",
    centres: int = 128,
    patch_size: int = 32,
    points: int = 4096,
    r: float = 0.8,
    axis: Literal["x", "y", "z"] = "y",
    start: str | int = "low",
    variant: Literal["first", "nearest", "swap"] = "first",
    bits: int | None = None,
    seed: int = 0,
    color: Literal["place", "contribution", "memory"] = "place",
    weights: str | None = None,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto",
    width: int = 2400,
    seconds: float = 7.0,
) -> int:
    """Draw the path that serialization takes through a cloud or mesh, beside the plain cloud, or several to compare.

    The cloud is scaled into [-1, 1]^3, where the paper's r = 0.8 belongs. With --color contribution or memory, or with
    --weights, the path is that of a trained model, in its own frame, and the title names the class that it sees.

    Args:
        file: Cloud or mesh: {formats}.
        output: What to write: a picture (.png, .pdf, .svg), an animation of the walk (.gif, .mp4), or a page to turn it
            in a browser (.html). Default: the file's name with _path.png, in the current folder.
        window: Open a window to turn it in; nothing is written unless --output is given.
        orders: One order or several, separated by commas; a variant behind a colon: nimba,nimba:nearest,hilbert.
            Default: nimba.
        unit: What the path runs through: FPS centres, all points, or the patches around the centres.
        centres: How many centres.
        patch_size: How many points a patch has.
        points: How many points to draw.
        r: Bound on a step; longer ones are marked as jumps.
        axis: Axis to sort along.
        start: Where the path begins on that axis: low, high, or a rank.
        variant: How NIMBA fetches a near centre.
        bits: Depth of the grid of orders along a curve. Default: the order's own.
        seed: Of the random order.
        color: Colour by the place along the path, by each token's contribution to the class, or by how far back the
            model's memory reaches.
        weights: Name of shipped weights, a .safetensors file, a checkpoint of train.py or of PointMamba's code
            (.pth); the default knows the 40 classes of ModelNet40.
        up: The file's up axis, -z for one that points down. auto finds it as classify does.
        width: Pixels that a picture is wide.
        seconds: Length of an animation.
    """
    from nimba.viewer.painter import Painter

    for name, value in (("centres", centres), ("points", points), ("patch_size", patch_size)):
        if value < 2:
            raise InputError(f"{name}: must be at least 2, got {value}")
    if output is None and not window:
        output = Path(f"{file.stem}_path.png")
    if output is not None:
        _check(output)
    of_model = color != "place" or weights is not None
    if of_model and orders is not None:
        raise InputError("orders: a model has an order of its own; leave out --orders, or --color and --weights")
    if of_model and unit == "points":
        raise InputError("unit: a model reads patches around centres; choose centres or patches")
    begin = int(start) if isinstance(start, str) and start.isdigit() else start
    with Painter() if output is not None and output.suffix.lower() in PICTURES else nullcontext() as painter:
        from nimba.serialization.settings import OrderSettings  # with torch, for which the painter does not wait

        settings = OrderSettings(r, axis, begin, variant, bits, seed)
        parts = (unit, centres, patch_size, points)
        views = _views(file, up, orders, settings, parts, color if of_model else None, weights)
        for view in views:
            print(f"{view.title}: {view.summary}")
        if output is not None:
            _write(views, output, width, seconds, painter)
            print(output)
    if window:
        from nimba.viewer import open_window

        open_window(views)
    return 0


def _views(
    file: Path,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"],
    orders: str | None,
    settings: OrderSettings,
    parts: tuple[Literal["centres", "points", "patches"], int, int, int],
    color: Literal["place", "contribution", "memory"] | None,
    weights: str | None,
) -> list[PathView]:
    """The paths to draw: of the orders, or of a model where there is a ``color`` for it."""
    import numpy as np

    import nimba
    from nimba.clouds import Up, normalise, read_cloud, resample, upright
    from nimba.clouds.pose import turned
    from nimba.runtime.compiled import without_compiled_kernels
    from nimba.viewer.model_path import model_view
    from nimba.viewer.paths import path_views

    unit, centres, patch_size, points = parts
    raw = read_cloud(file)
    with without_compiled_kernels() if points <= FEW_POINTS else nullcontext():
        if up == "auto" or color is not None:
            model = nimba.load(weights)
            pose = model.classify(raw, up=up).pose
            if not pose.given:
                print(f"up axis {pose.up}, as found; --up sets it")
            up = pose.up
        if color is not None:
            assert model.spec is not None
            seen = turned(upright(raw, cast(Up, up), mirrored=model.spec.frame.mirrored), np.radians(pose.turn))
            return [model_view(model, seen, color=color, unit=unit)]
        cloud = normalise(resample(upright(raw, cast(Up, up)), min(points, len(raw))), "cube")  # (N, 3)
        names = (orders or "nimba").split(",")
        return path_views(cloud, names, settings, unit=unit, centres=centres, patch_size=patch_size)


def _check(output: Path) -> None:
    """Refuse what could not be written, before the work."""
    known = (*PICTURES, *ANIMATIONS, *PAGES)
    if output.suffix.lower() not in known:
        raise InputError(f"{output}: unknown format {output.suffix or 'without suffix'!r}; known: {' '.join(known)}")
    if not output.parent.exists():
        raise InputError(f"{output}: its folder does not exist; create it first")
    check_output(output)


def _write(views: list[PathView], output: Path, width: int, seconds: float, painter: Painter | None) -> None:
    suffix = output.suffix.lower()
    if suffix in PAGES:
        from nimba.viewer.page import write_page

        write_page(views, output)
    elif suffix in ANIMATIONS:
        from nimba.viewer import animate

        animate(views, output, seconds=seconds)
    else:
        assert painter is not None
        painter.draw(views, output, width=width)
