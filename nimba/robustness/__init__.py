"""Robustness: what a classifier makes of clouds that were turned, shaken, thinned, hidden, noised and bent.

``nimba robustness evaluate``; the corruptions are in ``nimba.robustness.corruptions``, the test conditions of
the paper's robustness study in ``nimba.robustness.conditions``.
"""
