"""What is trained: a plan names networks, their augmentation and their recipe; YAML, read by jsonargparse."""

from dataclasses import dataclass, field
from typing import Any

from nimba.gpu.augment import Augmentation
from nimba.runtime.errors import InputError


@dataclass(frozen=True)
class Learning:
    """One network's training.

    Args:
        name: of its files and its experiment.
        model: a name of ``nimba.list_models()`` with the encoder "dense".
        model_settings: fields of ``ModelSettings`` that differ.
        start: weights to begin with, a name or a file; None for fresh ones.
        seed: of its weights and of all that is random.
        augmentation: see ``Augmentation``.
        batch: clouds of an update.
        at_once: batches that are prepared together.
        lr: at the top of the schedule: a straight rise over ``warmup`` of the run, then half a cosine to ``lr_end``.
        weight_decay: of AdamW, but for vectors and what the network spares.
        label_smoothing: of the labels.
        coordinates: weight of the coordinate heads' loss at the beginning; it falls to .003 of that.
        window: mean age of the averaged weights, as a share of the run.
        clip: norm that gradients are cut to.
        facing: whether things of a class face the same way in what it saw.
    """

    name: str
    model: str = "nimba_dense_l"
    model_settings: dict[str, Any] = field(default_factory=dict)
    start: str | None = None
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    batch: int = 64
    at_once: int = 4
    lr: float = 2e-3
    lr_end: float = 2e-7
    warmup: float = 0.05
    weight_decay: float = 0.05
    label_smoothing: float = 0.2
    coordinates: float = 1 / 3
    window: float = 0.02
    clip: float = 1.0
    facing: bool = True

    def __post_init__(self) -> None:
        for name in ("batch", "at_once"):
            if getattr(self, name) < 1:
                raise InputError(f"{self.name}: {name} must be at least 1, got {getattr(self, name)}")
        if self.batch < 2:
            raise InputError(f"{self.name}: batch must be at least 2, for the norms' statistics")
        for name in ("warmup", "window", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{self.name}: {name} must lie in [0, 1), got {getattr(self, name)}")


@dataclass(frozen=True)
class Plan:
    """Networks that train side by side on one device, for the same number of epochs.

    Args:
        networks: see ``Learning``.
        most_epochs: no more than these, however much time there is.
        val_fraction: share of the training split that none of them trains on.
        compiled: fuse their steps by torch.compile.
    """

    networks: list[Learning]
    most_epochs: int = 600
    val_fraction: float = 0.03
    compiled: bool = True

    def __post_init__(self) -> None:
        names = [network.name for network in self.networks]
        if not names or len(set(names)) != len(names):
            raise InputError(f"networks: give one or more, each with a name of its own, got {names}")
