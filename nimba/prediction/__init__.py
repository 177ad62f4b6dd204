"""Prediction: the classes of every cloud in a folder of any size, by any number of processes, safe to interrupt."""

from nimba.prediction.merge import Summary
from nimba.prediction.run import Outcome, merge_folder, predict_folder
from nimba.prediction.settings import PredictionSettings

__all__ = ["Outcome", "PredictionSettings", "Summary", "merge_folder", "predict_folder"]
