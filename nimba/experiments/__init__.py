"""Experiments: sweeps of training runs that stop and resume, and the report made from their records.

``nimba sweep configs/sweeps/order.yaml`` and ``nimba report``.
"""

from nimba.experiments.sweep import Sweep, Variant, read_sweep

__all__ = ["Sweep", "Variant", "read_sweep"]
