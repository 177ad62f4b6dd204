"""``nimba classify``: the classes of a user's clouds."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nimba.runtime.cleanly import BAD_INPUT
from nimba.runtime.errors import InputError

if TYPE_CHECKING:
    from nimba.commands.printing import Form

FEW = 12  # clouds; to load the compiled kernels takes longer than to classify so many without them
STANDARD_INPUT = "-"
PLY = ".ply"


def classify(
    files: list[str],
    *,
    weights: str | None = None,
    top: int = 5,
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = "auto",
    turns: Literal[1, 4] | None = None,
    apart: bool = False,
    objects: bool = False,
    format: str | None = None,
    json: bool = False,
    csv: bool = False,
    output: Path | None = None,
    html: Path | None = None,
) -> int:
    """Classify point clouds or meshes.

    Prints a row for each; what was decided about it (what was read, what was left out, the pose) is a note on stderr.
    A file that cannot be classified is a row that says why, and exit code 2 at the end.

    Args:
        files: Clouds or meshes, folders (at any depth; what is no cloud is passed over), patterns such as
            "scans/*.ply", or - for standard input: {formats}.
        weights: Name of shipped weights, a .safetensors file, a checkpoint of train.py or of PointMamba's code
            (.pth); the default knows the 40 classes of ModelNet40.
        top: How many classes to name.
        up: The files' up axis, -z for one that points down. auto finds it, for all files of a folder or list together;
            with weights that were trained on a folder of your own it is the axis of those files.
        turns: 4 to look at each cloud from four sides, and weigh what is seen; 1 to take it as it faces. Default: 4,
            but 1 with weights that have learnt how your files face.
        apart: Find the axis and the facing of each file by itself.
        objects: Each file is a scan of several things, such as a room: find them, and classify each. -o can be a .ply
            then, with a label for each point, and --html a page with their boxes, both of a single scan.
        format: Format of standard input, by its extension, such as ply. Default: recognised by its first bytes.
        json: Print one JSON object for each file; of one that cannot be classified, the error.
        csv: Print a CSV table.
        output: Write the rows to this file as well: .parquet, .csv, .json or .jsonl.
        html: Write a page with a picture of each cloud along its path, and what was found.
    """
    if top < 1:
        raise InputError(f"top: must be at least 1, got {top}")
    if json and csv:
        raise InputError("csv: choose one of --json and --csv; -o writes another form to a file")
    if objects:
        from nimba.commands.objects import classify_scans

        if apart:
            raise InputError("apart: says nothing of scans; --objects takes each thing by itself")
        form = _form(json, csv)
        return classify_scans(files, weights, up, turns, format, form=form, top=top, output=output, html=html)
    if output is not None and output.suffix.lower() == PLY:
        raise InputError(f"{output}: a PLY with a label for each point is of the things in a scan; add --objects")
    import nimba
    from nimba.commands.printing import printer
    from nimba.inference.export import check_page, check_table, write_table
    from nimba.inference.gather import gather
    from nimba.runtime.compiled import without_compiled_kernels

    if output is not None:
        check_table(output)
    if html is not None:
        check_page(html)
    inputs = gather([sys.stdin.buffer if file == STANDARD_INPUT else file for file in files], format)
    count = len(inputs.items)
    model = nimba.load(weights)
    with without_compiled_kernels() if count <= FEW else nullcontext():
        with printer(_form(json, csv), count, top, FEW) as (show, step):
            answers = model.classify(
                inputs,
                up=up,
                turns=turns,
                together=not apart,
                keep_clouds=html is not None,
                each=show,
                progress=step,
            )
        if output is not None:
            write_table(answers, output, top)
        if html is not None:
            from nimba.viewer.report_page import write_report

            write_report(answers, model, html, top)
    if count > 1 or inputs.passed_over:
        print(answers.summary, file=sys.stderr)
    return BAD_INPUT if answers.errors else 0


def _form(json: bool, csv: bool) -> Form:
    """What is printed: for people where they look on, in columns that programs can cut elsewhere."""
    return "json" if json else "csv" if csv else "table" if sys.stdout.isatty() else "text"
