"""What is done already: one file, rewritten after each part, by which a second call goes on where the first ended."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.figures import Findings
from nimba.records.machine import describe_code, describe_machine
from nimba.runtime.files import write_json


class Ledger:
    """The parts' figures in ``folder/gpu.json``.

    Args:
        folder: made if it is not there.
        device: the parts of another device count as not done.
    """

    def __init__(self, folder: Path, device: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "gpu.json"
        self.content: dict[str, Any] = {"benchmark": "gpu", "device": device, "parts": {}}
        try:
            before = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if isinstance(before, dict) and before.get("device") == device and isinstance(before.get("parts"), dict):
            self.content = before

    def done(self, part: str) -> bool:
        """Whether the part ran to its end before."""
        return bool(self.content["parts"].get(part, {}).get("done"))

    def keep(self, part: str, findings: Findings, error: str, seconds: float) -> None:
        """Keep what a part found; with an error it counts as not done."""
        self.content["parts"][part] = {
            "done": not error,
            "error": error,
            "seconds": round(seconds, 1),
            "code": describe_code(),
            "machine": describe_machine(),
            "figures": [asdict(figure) | {"met": figure.met} for figure in findings.figures],
            "curves": [asdict(curve) for curve in findings.curves],
        }
        write_json(self.path, self.content)

    def figures(self) -> list[dict[str, Any]]:
        """All figures so far."""
        return [figure for part in self.content["parts"].values() for figure in part["figures"]]
