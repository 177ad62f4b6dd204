"""The encoders of tokens by name, and the entry point to them: ``create_encoder``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from nimba.runtime.choices import require_known
from nimba.tokens.dense import DenseEncoder
from nimba.tokens.encoder import PatchEncoder
from nimba.tokens.hierarchical import HierarchicalEncoder, LocalFeatures, SetAbstraction
from nimba.tokens.residual import ResidualEncoder
from nimba.tokens.scales import MultiScale

Widths = tuple[int, int, int]
PatchEncoderOf = Callable[[int, Widths, int, bool], nn.Module]  # (dim, channels, depth, normalise) -> an encoder


@dataclass(frozen=True)
class Encoder:
    """One way from the points around centres to tokens."""

    name: str
    summary: str
    build: PatchEncoderOf  # of patches (B, G, K, 3), or of a support's features -> (B, G, dim)
    local: PatchEncoderOf | None = None  # of Surroundings -> features, where patches are of a support's points
    staged: bool = False  # whether it reads a Pyramid in place of patches


def create_encoder(
    name: str, dim: int, channels: Widths, *, depth: int = 1, normalise: bool = False, scales: Sequence[int] = ()
) -> nn.Module:
    """Build an encoder with fresh weights.

    Args:
        name: a name from ``ENCODERS``.
        dim: width of a token.
        channels: three widths; each encoder's docstring says of what.
        depth: residual layers of "residual" and "hierarchical", aggregations of the outer stages of "dense".
        normalise: whether patches, or the neighbourhoods of "hierarchical", are scaled to radius 1, see
            ``nimba.tokens.layers.relative_features``; "pointnet" does not read it.
        scales: patch sizes that are encoded each by itself, with its share of the width; empty for one of all points.

    Raises:
        InputError: for an unknown name, with the nearest known one.
    """
    require_known("encoder", name, ENCODERS)
    encoder = ENCODERS[name]
    share = -(-dim // len(scales)) if scales else dim
    parts = [encoder.build(share, channels, depth, normalise) for _ in scales or (None,)]
    whole = MultiScale(parts, scales, share, dim) if scales else parts[0]
    return (
        whole if encoder.local is None else HierarchicalEncoder(encoder.local(dim, channels, depth, normalise), whole)
    )


def _pointnet(dim: int, channels: Widths, depth: int, normalise: bool) -> nn.Module:
    return PatchEncoder(dim, channels)


def _set_abstraction(dim: int, channels: Widths, depth: int, normalise: bool) -> nn.Module:
    return SetAbstraction(channels[1], channels[2], dim)


def _local_features(dim: int, channels: Widths, depth: int, normalise: bool) -> nn.Module:
    return LocalFeatures(channels[0], channels[1], depth, normalise)


def _dense(dim: int, channels: Widths, depth: int, normalise: bool) -> nn.Module:
    return DenseEncoder(dim, channels, (depth, 2 * depth, depth))


ENCODERS = {
    encoder.name: encoder
    for encoder in (
        Encoder("pointnet", "mini-PointNet of each patch, the paper's", _pointnet),
        Encoder("residual", "residual MLPs on the points of each patch, and on its token", ResidualEncoder),
        Encoder(
            "hierarchical", "local features all over the cloud, pooled to tokens", _set_abstraction, _local_features
        ),
        Encoder("dense", "local features in stages, the last of which are the tokens", _dense, staged=True),
    )
}
