"""The vote of a folder's clouds on their pose: taken once, kept beside the predictions, the same for every rank."""

import json
import os
from pathlib import Path

import numpy as np

from nimba.inference.decide import Vote
from nimba.runtime.errors import InputError

VOTE = "vote.json"


def has_vote(output: Path) -> bool:
    """Whether a vote was taken."""
    return (output / VOTE).exists()


def stored_vote(output: Path) -> Vote | None:
    """The vote that holds for the predictions in ``output``; None where the clouds had nothing to say.

    Raises:
        InputError: the file is damaged.
    """
    path = output / VOTE
    try:
        log_up = json.loads(path.read_text(encoding="ascii"))["log_up"]
        return None if log_up is None else Vote(np.array(log_up, np.float64))
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path}: damaged; start anew with another --output") from None


def store_vote(output: Path, vote: Vote | None) -> None:
    """Put it there whole, unless another rank was faster: the first one's holds for all."""
    log_up = None if vote is None else np.asarray(vote.log_up, np.float64).tolist()
    path = output / VOTE
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps({"log_up": log_up}) + "\n", encoding="ascii")
        try:
            os.link(partial, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links: the last one's holds, and all find the same
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
