"""What each token adds to the logit of a class."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from nimba.classifier import NimbaClassifier
from nimba.explain.frozen import evaluating, require_clouds
from nimba.runtime.errors import InputError

STEPS = 512  # of the integral; the head bends at most once for each of its ReLUs, so its error falls with 1 / STEPS


class Contributions(NamedTuple):
    """Parts of a logit, along the path."""

    values: Tensor  # (B, G) in units of the logit; a positive one speaks for the class
    classes: Tensor  # (B,) int64: whose logit it is


def token_contributions(model: NimbaClassifier, points: Tensor, target: Tensor | None = None) -> Contributions:
    """Integrated gradients (Sundararajan, Taly, Yan, ICML 2017, equation 1) of the head, shared out to the tokens.

    The head reads the mean of the tokens, by way of its first layer W f + b; as that is linear, it may as well take the
    mean of z_g = W f_g + b over the G tokens. Along the straight line from a baseline z0 to this mean z,

        value_g = (z_g - z0) / G . integral over a in [0, 1] of (d logit / d z)(z0 + a (z - z0))

    so the values of a cloud sum to logit(z) - logit(z0), the method's completeness. The baseline is the average cloud
    of the training, whose z0 the head's first BatchNorm keeps as its running mean: a value says how the token moves the
    logit away from what the model answers when it knows nothing in particular. (A zero vector, the usual choice, is far
    from anything that the head has read, and the head is sure of some class there.)

    A token has seen the path before it: its value is what the head reads at this place, not what the patch there
    would say alone.

    Args:
        model: the classifier; it is used in evaluation mode and left as it was.
        points: (B, N, 3), in the frame that the model was trained in.
        target: (B,) int64, the class to explain for each cloud; None for the predicted ones.

    Returns:
        values (B, G) and the classes (B,) that they belong to.

    Raises:
        InputError: for points or classes that do not fit, and for a model whose pooling is not the mean.
    """
    require_clouds(points)
    if model.settings.pooling != "mean" or model.settings.readout:
        how = model.settings.pooling + (" behind a layer of its own" if model.settings.readout else "")
        raise InputError(f"contributions: share out a mean over the path, and this model pools by {how}")
    with evaluating(model):
        features = model.forward_features(model.tokenize(points))  # (B, G, dim)
        assert isinstance(model.head, nn.Sequential)
        first, rest = model.head[0], model.head[1:]
        baseline = model.head.get_buffer("1.running_mean")  # (width,)
        tokens = first(features)  # (B, G, width)
        pooled = tokens.mean(1)  # (B, width)
        classes = rest(pooled).argmax(1) if target is None else _checked(target, pooled, model.num_classes)
        slopes = [_mean_slope(rest, baseline, p, c) for p, c in zip(pooled, classes, strict=True)]
        values = torch.einsum("bgw,bw->bg", tokens - baseline, torch.stack(slopes)) / tokens.shape[1]  # (B, G)
    return Contributions(values, classes)


def _mean_slope(head: nn.Module, start: Tensor, end: Tensor, label: Tensor) -> Tensor:
    """Gradient (width,) of one logit with respect to what ``head`` reads, averaged over the line between two points."""
    middles = (torch.arange(STEPS, device=end.device) + 0.5) / STEPS  # (STEPS,) of equal parts of the line
    with torch.enable_grad():
        line = (start + middles[:, None] * (end - start)).requires_grad_()  # (STEPS, width)
        (slopes,) = torch.autograd.grad(head(line)[:, label].sum(), line)
    return slopes.mean(0)


def _checked(target: Tensor, pooled: Tensor, num_classes: int) -> Tensor:
    if target.shape != pooled.shape[:1] or target.dtype != torch.int64:
        raise InputError(f"target: expected int64 of shape ({len(pooled)},), got {target.dtype} {tuple(target.shape)}")
    if target.min() < 0 or target.max() >= num_classes:
        raise InputError(f"target: the model has classes 0 to {num_classes - 1}, got {target.tolist()}")
    return target.to(pooled.device)
