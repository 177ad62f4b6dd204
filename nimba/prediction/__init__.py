"""Prediction: the classes of every cloud in a folder of any size, by any number of processes, safe to interrupt."""

from nimba.prediction.merge import Summary
from nimba.prediction.run import Outcome, PredictionSettings, merge_folder, predict_folder

__all__ = ["Outcome", "PredictionSettings", "Summary", "merge_folder", "predict_folder"]
