"""What a run shows while it goes."""

import logging
import warnings
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar

_EXPECTED = (
    r".*does not have many workers",  # clouds are read from memory: workers help with heavy transforms only
    r".*Total length of .* across ranks is zero",  # no validation split: no epoch is chosen
    r".*LeafSpec.* is deprecated",  # Lightning's use of torch
    r".*The number of training batches .* is smaller than the logging interval",
    r".*was not created with WeightAveraging",  # killed before the first update of the average
)


class Progress(TQDMProgressBar):
    """Lightning's bar, redrawn seldom enough to cost nothing."""

    def __init__(self) -> None:
        super().__init__(refresh_rate=20)

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """The metrics beside the bar, without the logger's version."""
        metrics = super().get_metrics(trainer, pl_module)
        metrics.pop("v_num", None)
        return metrics


def quieten() -> None:
    """Drop warnings that hold no news here, and Lightning's advertisements."""
    for message in _EXPECTED:
        warnings.filterwarnings("ignore", message)
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return "Tip:" not in record.getMessage()
