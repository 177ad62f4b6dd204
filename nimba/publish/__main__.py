"""The command line of publishing."""

import argparse
import sys
from pathlib import Path

from nimba.records.results import ROOT
from nimba.runtime.cleanly import run_cleanly


def main() -> None:
    """Publish as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m nimba.publish", description="Ship weights; fill in the numbers.")
    commands = parser.add_subparsers(dest="command", required=True)
    weights = commands.add_parser("weights", help="ship the weights of a finished run, with their model card")
    weights.add_argument("run", type=Path, help="folder of the run, such as runs/modelnet40_cpu/0")
    weights.add_argument("name", help="of the weights, such as nimba-small-modelnet40")
    commands.add_parser("cards", help="make the cards of all shipped weights anew, from their records")
    commands.add_parser("documents", help="make the generated numbers in README.md and docs/ anew, and their plots")
    commands.add_parser("gallery", help="draw the gallery of orders in docs/figures anew")
    arguments = parser.parse_args()
    if arguments.command == "weights":
        from nimba.publish.weights import publish_weights

        written = publish_weights(arguments.run, arguments.name)
    elif arguments.command == "cards":
        from nimba.publish.weights import publish_cards

        written = publish_cards()
    elif arguments.command == "gallery":
        from nimba.publish.gallery import publish_gallery

        written = publish_gallery(ROOT / "docs" / "figures")
    else:
        from nimba.publish.documents import DOCUMENTS, publish_documents
        from nimba.publish.performance import publish_curves

        written = [*publish_documents(DOCUMENTS), *publish_curves(ROOT / "docs" / "figures")]
    print("\n".join(f"written: {path.relative_to(ROOT)}" for path in written) or "nothing changed")


if __name__ == "__main__":
    sys.exit(run_cleanly(main))
