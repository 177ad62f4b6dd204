"""Clouds: bring points into the frame that the models are trained in."""

from nimba.clouds.normalise import normalise
from nimba.clouds.orientation import Up, rotate_up

__all__ = ["Up", "normalise", "rotate_up"]
