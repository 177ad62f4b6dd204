"""From the pipeline to an ONNX graph, by torch's exporter and NIMBA's translations."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from onnx import checker
from torch import Tensor
from torch.export import ExportedProgram

from nimba.export.operators import LOOPS, TRANSLATIONS
from nimba.export.pipeline import INPUT, OUTPUT, Pipeline, trace
from nimba.runtime.compiled import without_compiled_kernels
from nimba.runtime.errors import InputError
from nimba.serialization import ORDERS
from nimba.serialization.settings import OrderSettings

OPSET = 18
# Orders whose number of steps depends on the points: on how many are distinct, or on when an iteration ends.
UNTRANSLATED = ("fps", "short", "spectral")


def to_onnx(pipeline: Pipeline) -> onnx.ModelProto:
    """Translate a pipeline.

    Raises:
        InputError: naming what has no translation.
    """
    order = pipeline.network.settings.order
    if order in UNTRANSLATED:
        raise InputError(f"order: {order!r} has no translation to ONNX; export to .pt2, which takes every order")
    with without_compiled_kernels():
        return translate(trace(pipeline), [INPUT], [OUTPUT])


def translate(program: ExportedProgram, inputs: Sequence[str], outputs: Sequence[str]) -> onnx.ModelProto:
    """Translate a traced program.

    Args:
        program: of torch's operators and of those in ``TRANSLATIONS``.
        inputs: their names.
        outputs: theirs.

    Raises:
        InputError: naming what has no translation.
    """
    with without_compiled_kernels(), _quietly():
        program = _with_plain_orders(program)
        _require_translated(program)
        try:
            exported = torch.onnx.export(
                program,
                dynamo=True,
                custom_translation_table={**TRANSLATIONS},
                input_names=inputs,
                output_names=outputs,
                opset_version=OPSET,
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise InputError(f"model: has no translation to ONNX: {_innermost(error)}") from error
    assert exported is not None  # no file was named, so there is a program
    model = exported.model_proto
    _forget_where(model.graph)
    checker.check_model(model)
    return model


def _with_plain_orders(program: ExportedProgram) -> ExportedProgram:
    """Orders that are no loops, as the torch operators that they are made of."""
    serialize = torch.ops.nimba.serialize.default

    def plain(points: Tensor, order: str, *chosen: Any) -> Tensor:
        if order in LOOPS:
            return NotImplemented
        r, axis, start, variant, bits, seed = chosen
        begin = int(start) if start.isdigit() else start
        return ORDERS[order].function(points, OrderSettings(r, axis, begin, variant, bits, seed))

    if all(node.args[1] in LOOPS for node in program.graph.nodes if node.target is serialize):
        return program  # to trace it anew takes seconds
    return program.run_decompositions({serialize: plain})


def _require_translated(program: ExportedProgram) -> None:
    targets = {node.target for node in program.graph.nodes if node.op == "call_function"}
    unknown = sorted(str(t) for t in targets - TRANSLATIONS.keys() if str(t).startswith("nimba."))
    if unknown:
        raise InputError(f"model: has operators without a translation to ONNX: {', '.join(unknown)}")


def _innermost(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:200]


def _forget_where(graph: onnx.GraphProto) -> None:
    """Drop what torch notes on each node, such as paths of this machine."""
    for node in graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                _forget_where(attribute.g)
    for value in (*graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del value.metadata_props[:]
    del graph.metadata_props[:]


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's remarks on its own workings."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
