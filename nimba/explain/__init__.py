"""Explain: what a trained classifier uses along its path.

>>> from nimba.explain import scan_memory, token_contributions
>>> values, classes = token_contributions(model, points)     # (B, N, 3) -> (B, G) parts of a logit, (B,)
>>> lookback = scan_memory(model, points)                    # (B, G) tokens

Both are along the path: ``model.tokenize(points).centres`` (B, G, 3) says where each of the G tokens is. Both leave the
model as it was: its modes, its parameters and their gradients, its BatchNorm statistics.
"""

from nimba.explain.contributions import Contributions, token_contributions
from nimba.explain.memory import scan_memory

__all__ = ["Contributions", "scan_memory", "token_contributions"]
