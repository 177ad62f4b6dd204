"""What is exported: clouds as they come, normalised, classified, and the logits calibrated."""

import copy

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from nimba.classifier.network import NimbaClassifier
from nimba.classifier.settings import ModelSettings
from nimba.classifier.spec import ClassifierSpec
from nimba.clouds.normalise import normalise
from nimba.runtime.errors import InputError
from nimba.tokens.encoders import ENCODERS

INPUT, OUTPUT = "points", "probabilities"


class Pipeline(nn.Module):
    """A trained classifier from points to probabilities, in evaluation mode on the CPU.

    Args:
        network: with a ``spec``; a copy of it is taken, wherever it is and whatever its mode.

    Shapes:
        points (B, N, 3), y up, in any units and place -> probabilities (B, num_classes)
    """

    def __init__(self, network: NimbaClassifier):
        super().__init__()
        spec = description(network)
        self.network = copy.deepcopy(network).cpu().float()
        self.normalisation = spec.normalisation
        self.temperature = spec.calibration.temperature if spec.calibration else 1.0
        self.eval()

    def forward(self, points: Tensor) -> Tensor:
        """Classify (B, N, 3) -> (B, num_classes)."""
        logits = self.network(normalise(points, self.normalisation))
        return (logits / self.temperature).softmax(-1)


def description(network: NimbaClassifier) -> ClassifierSpec:
    """What the network says of itself.

    Raises:
        InputError: where it says nothing, or not what it is.
    """
    if network.spec is None:
        raise InputError("model: has no description of its classes and clouds; take one from nimba.load, or set .spec")
    if len(network.spec.class_names) != network.num_classes:
        names = len(network.spec.class_names)
        raise InputError(f"model: gives {network.num_classes} logits, but its description names {names} classes")
    return network.spec


def least_points(settings: ModelSettings) -> int:
    """How many points a cloud must have in an exported file: as many as the network's largest look takes."""
    encoder = ENCODERS[settings.encoder]
    if encoder.staged:
        return max(*settings.stages, settings.neighbours)
    if encoder.local is not None:
        return max(settings.support, settings.neighbours, settings.patch_size, *settings.scales)
    return max(settings.scales or (settings.patch_size,))


@torch.no_grad()
def trace(pipeline: Pipeline) -> ExportedProgram:
    """The pipeline as a graph of operators, for any number of clouds, and of points from ``least_points`` on."""
    settings = pipeline.network.settings
    points = torch.rand(2, max(least_points(settings), settings.num_centres) + 8, 3)  # their shape alone counts
    sizes = {0: Dim("clouds", min=1), 1: Dim("points", min=least_points(settings))}
    program = torch.export.export(pipeline, (points,), dynamic_shapes={INPUT: sizes})
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of this machine
    return program
