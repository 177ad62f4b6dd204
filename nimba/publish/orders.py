"""Tables about the orders: what there is, how quick it is, and what it does to the clouds of a data set."""

from pathlib import Path

from nimba.publish.results import read_json
from nimba.serialization import ORDERS


def orders_table(_results: Path) -> str:
    """Every order, what it is, and the arguments that it reads."""
    rows = [
        f"| `{order.name}` | {order.summary} | {', '.join(f'`{name}`' for name in order.parameters)} |"
        for order in ORDERS.values()
    ]
    return "\n".join(["| order | | reads |", "|---|---|---|", *rows, ""])


def orders_speed(results: Path) -> str:
    """The figures of the benchmark, with their aims."""
    findings = read_json(results / "benchmarks" / "serialization.json")
    machine = findings["machine"]
    rows = [_figure(figure) for figure in findings["figures"]]
    where = f"{machine['cpu']}, {machine['threads']} threads, torch {machine['torch']}, numba {machine['numba']}"
    return "\n".join([f"Measured on {where}.", "", "| | | aim |", "|---|---|---|", *rows, ""])


def _figure(figure: dict) -> str:
    aim = ""
    if figure["met"] is not None:
        bound = f"≤ {figure['at_most']:g}" if figure["at_most"] is not None else f"≥ {figure['at_least']:g}"
        aim = f"{bound}: {'met' if figure['met'] else '**missed**'}"
    value = f"{figure['value']:.3g} {figure['unit']} {figure['rival']}".strip()
    return f"| {figure['what'].strip()} | {value} | {aim} |"
