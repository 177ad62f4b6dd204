"""Clouds: read points from any file and bring them into the frame that the models are trained in."""

from nimba.clouds.mesh import sample_surface
from nimba.clouds.normalise import normalise
from nimba.clouds.pose import Up, upright
from nimba.clouds.read import FORMATS, Reading, read, read_cloud
from nimba.clouds.sample import resample

__all__ = ["FORMATS", "Reading", "Up", "normalise", "read", "read_cloud", "resample", "sample_surface", "upright"]
