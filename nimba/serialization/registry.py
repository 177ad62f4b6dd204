"""The registry of orders: each a function from clouds and settings to permutations."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from nimba.serialization.settings import OrderSettings

OrderFunction = Callable[[Tensor, OrderSettings], Tensor]


@dataclass(frozen=True)
class Order:
    """One order that ``serialize`` knows."""

    name: str
    function: OrderFunction  # (B, N, 3), settings -> (B, N) int64, or (B, copies N) where points are repeated
    summary: str  # one line: the docstring's first
    parameters: tuple[str, ...]  # fields of OrderSettings that it reads
    copies: int  # how often each point comes


ORDERS: dict[str, Order] = {}


def register(name: str, *parameters: str, copies: int = 1) -> Callable[[OrderFunction], OrderFunction]:
    """Register a function as the order ``name`` that reads ``parameters`` of the settings."""

    def add(function: OrderFunction) -> OrderFunction:
        summary = (function.__doc__ or "").strip().split("\n")[0]
        ORDERS[name] = Order(name, function, summary, parameters, copies)
        return function

    return add
