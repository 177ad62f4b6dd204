"""The vote of a folder's clouds on their pose: taken once, kept beside the predictions, the same for all processes."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from nimba.inference.decide import Decider
from nimba.inference.vote import Vote
from nimba.prediction.batches import ReadCloud, prepared_of
from nimba.runtime.errors import InputError

VOTE = "vote.json"


def take_vote(decider: Decider, clouds: Sequence[ReadCloud], batch_size: int) -> Vote:
    """The vote of clouds that were read, looked at batch by batch, as they are where they come one after the other."""
    for start in range(0, len(clouds), batch_size):
        decider.vote(prepared_of(clouds[start : start + batch_size]))  # what is found of a few is kept for all
    return decider.vote(prepared_of(clouds))


def has_vote(output: Path) -> bool:
    """Whether a vote was taken."""
    return (output / VOTE).exists()


def stored_vote(output: Path) -> Vote:
    """The vote that holds for the predictions in ``output``.

    Raises:
        InputError: the file is damaged.
    """
    path = output / VOTE
    try:
        return Vote.from_dict(json.loads(path.read_text(encoding="ascii")))
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path}: damaged; start anew with another --output") from None


def store_vote(output: Path, vote: Vote) -> None:
    """Put it there whole, unless another process was faster: the first one's holds for all."""
    path = output / VOTE
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps(vote.to_dict()) + "\n", encoding="ascii")
        try:
            os.link(partial, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links: the last one's holds, and all find the same
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
