"""Prediction on Ray: the clouds of a folder, a bucket or a list, as Parquet, by the machines of a cluster."""

from nimba.prediction.on_ray.run import RaySettings, predict_on_ray

__all__ = ["RaySettings", "predict_on_ray"]
