"""What is trained: a plan names networks, their augmentation and their recipe; YAML, read by jsonargparse."""

from dataclasses import dataclass, field, replace

from nimba.gpu.augment import Augmentation
from nimba.runtime.errors import InputError
from nimba.training.classifier import Setting


@dataclass(frozen=True)
class Learning:
    """One network's training.

    Args:
        name: of its experiment.
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
    model_settings: dict[str, Setting] = field(default_factory=dict)
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

    @property
    def run(self) -> str:
        """The name and the seed, as its file is called."""
        return f"{self.name}-{self.seed}"

    def __post_init__(self) -> None:
        if self.batch < 2 or self.at_once < 1:
            raise InputError(
                f"{self.name}: batch must be at least 2, for the norms' statistics, and at_once at least 1, got "
                f"{self.batch} and {self.at_once}"
            )
        for name in ("warmup", "window", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{self.name}: {name} must lie in [0, 1), got {getattr(self, name)}")


@dataclass(frozen=True)
class Plan:
    """Networks that train side by side on one device, for the same number of epochs.

    Args:
        networks: see ``Learning``.
        seeds: each network is trained with each of them; empty for its own.
        most_epochs: no more than these, however much time there is.
        compiled: fuse their steps by torch.compile, on a GPU.
    """

    networks: list[Learning]
    seeds: list[int] = field(default_factory=list)
    most_epochs: int = 600
    compiled: bool = True

    def __post_init__(self) -> None:
        if self.seeds:
            with_seeds = [replace(network, seed=seed) for network in self.networks for seed in self.seeds]
            object.__setattr__(self, "networks", with_seeds)
        runs = [network.run for network in self.networks]
        if not runs or len(set(runs)) != len(runs):
            raise InputError(f"networks: give one or more, each with a name and seed of its own, got {runs}")
        if self.most_epochs < 1:
            raise InputError(f"most_epochs: must be at least 1, got {self.most_epochs}")
        cycles = {network.batch * network.at_once for network in self.networks}
        if len(cycles) > 1:
            raise InputError(f"networks: batch times at_once must be the same for all, got {sorted(cycles)}")
