"""Clouds on their way into a cache: into the frame the models are trained in."""

from collections.abc import Iterable, Iterator

from nimba.clouds import normalise
from nimba.datasets.cache import Cloud


def in_frame(clouds: Iterable[Cloud], normalisation: str) -> Iterator[Cloud]:
    """Normalise every cloud as a whole, before points are chosen from it."""
    for points, label, name in clouds:
        yield normalise(points, normalisation), label, name
