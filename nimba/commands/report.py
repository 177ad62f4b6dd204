"""``nimba report``: the page of results, from the stored records."""

from __future__ import annotations

from pathlib import Path


def report(*, results: Path = Path("results"), output: Path = Path("docs/results.md")) -> int:
    """Build the page of results from the records of finished runs; nothing is run.

    Args:
        results: Folder of the records.
        output: The page to write; its plots go into figures/ beside it.
    """
    from nimba.publish.results_page import write_report
    from nimba.runtime.errors import InputError

    if not results.is_dir():
        raise InputError(f"{results}: no such folder; run this in a clone of NIMBA's repository, or give --results")
    output.parent.mkdir(parents=True, exist_ok=True)
    print("\n".join(f"written: {path}" for path in write_report(results, output)))
    return 0
