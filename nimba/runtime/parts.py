"""Functions that only kernels call: compiled as far as a kernel needs them, and no further.

numba makes machine code of each function that it compiles, and of a function that calls it another time, with the
callee inside. For one that nobody calls by itself the first is wasted, and it is a quarter of all compiling.
"""

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.dispatcher import Dispatcher


class _Part(JITCodeLibrary):
    """The code of a function, to be linked into others; neither optimised by itself nor run."""

    def finalize(self) -> None:
        """Link what it calls; a library of numba's would be optimised and made machine code here."""
        self._raise_if_finalized()
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._final_module.verify()
        self._finalize_dynamic_globals()
        self._finalized = True


class _PartCompiler(Compiler):
    def __init__(self, typing: Any, target: Any, _library: Any, args: Any, result: Any, flags: Any, types: Any):
        flags.no_compile = True  # no entry point
        super().__init__(typing, target, _Part(target.codegen(), "part"), args, result, flags, types)


def part(function: Callable[..., Any], **options: Any) -> Dispatcher:
    """Declare a function that kernels call, with options of ``numba.njit``; Python cannot call it."""
    options |= {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}
    declared = njit(pipeline_class=_PartCompiler, **options)(function)

    def add_overload(compiled: Any) -> None:
        compiled = compiled._replace(entry_point=function)  # what callers find it by
        compiled.target_context.insert_user_function(function, compiled.fndesc, [compiled.library])
        declared.overloads[tuple(compiled.signature.args)] = compiled

    declared.add_overload = add_overload
    return declared
