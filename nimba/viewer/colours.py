"""The one colour scale of a figure: places along the paths, or values on them."""

from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.colors import Colormap, ListedColormap, Normalize

from nimba.runtime.errors import InputError
from nimba.viewer import style
from nimba.viewer.views import PathView


@dataclass(frozen=True)
class Scale:
    """From numbers to colours."""

    colormap: Colormap
    range: Normalize
    label: str  # what the numbers are; empty for places along a path

    def colours(self, view: PathView) -> np.ndarray:
        """(G, 3) in [0, 1], along a view's path."""
        numbers = np.linspace(0, 1, len(view.path)) if view.values is None else view.values
        return self.colormap(self.range(numbers))[:, :3]


def scale_for(views: list[PathView]) -> Scale:
    """A scale that holds the values of all views, from its lowest to its highest; a diverging one is symmetric.

    Raises:
        InputError: if some views have values of another kind than others, or none.
    """
    first = views[0]
    if any((v.values is None, v.values_label, v.diverging) != _kind(first) for v in views):
        raise InputError("views: figures have one colour scale; give all views values of one kind, or none")
    if first.values is None:
        return Scale(matplotlib.colormaps[style.COLORMAP], Normalize(0, 1), "")
    values = np.concatenate([v.values for v in views if v.values is not None])
    low, high = float(values.min()), float(values.max())
    if first.diverging:
        high = max(abs(low), abs(high))
        low = -high
    if low == high:
        low, high = low - 0.5, high + 0.5
    colormap = matplotlib.colormaps[style.DIVERGING if first.diverging else style.COLORMAP]
    if first.diverging:  # its ends are nearly black, both
        colormap = ListedColormap(colormap(np.linspace(*style.DIVERGING_PART, 256)))
    return Scale(colormap, Normalize(low, high), first.values_label)


def _kind(view: PathView) -> tuple[bool, str, bool]:
    return view.values is None, view.values_label, view.diverging
