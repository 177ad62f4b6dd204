"""Files that appear whole or not at all."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` with a temporary name in the folder of ``path``, then put the file in its place."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        write(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as indented JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    atomic_write(path, lambda partial: partial.write_text(text, encoding="utf-8"))
