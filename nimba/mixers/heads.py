"""Heads: equal parts of the channels, each with one step size."""

import math

import torch
from torch import Tensor

from nimba.mixers.mamba import DT_FLOOR, DT_MAX, DT_MIN
from nimba.runtime.errors import InputError


def count_heads(width: int, head_dim: int) -> int:
    """How many heads of ``head_dim`` channels ``width`` channels make.

    Raises:
        InputError: if they do not divide evenly.
    """
    if width % head_dim:
        raise InputError(f"head_dim: heads of {head_dim} do not divide {width} channels; choose a divisor of {width}")
    return width // head_dim


def initial_dt_bias(heads: int) -> Tensor:
    """Biases (H,) whose softplus, the step sizes, are log-uniform in [DT_MIN, DT_MAX], as mamba_ssm begins."""
    dt = torch.empty(heads).uniform_(math.log(DT_MIN), math.log(DT_MAX)).exp().clamp(min=DT_FLOOR)
    return dt + torch.log(-torch.expm1(-dt))  # the inverse of softplus
