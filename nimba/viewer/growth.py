"""A path's picture while it grows: each ray's crossings with the whole path are found once, and revealed in time."""

import numpy as np

from nimba.viewer import style
from nimba.viewer.camera import Camera
from nimba.viewer.raster import (
    RIM,
    SUPERSAMPLING,
    Crossings,
    Layer,
    all_hits,
    empty_layer,
    over,
    smoothed,
    supersampled,
)
from nimba.viewer.scene import mark_radius, path_shapes, strand
from nimba.viewer.views import PathView

ROUNDING = 1e-3  # of interpolated times, in steps


class Growth:
    """A growing path; each picture costs only what is new in it.

    Args:
        view: the path.
        colours: (G, 3) along it.
        camera: for all pictures.
        size: width and height of the picture, in pixels.
        back: what stands behind it, (height, width, 3), one ray a pixel.
    """

    def __init__(self, view: PathView, colours: np.ndarray, camera: Camera, size: tuple[int, int], back: np.ndarray):
        rays = supersampled(size)
        self.steps = len(view.path) - 1
        self._crossings = all_hits(path_shapes(view, colours), camera, rays)
        self._back, self._size, self._gap = back, rays, style.HALO * strand(view)
        self._places = camera.project(view.path, size)  # (G, 2)
        distance = float(np.linalg.norm(camera.eye - camera.target))
        self._radius = mark_radius(view) * size[1] / (2 * camera.slope * distance)
        self._start()

    def _start(self) -> None:
        self._shown = 0
        self._layer = empty_layer(self._size)
        self._picture = smoothed(self._back)

    def at(self, step: float) -> np.ndarray:
        """The picture (height, width, 3) when the walk has made so many steps, the head marked unless it is done."""
        count = int(np.searchsorted(self._crossings.times, step + ROUNDING, side="right"))
        if count < self._shown:
            self._start()
        self._reveal(count)
        if step >= self.steps:
            return self._picture.copy()
        before = int(step)
        place = self._places[before] + (step - before) * (self._places[before + 1] - self._places[before])
        return _marked(self._picture, place, self._radius)

    def _reveal(self, count: int) -> None:
        new = Crossings(*(array[self._shown : count] for array in self._crossings))
        self._shown = count
        depth, colours = self._layer.depth.reshape(-1), self._layer.colours.reshape(-1, 3)
        nearest_last = np.argsort(-new.depth, kind="stable")
        visible = nearest_last[new.depth[nearest_last] < depth[new.rays[nearest_last]]]
        if not len(visible):
            return
        rays = new.rays[visible]
        depth[rays], colours[rays] = new.depth[visible], new.colours[visible]  # of one ray's crossings, the last stays
        self._redraw(rays)

    def _redraw(self, rays: np.ndarray) -> None:
        """Draw the part of the picture anew that holds some rays and their halos."""
        height, width = self._layer.depth.shape
        spans = []
        for places, length in ((rays // width, height), (rays % width, width)):
            start = (max(places.min() - RIM, 0)) // SUPERSAMPLING
            stop = -(-min(places.max() + 1 + RIM, length) // SUPERSAMPLING)
            spans.append((start, stop))
        (top, bottom), (left, right) = spans
        # A halo depends on its surroundings: one pixel more on each side, which is cut off again.
        high, low = max(top - 1, 0), min(bottom + 1, height // SUPERSAMPLING)
        near, far = max(left - 1, 0), min(right + 1, width // SUPERSAMPLING)
        part = (slice(high * SUPERSAMPLING, low * SUPERSAMPLING), slice(near * SUPERSAMPLING, far * SUPERSAMPLING))
        front = Layer(self._layer.colours[part], self._layer.depth[part])
        drawn = smoothed(over(front, self._back[part], self._gap))
        inside = drawn[top - high : bottom - high, left - near : right - near]
        self._picture[top:bottom, left:right] = inside


def _marked(picture: np.ndarray, place: np.ndarray, radius: float) -> np.ndarray:
    """A copy of a picture with a dark disc in a white rim; ``place`` (2,) is right and down, in pixels."""
    picture = picture.copy()
    low = np.maximum(np.floor(place - radius - 4), 0).astype(int)
    high = np.ceil(place + radius + 4).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]  # a view: what is drawn on it is drawn on the picture
    rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
    distance = np.hypot(columns + 0.5 + low[0] - place[0], rows + 0.5 + low[1] - place[1])[..., None]
    for size, colour in ((radius + 2, (1.0, 1.0, 1.0)), (radius, style.HEAD)):
        part += np.clip(size + 0.5 - distance, 0, 1).astype(np.float32) * (np.array(colour, np.float32) - part)
    return picture
