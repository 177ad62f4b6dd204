"""``nimba publish``: shipped weights, their cards, and the numbers and pictures of the documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def publish_weights(run: Path, name: str) -> int:
    """Ship the weights of a finished run, with their model card.

    Args:
        run: Folder of the run, such as runs/modelnet40_cpu/0.
        name: Of the weights, such as nimba-small-modelnet40.
    """
    from nimba.publish.weights import publish_weights as publish

    return _say(publish(run, name))


def publish_cards() -> int:
    """Make the cards of all shipped weights anew, from their records."""
    from nimba.publish.weights import publish_cards as publish

    return _say(publish())


def publish_documents() -> int:
    """Make the generated numbers in README.md and docs/ anew, and their plots."""
    from nimba.publish.documents import DOCUMENTS
    from nimba.publish.documents import publish_documents as publish
    from nimba.publish.performance import publish_curves
    from nimba.records.results import ROOT

    return _say([*publish(DOCUMENTS), *publish_curves(ROOT / "docs" / "figures")])


def publish_gallery() -> int:
    """Draw the gallery of orders in docs/figures anew."""
    from nimba.publish.gallery import publish_gallery as publish
    from nimba.records.results import ROOT

    return _say(publish(ROOT / "docs" / "figures"))


def _say(written: Sequence[Path]) -> int:
    from nimba.records.results import ROOT

    print("\n".join(f"written: {path.relative_to(ROOT)}" for path in written) or "nothing changed")
    return 0
