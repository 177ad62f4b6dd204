"""NIMBA's kernels as torch operators, ``torch.ops.nimba``: so autograd, torch.export and torch.compile see them.

They are declared through the dispatcher's own interface: ``torch.library.custom_op`` would import torch's compiler on
the first call, a second that whoever classifies one file should not wait for.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

_LIBRARY = torch.library.Library("nimba", "DEF")

Gradient = Callable[..., Sequence[Tensor | None]]


def define_operator(
    signature: str,
    kernel: Callable[..., Any],
    fake: Callable[..., Any],
    *,
    cpu_only: bool = True,
    tags: Sequence[torch.Tag] = (),
) -> None:
    """Declare ``torch.ops.nimba.NAME``.

    Args:
        signature: "NAME(Tensor x, ...) -> Tensor", in the dispatcher's language.
        kernel: what it does.
        fake: gives empty tensors of the result's shapes and types, for tracing.
        cpu_only: whether the kernel takes CPU tensors only; else it takes those of any device.
        tags: what torch.compile is to know of it.
    """
    name = f"nimba::{signature.partition('(')[0]}"
    _LIBRARY.define(signature, tags=tuple(tags))
    _LIBRARY.impl(name, kernel, "CPU" if cpu_only else "CompositeExplicitAutograd")
    torch.library.register_fake(name, fake, lib=_LIBRARY)


def define_gradient(name: str, backward: Gradient, *, saved_outputs: Sequence[int] = ()) -> None:
    """Declare the gradient of ``torch.ops.nimba.NAME``; who differentiates that gradient once more gets an error.

    Args:
        name: of the operator.
        backward: from the gradient of the first output, the inputs, and the saved outputs, to the gradients of the
            inputs; those of the last ones may be left out, and then are none.
        saved_outputs: which outputs it needs; all but the first are intermediate results without a gradient.
    """

    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        outputs = output if isinstance(output, tuple) else (output,)
        ctx.set_materialize_grads(False)
        ctx.settings = [None if isinstance(value, Tensor) else value for value in inputs]
        tensors = [value for value in inputs if isinstance(value, Tensor)]
        ctx.save_for_backward(*tensors, *(outputs[number] for number in saved_outputs))

    def gradient(ctx: Any, grad: Tensor | None, *_others: Any) -> tuple[Tensor | None, ...]:
        if grad is None:
            return (None,) * len(ctx.settings)
        saved = iter(ctx.saved_tensors)
        inputs = [next(saved) if setting is None else setting for setting in ctx.settings]
        gradients = tuple(backward(grad.contiguous(), *inputs, *saved))
        if torch.is_grad_enabled():  # the graph is being kept, for derivatives of these gradients
            sources = [value for value in (grad, *inputs) if isinstance(value, Tensor) and value.requires_grad]
            gradients = tuple(None if g is None else _OnceDifferentiable.apply(name, g, *sources) for g in gradients)
        return gradients + (None,) * (len(inputs) - len(gradients))

    torch.library.register_autograd(f"nimba::{name}", gradient, setup_context=setup_context, lib=_LIBRARY)


class _OnceDifferentiable(torch.autograd.Function):
    """A gradient that has none of its own: silence would pass for a second derivative of zero."""

    @staticmethod
    def forward(ctx: Any, name: str, gradient: Tensor, *sources: Tensor) -> Tensor:
        """The gradient as it is; ``sources`` are what it depends on."""
        ctx.name = name
        return gradient.view_as(gradient)

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> Any:
        """Refuse."""
        raise NotImplementedError(
            f"second derivatives: nimba's compiled {ctx.name} has none; compute under "
            "nimba.runtime.compiled.without_compiled_kernels()"
        )


def arrays(tensors: Sequence[Tensor]) -> list[np.ndarray]:
    """The tensors' memory as arrays, for a compiled kernel.

    ``Tensor.numpy`` would fix the size of the memory for good, which FSDP frees and fills again under the same tensors.
    """
    return [np.from_dlpack(tensor.detach()) for tensor in tensors]


def from_arrays(results: Sequence[np.ndarray]) -> list[Tensor]:
    """What a compiled kernel gave back, as contiguous tensors."""
    return [torch.from_numpy(np.ascontiguousarray(result)) for result in results]


def empty_like_each(*tensors: Tensor) -> list[Tensor]:
    """Contiguous tensors of the same shapes, types and devices, for tracing."""
    return [torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device) for tensor in tensors]
