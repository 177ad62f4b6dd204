"""The report's section on robustness, from its records."""

from typing import Any

from nimba.publish.results import percent


def lines(record: dict[str, Any]) -> list[str]:
    """One record as text: each condition's OA, each corruption's error rate at its severities and in the mean."""
    cells, summary = record["cells"], record["summary"]
    data = record["data"]
    head = f"{record['name']}, {record['described']}, {data['clouds']} of {data['of']} test clouds"
    text = [head, "", *(f"  {key:<22} OA {percent(cell['OA']):>8}" for key, cell in cells.items() if "/" not in key)]
    names = dict.fromkeys(key.split("/")[0] for key in cells if "/" in key)
    for name in names:
        errors = [1 - cell["OA"] for key, cell in cells.items() if key.startswith(f"{name}/")]
        mean = sum(errors) / len(errors)
        text.append(f"  {name:<22} error {percent(mean):>8}   {'  '.join(map(percent, errors))}")
    return text + ([f"  {'mean error rate':<22} error {percent(summary['mER']):>8}"] if summary else [])
