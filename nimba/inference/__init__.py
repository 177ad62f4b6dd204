"""Inference: from a user's cloud, in whatever pose, to the classes that it may be of and whether it is of any."""

from nimba.inference.answer import Answer
from nimba.inference.answers import Answers
from nimba.inference.decide import Decider, Decision, Pose
from nimba.inference.evidence import PreparedCloud
from nimba.inference.vote import Vote

__all__ = ["Answer", "Answers", "Decider", "Decision", "Pose", "PreparedCloud", "Vote"]
