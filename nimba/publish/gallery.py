"""The gallery of orders: pictures for the documents, of shapes that are made by code."""

from pathlib import Path

import numpy as np

from nimba.clouds import normalise
from nimba.datasets.shapes.generate import make_shape
from nimba.runtime.files import atomic_write
from nimba.serialization.settings import OrderSettings
from nimba.viewer import animate, draw
from nimba.viewer.paths import path_views

POINTS, CENTRES, SEED = 4096, 128, 5
SHAPE = "chair"
PICTURES = {
    "orders_nimba": ["nimba:first", "nimba:nearest", "nimba:swap"],
    "orders_curves": ["morton", "morton_transposed", "hilbert", "hilbert_transposed", "hilbert_both", "octree"],
    "orders_paths": ["greedy", "short", "spectral"],
    "orders_grids": [f"traverse_{axes}" for axes in ("xyz", "xzy", "yxz", "yzx", "zxy", "zyx")],
    "orders_controls": ["axis", "three_axes", "fps", "random"],
}
RADII = (0.2, 0.4, 0.8, 1.5)
FILM_SECONDS = 6.0


def publish_gallery(folder: Path) -> list[Path]:
    """Draw every order, NIMBA's at several r, and the animation of its walk, into ``folder``; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    cloud = normalise(make_shape(SHAPE, np.random.default_rng(SEED), POINTS), "cube")  # (N, 3)
    written = []
    for name, orders in PICTURES.items():
        written.append(folder / f"{name}.png")
        draw(path_views(cloud, orders, OrderSettings(), centres=CENTRES), written[-1])
        reduce_colours(written[-1])
    written.append(folder / "orders_r.png")
    views = [path_views(cloud, ["nimba"], OrderSettings(r=r), centres=CENTRES)[0] for r in RADII]
    draw(views, written[-1])
    reduce_colours(written[-1])
    written.append(folder / "walk.gif")
    animate(path_views(cloud, ["axis", "nimba"], OrderSettings(), centres=64), written[-1], seconds=FILM_SECONDS)
    return written


def reduce_colours(picture: Path) -> None:
    """Store a picture with a palette of 256 colours: a third of the size, and no difference that one would see."""
    from PIL import Image

    with Image.open(picture) as image:
        reduced = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    atomic_write(picture, lambda partial: reduced.save(partial, format="PNG", optimize=True))
