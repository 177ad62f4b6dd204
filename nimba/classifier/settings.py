"""Every choice that shapes a NIMBA network, with the paper's values as defaults."""

from dataclasses import dataclass
from typing import Any

from nimba.classifier.heads import POOLINGS
from nimba.errors import InputError
from nimba.mixers import MIXERS
from nimba.serialization import ORDERS
from nimba.serialization.settings import OrderSettings, require_known


@dataclass(frozen=True)
class ModelSettings:
    """Settings of ``NimbaClassifier``; the defaults are nimba_base (arXiv 2411.00151 with PointMamba's recipe)."""

    num_centres: int = 64  # FPS centres, so tokens; ScanObjectNN uses 128
    patch_size: int = 32  # nearest points to a centre, so K
    encoder_channels: tuple[int, int, int] = (128, 256, 512)  # widths of the mini-PointNet
    dim: int = 384  # width of a token
    depth: int = 12  # blocks
    mixer: str = "mamba"  # what a block does along the path, see nimba.mixers; it reads some of the four sizes below
    d_state: int = 16  # size of each channel's state
    d_conv: int = 4  # width of the convolution along the path
    expand: int = 2  # inner width of a block over dim
    head_dim: int = 64  # width of a head of "attention", "ssd" or "hydra"
    drop_path: float = 0.0  # chance to skip a block for a cloud, constant over depth
    positional_embedding: bool = False  # the paper's ablation: add an embedding of the centre to its token
    pooling: str = "mean"  # of the path before the head: "mean", "max" or "mean_max", which is both side by side
    head_channels: tuple[int, int] = (256, 256)  # hidden widths of the head
    head_dropout: float = 0.5
    auxiliary_depths: tuple[int, ...] = ()  # after how many blocks a head that only training uses reads the path
    order: str = "nimba"  # serialization, see nimba.serialization.serialize
    r: float = 0.8
    axis: str = "y"
    start: str | int = "low"
    variant: str = "first"
    bits: int | None = 10  # None for the order's own default
    seed: int = 0

    def __post_init__(self) -> None:
        require_known("order", self.order, ORDERS)
        require_known("mixer", self.mixer, MIXERS)
        require_known("pooling", self.pooling, POOLINGS)
        OrderSettings(self.r, self.axis, self.start, self.variant, self.bits, self.seed)  # refuses misfits
        for name in ("encoder_channels", "head_channels", "auxiliary_depths"):
            object.__setattr__(self, name, _whole_numbers(name, getattr(self, name)))
        for name in ("num_centres", "patch_size", "dim", "depth", "d_state", "d_conv", "expand", "head_dim"):
            if getattr(self, name) < 1:
                raise InputError(f"{name}: must be at least 1, got {getattr(self, name)}")
        if len(self.encoder_channels) != 3 or len(self.head_channels) != 2:
            raise InputError("encoder_channels takes three widths and head_channels two")
        for name in ("drop_path", "head_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name}: must lie in [0, 1), got {getattr(self, name)}")
        depths = self.auxiliary_depths
        if depths != tuple(sorted(set(depths))) or any(depth >= self.depth for depth in depths):
            raise InputError(
                f"auxiliary_depths: must rise, and lie between 1 and {self.depth - 1} (depth {self.depth} has the "
                f"head itself), got {list(depths)}"
            )


def _whole_numbers(name: str, given: Any) -> tuple[int, ...]:
    """A tuple of positive whole numbers, from the lists that YAML and JSON bring."""
    if not isinstance(given, list | tuple) or any(type(number) is not int or number < 1 for number in given):
        raise InputError(f"{name}: takes a list of whole numbers from 1 on, got {given!r}")
    return tuple(given)
