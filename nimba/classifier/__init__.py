"""Classifier: the whole network from cloud to class, its variants by name, and saved weights."""

from nimba.classifier.info import ModelInfo, info
from nimba.classifier.network import NimbaClassifier, Tokens
from nimba.classifier.pretrained import load
from nimba.classifier.registry import create_model, list_models
from nimba.classifier.settings import ModelSettings
from nimba.classifier.spec import ClassifierSpec

__all__ = [
    "ClassifierSpec",
    "ModelInfo",
    "ModelSettings",
    "NimbaClassifier",
    "Tokens",
    "create_model",
    "info",
    "list_models",
    "load",
]
