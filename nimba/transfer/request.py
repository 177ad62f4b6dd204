"""What a user asked for, before anything is chosen."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from nimba.clouds.pose import UP_AXES
from nimba.runtime.choices import require_known
from nimba.runtime.errors import InputError

AUTO, NONE = "auto", "none"
Augmentation = Literal["auto", "strong", "light", "none"]
AUGMENTATIONS = get_args(Augmentation)


@dataclass(frozen=True)
class Request:
    """The options of ``nimba train DATA``; what is None or "auto" is chosen from the data.

    Args:
        data: folder with a folder per class, or table of paths and labels.
        start: weights to begin with: "auto" for those of the package that suit the data best, "none" for fresh ones, or
            a name, file or run.
        epochs: after the head was fitted.
        minutes: for the training, about.
        points: of a cloud.
        batch_size: clouds an update.
        lr: highest rate of learning.
        up: axis of the files that points up.
        augment: how clouds are changed in training.
        group_by: see ``FolderDataModule``.
        test_fraction: of every class, where there is no test split.
        val_fraction: of every class in train; None for what the data can spare.
        folds: for cross-validation; 0 for none.
        fold: which of them is tested on.
        seed: of everything.
        workers: processes that read clouds.
        settings: further settings of the run's config, such as ``trainer.accelerator=cpu``.

    Raises:
        InputError: a value outside its range.
    """

    data: str
    start: str = AUTO
    epochs: int | None = None
    minutes: float | None = None
    points: int | None = None
    batch_size: int | None = None
    lr: float | None = None
    up: str = AUTO
    augment: Augmentation = "auto"
    group_by: str | None = None
    test_fraction: float = 0.2
    val_fraction: float | None = None
    folds: int = 0
    fold: int = 0
    seed: int = 0
    workers: int = 0
    settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("points", 16), ("batch_size", 2)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"{name}: must be at least {least}, got {value}")
        for name in ("minutes", "lr"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"{name}: must be above 0, got {value}")
        if self.val_fraction is not None and not 0 <= self.val_fraction < 1:
            raise InputError(f"val_fraction: must lie in [0, 1), got {self.val_fraction}")
        wrong = next((word for word in self.settings if "." not in word.partition("=")[0] or word[0] == "-"), None)
        if wrong is not None:
            raise InputError(f"settings: {wrong!r} is none; give them as trainer.max_epochs=3")
        require_known("up", self.up, (AUTO, *UP_AXES))
        require_known("augment", self.augment, AUGMENTATIONS)

    def to_dict(self) -> dict[str, Any]:
        """Plain types, to be kept beside the run."""
        return {**asdict(self), "settings": list(self.settings)}

    @property
    def words(self) -> list[str]:
        """The settings as words for train.py."""
        return [f"--{setting}" for setting in self.settings]

    @property
    def given(self) -> dict[str, Any]:
        """The options that are not as usual, by name."""
        usual = Request(self.data).to_dict()
        return {name: value for name, value in self.to_dict().items() if value != usual[name]}
