"""Stored records: what the documents' numbers are made from."""

import json
import statistics
from pathlib import Path
from typing import Any

from nimba.runtime.errors import InputError

ROOT = Path(__file__).resolve().parents[2]  # of the checkout: publishing is for those who have one
RESULTS = ROOT / "results"


def read_json(path: Path) -> dict[str, Any]:
    """Read a record.

    Raises:
        InputError: if it is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: not a readable record ({error}); give the folder of a run of train.py") from None


def percent(share: float) -> str:
    """A share as the documents print it."""
    return f"{100 * share:.2f} %"


def spread(shares: list[float]) -> str:
    """Mean and, of several, standard deviation (of the sample) of shares, as the documents print them."""
    mean = percent(statistics.mean(shares))
    return mean if len(shares) == 1 else f"{mean.removesuffix(' %')} ± {100 * statistics.stdev(shares):.2f} %"


def minutes(seconds: float) -> str:
    """A span as the documents print it."""
    return f"{seconds / 60:.0f} minutes"


def duration(record: dict[str, Any]) -> str:
    """How long a run took, and how many others shared its device."""
    others = len(record.get("beside", ()))
    return minutes(record["seconds"]) + (f", {others} others beside it" if others else "")


def machine(record: dict[str, Any]) -> str:
    """The machine of a run, in words."""
    there = record["machine"]
    return (
        there["gpu"] or f"a machine with {there['cores']} cores ({there['cpu']}, torch on {there['threads']}), no GPU"
    )
