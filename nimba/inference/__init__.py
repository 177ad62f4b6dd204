"""Inference: from a user's cloud, in whatever pose, to the classes that it may be of and whether it is of any."""

from nimba.inference.decide import Decider, Decision, Pose, PreparedCloud, Vote

__all__ = ["Decider", "Decision", "Pose", "PreparedCloud", "Vote"]
