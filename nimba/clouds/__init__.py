"""Clouds: bring points into the frame that the models are trained in."""

from nimba.clouds.normalise import normalise

__all__ = ["normalise"]
