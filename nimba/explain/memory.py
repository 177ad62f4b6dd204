"""How far back the scan remembers, at each place of the path."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor

from nimba.classifier import NimbaClassifier
from nimba.explain.attention import implicit_attention
from nimba.explain.frozen import evaluating, require_clouds
from nimba.mixers import Mamba
from nimba.mixers.convolution import causal_conv_silu
from nimba.runtime.errors import InputError

STRIP = 256  # channels at a time: with 512 tokens and 16 states, 8 MiB of them


def scan_memory(model: NimbaClassifier, points: Tensor) -> Tensor:
    """Mean lookback of the selective scans, in tokens.

    With w(t, s) the weight of token s in the scan's output at token t (see ``implicit_attention``), in each channel

        lookback(t) = sum over s <= t of |w(t, s)| (t - s) / sum over s <= t of |w(t, s)|

    averaged over channels and blocks with equal weights. It lies between 0 (the scan looks at the token alone, as it
    must at the path's start) and t. It is a matter of the scan: the convolution before it sees d_conv - 1 tokens more,
    the skip D and the residual paths of the blocks only the token itself, and blocks add up their lookbacks.

    Args:
        model: the classifier; it is used in evaluation mode and left as it was.
        points: (B, N, 3), in the frame that the model was trained in.

    Returns:
        (B, G) float32, along the path.

    Raises:
        InputError: for points that do not fit, or a model without a scan.
    """
    require_clouds(points)
    mixers = [module for module in model.modules() if isinstance(module, Mamba)]
    if not mixers:
        raise InputError("model: it has no Mamba mixer, so no scan whose memory could be measured")
    with evaluating(model), _listening(mixers) as lookbacks:
        model.forward_features(model.tokenize(points))
    return torch.stack(lookbacks).mean(0)


def mixer_lookback(mixer: Mamba, x: Tensor) -> Tensor:
    """Lookback of one mixer's scan, averaged over its channels: x (B, L, dim), what the mixer reads -> (B, L)."""
    delta, B, C = selection(mixer, x)
    A = -mixer.A_log.exp()  # (inner, N)
    strips = list(zip(delta.split(STRIP, dim=2), A.split(STRIP), strict=True))
    clouds = []
    for cloud in range(len(x)):
        parts = [_lookback(part[cloud], decay, B[cloud], C[cloud]) for part, decay in strips]
        clouds.append(torch.cat(parts, 1).mean(1))  # (L,)
    return torch.stack(clouds).float()  # (B, L)


def selection(mixer: Mamba, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What a mixer selects for each token, as its ``forward`` does.

    Args:
        mixer: the mixer.
        x: (B, L, dim), what it reads.

    Returns:
        delta (B, L, inner), B (B, L, N) and C (B, L, N).
    """
    u = mixer.in_proj(x).chunk(2, dim=-1)[0]  # (B, L, inner)
    u = causal_conv_silu(u, mixer.conv1d.weight, mixer.conv1d.bias)  # type: ignore[arg-type]  # it has one
    dt, B, C = mixer.x_proj(u).split([mixer.dt_rank, mixer.d_state, mixer.d_state], dim=-1)
    return F.softplus(mixer.dt_proj(dt)), B, C


def _lookback(delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    """Lookback of each channel: (L, D), (D, N), (L, N), (L, N) -> (L, D); 0 where the output is 0."""
    age = torch.arange(len(delta) - 1, -1, -1, device=delta.device, dtype=delta.dtype)  # (L,) ..., 2, 1, 0
    rows = []
    for weights in implicit_attention(delta, A, B, C):
        weights = weights.abs()  # (t + 1, D)
        total = weights.sum(0)  # (D,)
        rows.append(torch.where(total > 0, age[-len(weights) :] @ weights / total, 0.0))
    return torch.stack(rows)  # (L, D)


@contextmanager
def _listening(mixers: list[Mamba]) -> Iterator[list[Tensor]]:
    """A list that takes up the lookback (B, L) of each mixer as the model runs."""
    lookbacks: list[Tensor] = []

    def listen(mixer: Mamba, inputs: tuple[Tensor]) -> None:
        lookbacks.append(mixer_lookback(mixer, inputs[0]))

    handles = [mixer.register_forward_pre_hook(listen) for mixer in mixers]
    try:
        yield lookbacks
    finally:
        for handle in handles:
            handle.remove()
