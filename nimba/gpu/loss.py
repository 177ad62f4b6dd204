"""The loss of prepared clouds, in a form that torch.compile takes: tensors in, tensors out."""

import torch
from torch import Tensor
from torch.nn import functional

from nimba.classifier.network import NimbaClassifier
from nimba.classifier.tokenizing import Tokens
from nimba.geometry.pyramid import Pyramid


def network_loss(
    network: NimbaClassifier,
    tokens: tuple[Tensor, ...],
    labels: Tensor,
    others: Tensor,
    share: Tensor,
    weight: Tensor,
    smoothing: float,
) -> tuple[Tensor, Tensor]:
    """The loss of a batch, and how many were right.

    Args:
        network: in training.
        tokens: as ``flat`` gives them.
        labels: (B,).
        others: (B,), the class that a share (B,) of each cloud is from.
        share: (B,).
        weight: (), of the coordinate heads' loss.
        smoothing: of the labels.
    """
    outputs = network.training_outputs_of(unflat(tokens))
    logits, coordinates = outputs.logits.float(), outputs.coordinates
    own, other = (
        functional.cross_entropy(logits, some, reduction="none", label_smoothing=smoothing) for some in (labels, others)
    )  # (B,) each
    loss = own.lerp(other, share).mean()
    if coordinates is not None:
        loss = loss + weight * coordinates.float()
    dominating = torch.where(share > 0.5, others, labels)
    return loss, (logits.detach().argmax(1) == dominating).sum().float()


def flat(tokens: Tokens) -> tuple[Tensor, ...]:
    """As tensors alone."""
    assert tokens.pyramid is not None
    assert tokens.beside is not None
    points, around, height, tables = tokens.pyramid
    return tokens.centres, tokens.order, tokens.beside, points, around, height, *tables


def unflat(tensors: tuple[Tensor, ...]) -> Tokens:
    """What ``flat`` took apart."""
    centres, order, beside, points, around, height, *tables = tensors
    pyramid = Pyramid(points, around, height, tuple(tables))
    return Tokens(centres, centres, order, pyramid=pyramid, beside=beside)
