"""What an exported file says of itself: all that a program needs to prepare clouds for it and to name its classes."""

import json

import nimba
from nimba.classifier.network import NimbaClassifier
from nimba.export.pipeline import description, least_points


def described(network: NimbaClassifier, precision: str) -> dict[str, str]:
    """Name and value, text both.

    Args:
        network: with a ``spec``.
        precision: of the weights, such as "float32".
    """
    spec = description(network)
    return {
        "nimba.class_names": json.dumps(spec.class_names),
        "nimba.model": spec.model,
        "nimba.num_points": str(spec.num_points),
        "nimba.least_points": str(least_points(network.settings)),
        "nimba.up": "y",
        "nimba.normalisation": f"{spec.normalisation}, in the graph",
        "nimba.temperature": str(spec.calibration.temperature if spec.calibration else 1.0),
        "nimba.precision": precision,
        "nimba.version": nimba.__version__,
    }
