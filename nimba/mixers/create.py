"""The entry point to every mixer: ``create_mixer``."""

from torch import nn

from nimba.mixers import attention, bidirectional, hydra, identity, mamba2  # noqa: F401 - they register
from nimba.mixers.registry import MIXERS
from nimba.runtime.choices import require_known


def create_mixer(
    name: str, dim: int, *, d_state: int = 16, d_conv: int = 4, expand: int = 2, head_dim: int = 64
) -> nn.Module:
    """Build a mixer with fresh weights: (B, L, dim) -> (B, L, dim).

    Args:
        name: a name from ``MIXERS``; its ``parameters`` tell which of the sizes it reads.
        dim: width of a token.
        d_state: size of the state of each channel.
        d_conv: width of the convolution along the path; "attention" has none.
        expand: the inner width over dim.
        head_dim: width of a head of "attention", "ssd" or "hydra"; must divide what is split into heads.

    Raises:
        InputError: for an unknown name, with the nearest known one, or a head_dim that does not fit.
    """
    require_known("mixer", name, MIXERS)
    sizes = {"d_state": d_state, "d_conv": d_conv, "expand": expand, "head_dim": head_dim}
    mixer = MIXERS[name]
    return mixer.build(dim, **{parameter: sizes[parameter] for parameter in mixer.parameters})
