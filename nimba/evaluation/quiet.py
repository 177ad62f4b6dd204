"""Silence about what is meant to be so."""

import logging
import warnings

_EXPECTED = (
    r".*does not have many workers",  # clouds are read from memory: workers help with heavy transforms only
    r".*Total length of .* across ranks is zero",  # no validation split: no epoch is chosen
    r".*LeafSpec.* is deprecated",  # Lightning's use of torch
    r".*The number of training batches .* is smaller than the logging interval",
    r".*Checkpoint directory .* exists and is not empty",  # the run's config is there already
    r".*was not created with WeightAveraging",  # killed before the first update of the average
)


def quieten() -> None:
    """Drop warnings that hold no news here, and Lightning's advertisements."""
    for message in _EXPECTED:
        warnings.filterwarnings("ignore", message)
    for name in ("utilities.rank_zero", "trainer.connectors.signal_connector"):
        logging.getLogger(f"lightning.pytorch.{name}").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    # Of a signal we tell ourselves, with the line that resumes.
    return not any(text in record.getMessage() for text in ("Tip:", "Detected KeyboardInterrupt", "Received SIGTERM"))
