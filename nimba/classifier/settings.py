"""Every choice that shapes a NIMBA network, with the paper's values as defaults."""

from dataclasses import dataclass, fields
from typing import Any

from nimba.classifier.heads import POOLINGS
from nimba.mixers import MIXERS
from nimba.runtime.choices import require_known
from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS
from nimba.serialization.settings import OrderSettings
from nimba.tokens.encoders import ENCODERS

_SIZES = (
    *("num_centres", "patch_size", "encoder_depth", "support", "neighbours"),
    *("dim", "depth", "d_state", "d_conv", "expand", "head_dim"),
)
_LISTS = ("encoder_channels", "head_channels", "scales", "stages", "auxiliary_depths")
_TOO_LARGE = 1 << 31
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a name",
    "str | int": "a name or a whole number",
    "int | None": "a whole number or null",
}


@dataclass(frozen=True)
class ModelSettings:
    """Settings of ``NimbaClassifier``; the defaults are nimba_base (arXiv 2411.00151 with PointMamba's recipe)."""

    num_centres: int = 64  # FPS centres, so tokens; ScanObjectNN uses 128
    patch_size: int = 32  # nearest points to a centre, so K
    encoder: str = "pointnet"  # from patches to tokens, see nimba.tokens.encoders
    encoder_channels: tuple[int, int, int] = (128, 256, 512)  # widths of the encoder
    encoder_depth: int = (
        1  # residual layers of "residual" and "hierarchical"; aggregations of "dense", twice in its 2nd
    )
    normalise_patches: bool = False  # scale patches to radius 1, which becomes a feature; not for "pointnet"
    scales: tuple[int, ...] = ()  # patch sizes, in place of patch_size, that are encoded each by itself
    support: int = 512  # points of a cloud (FPS) that "hierarchical" gives features to; its patches are of these
    neighbours: int = 16  # nearest points that such a feature, or one of "dense", tells of
    stages: tuple[int, int] = (512, 256)  # points (FPS) of the first stages of "dense"; its last has the centres
    coordinate_heads: bool = False  # heads of "dense" that only training uses: features tell neighbours' places
    dim: int = 384  # width of a token
    depth: int = 12  # blocks
    mixer: str = "mamba"  # what a block does along the path, see nimba.mixers; it reads some of the four sizes below
    d_state: int = 16  # size of each channel's state
    d_conv: int = 4  # width of the convolution along the path
    expand: int = 2  # inner width of a block over dim
    head_dim: int = 64  # width of a head of "attention", "ssd" or "hydra"
    drop_path: float = 0.0  # chance to skip a block for a cloud, constant over depth
    token_neighbours: int = 0  # nearest centres that a token hears of after each block; 0 for none
    positional_embedding: bool = False  # the paper's ablation: add an embedding of the centre to its token
    order_indicator: bool = False  # a scale and a shift of the tokens for each time that the path visits the centres
    final_norms: int = 2  # behind the last block: the recipe's, and one more, or 1
    readout: int = 0  # width of what the pooling reads of a token, behind a layer of its own; 0 for the token itself
    pooling: str = "mean"  # of the path before the head: "mean", "max", or "mean_max" and "max_mean_last" side by side
    head_channels: tuple[int, ...] = (256, 256)  # hidden widths of the head, two at most
    head_dropout: float = 0.5  # behind each hidden layer, and with a readout before the first
    auxiliary_depths: tuple[int, ...] = ()  # after how many blocks a head that only training uses reads the path
    order: str = "nimba"  # serialization, see nimba.serialization.serialize
    r: float = 0.8
    axis: str = "y"
    start: str | int = "low"
    variant: str = "first"
    bits: int | None = 10  # None for the order's own default
    seed: int = 0

    def __post_init__(self) -> None:
        self._check_types()
        require_known("order", self.order, ORDERS)
        require_known("mixer", self.mixer, MIXERS)
        require_known("encoder", self.encoder, ENCODERS)
        require_known("pooling", self.pooling, POOLINGS)
        OrderSettings(self.r, self.axis, self.start, self.variant, self.bits, self.seed)  # refuses misfits
        for name in _SIZES:
            if not 1 <= getattr(self, name) < _TOO_LARGE:
                raise InputError(f"{name}: must be at least 1 and below 2^31, got {getattr(self, name)}")
        for name in ("token_neighbours", "readout"):
            if not 0 <= getattr(self, name) < _TOO_LARGE:
                raise InputError(f"{name}: must be at least 0 and below 2^31, got {getattr(self, name)}")
        if self.final_norms not in (1, 2):
            raise InputError(f"final_norms: must be 1 or 2, got {self.final_norms}")
        if len(self.encoder_channels) != 3 or len(self.head_channels) > 2:
            raise InputError("encoder_channels takes three widths and head_channels two at most")
        for name in ("drop_path", "head_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name}: must lie in [0, 1), got {getattr(self, name)}")
        if self.scales != tuple(sorted(set(self.scales))) or len(self.scales) == 1:
            raise InputError(f"scales: must be two patch sizes or more that rise, or none, got {list(self.scales)}")
        if ENCODERS[self.encoder].local is not None and self.support < self.num_centres:
            raise InputError(f"support: must be at least num_centres, {self.num_centres}, got {self.support}")
        self._check_stages()
        if self.encoder == "pointnet" and self.normalise_patches:
            raise InputError(
                "normalise_patches: the encoder 'pointnet' does not do it; choose another encoder, or false"
            )
        depths = self.auxiliary_depths
        if depths != tuple(sorted(set(depths))) or any(depth >= self.depth for depth in depths):
            raise InputError(
                f"auxiliary_depths: must rise, and lie between 1 and {self.depth - 1} (depth {self.depth} has the "
                f"head itself), got {list(depths)}"
            )

    def _check_types(self) -> None:
        """Refuse what is no number, name or list, such as an object that a config brings."""
        for field in fields(self):
            value, kind = getattr(self, field.name), field.type
            if field.name in _LISTS:
                object.__setattr__(self, field.name, _whole_numbers(field.name, value))
                continue
            wanted = int | float if kind is float else kind
            if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):  # type: ignore[arg-type]
                name = kind.__name__ if isinstance(kind, type) else str(kind)
                raise InputError(f"{field.name}: takes {_WORDS.get(name, name)}, got {str(value)[:60]!r}")

    @property
    def trains_otherwise(self) -> bool:
        """Whether training reads more of the network than its logits."""
        return bool(self.auxiliary_depths) or self.coordinate_heads

    def _check_stages(self) -> None:
        dense = ENCODERS[self.encoder].staged
        if dense and not (len(self.stages) == 2 and self.stages[0] >= self.stages[1] >= self.num_centres):
            raise InputError(
                f"stages: takes two numbers of points that fall to num_centres, {self.num_centres}, got "
                f"{list(self.stages)}"
            )
        for name in ("scales", "normalise_patches"):
            if dense and getattr(self, name):
                raise InputError(f"{name}: the encoder 'dense' has no patches; choose another encoder, or leave it out")
        if self.coordinate_heads and not dense:
            raise InputError("coordinate_heads: only the encoder 'dense' has them; choose it, or false")


def _whole_numbers(name: str, given: Any) -> tuple[int, ...]:
    """A tuple of positive whole numbers, from the lists that YAML and JSON bring."""
    if not isinstance(given, list | tuple) or any(type(n) is not int or not 1 <= n < _TOO_LARGE for n in given):
        raise InputError(f"{name}: takes a list of whole numbers from 1 on, got {str(given)[:60]}")
    return tuple(given)
