"""Tables about the orders: what there is, how quick it is, and what it does to the clouds of a data set."""

from pathlib import Path

from nimba.publish.performance import figures_table, measured_on
from nimba.quality.comparison import Comparison
from nimba.quality.report import COLUMNS, SHARES, read_csv
from nimba.records.results import read_json
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
    return f"{measured_on(findings)}\n\n{figures_table(findings)}"


def orders_quality(results: Path) -> str:
    """What each order does to ModelNet40, from the stored comparison."""
    comparison = read_csv(results / "orders" / "modelnet40" / "orders.csv")
    named = {name: index for index, name in enumerate(comparison.names)}
    ranking = sorted(range(len(comparison.orders)), key=lambda i: comparison.mean[i, named["mean_step"]])
    rows = [
        f"| `{comparison.orders[i]}` | "
        + " | ".join(_mean_and_std(comparison, i, named[name], name) for name in COLUMNS)
        + " |"
        for i in ranking
    ]
    head = ["", *COLUMNS.values()]
    return "\n".join(
        [
            f"ModelNet40's test split, {comparison.clouds} clouds evenly spread over it, 128 FPS centres each in "
            "[-1, 1]³; mean ± standard deviation over clouds. Steps in units of the cube, jumps are steps ≥ 0.8; "
            "*within w*: share of each centre's eight nearest neighbours within w places of it; from *jitter* on: "
            "share of neighbouring pairs that still are after that change.",
            "",
            f"| {' | '.join(head)} |",
            f"|{'---|' * len(head)}",
            *rows,
            "",
        ]
    )


def _mean_and_std(comparison: Comparison, order: int, figure: int, name: str) -> str:
    mean, std = comparison.mean[order, figure], comparison.std[order, figure]
    if name.startswith(SHARES):
        return f"{100 * mean:.1f} ± {100 * std:.1f} %"
    return f"{mean:.3f} ± {std:.3f}"
