"""Train on a folder of one's own clouds: everything that is to be chosen is chosen from the data, and said."""

from nimba.transfer.request import Request
from nimba.transfer.run import Run

__all__ = ["Request", "Run"]
