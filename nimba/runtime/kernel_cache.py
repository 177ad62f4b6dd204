"""Where compiled kernels are kept: in the user's cache folder, one file for each, whatever folder NIMBA lies in.

numba would keep them beside the source, which an installation may not allow, and would look at the change of that file
alone: a kernel whose helper in another file was edited would run the old helper. Here a kernel's key is what it is made
of: its own code, the code of its helpers and the constants that they read; numba adds its version and the CPU.

Processes that start together share the work: while one compiles a kernel, the others wait for it.
"""

import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.dispatcher import Dispatcher
from platformdirs import user_cache_path

try:
    import fcntl
except ImportError:  # not a Unix
    fcntl = None  # type: ignore[assignment]

_CONSTANTS = (bool, int, float, str, tuple, set, frozenset, np.generic)


@functools.cache
def cache_folder() -> Path | None:
    """The folder of compiled kernels: in NUMBA_CACHE_DIR, or the user's cache; None if none can be made."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or user_cache_path("nimba", appauthor=False)) / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


class KernelCache:
    """The cache of one kernel, as numba's dispatcher asks for it; it looks at the disk when first asked."""

    def __init__(self, kernel: Dispatcher):
        self._kernel = kernel
        self._lock: int | None = None  # held while this process compiles the kernel; the system frees a dead one's

    def load_overload(self, signature: Any, context: Any) -> Any:
        """The compiled kernel for a signature; None if it has to be compiled, which is then said."""
        found = self._files.load_overload(signature, context) if self._files else None
        if found is None and self._files:
            self._lock_out_others()
            found = self._files.load_overload(signature, context)  # another process may have compiled it meanwhile
            if found is not None:
                self._let_others_in()
        if found is None:
            say_compiling()
        return found

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a compiled kernel, if the disk and the folder let us."""
        if self._files:
            with suppress(OSError):
                self._files.save_overload(signature, compiled)
            self._let_others_in()

    def _lock_out_others(self) -> None:
        """Wait until no other process compiles this kernel; where files cannot be locked, all of them compile it."""
        if self._lock is not None or fcntl is None:
            return
        with suppress(OSError):
            path = f"{self._files._cache_file._index_path}.lock"  # type: ignore[union-attr]
            self._lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def _let_others_in(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @functools.cached_property
    def _files(self) -> FunctionCache | None:
        return _files_of(self._kernel) if cache_folder() else None


@functools.cache
def say_compiling() -> None:
    """Tell the user, once, why the first use takes longer."""
    folder = cache_folder()
    if folder is not None and os.access(folder, os.W_OK):
        kept = f"once (kept in {folder})"
    else:
        kept = "at each start, as no cache folder is writable (NUMBA_CACHE_DIR can name one)"
    print(f"nimba: compiling kernels for this CPU, {kept}", file=sys.stderr, flush=True)


def _files_of(kernel: Dispatcher) -> FunctionCache:
    function = kernel.py_func

    class Locator(_CacheLocator):
        def get_cache_path(self) -> str:
            return str(cache_folder())

        def get_source_stamp(self) -> str:
            return fingerprint(kernel)

        def get_disambiguator(self) -> str:
            return function.__module__

        @classmethod
        def from_function(cls, py_func: Any, py_file: str) -> "Locator":
            return cls()

    class Implementation(CompileResultCacheImpl):
        _locator_classes = [Locator]  # type: ignore[list-item]  # noqa: RUF012

    class Files(FunctionCache):
        _impl_class = Implementation

    return Files(function)


def fingerprint(kernel: Dispatcher) -> str:
    """What a kernel is made of, as a hexadecimal digest."""
    digest = hashlib.sha256()
    for part in _parts(kernel, set()):
        digest.update(part.encode())
    return digest.hexdigest()


def _parts(kernel: Any, seen: set[FunctionType]) -> Iterator[str]:
    function = kernel.py_func
    if function in seen:
        return
    seen.add(function)
    yield f"{function.__qualname__} {sorted((name, _text(value)) for name, value in kernel.targetoptions.items())}"
    for code in _codes(function.__code__):
        yield f"{code.co_code.hex()} {[_text(value) for value in code.co_consts]} {code.co_names} {code.co_varnames}"
        for name in code.co_names:
            value = function.__globals__.get(name)
            if isinstance(value, Dispatcher):
                yield from _parts(value, seen)
            elif isinstance(value, _CONSTANTS):
                yield f"{name} {_text(value)}"
            elif (module := getattr(value, "__module__", None) or "").startswith("nimba."):
                yield _source(module)  # of an intrinsic or an overload


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _text(value: Any) -> str:
    if isinstance(value, CodeType):
        return value.co_name
    return repr(sorted(value)) if isinstance(value, set | frozenset) else repr(value)


@functools.cache
def _source(module: str) -> str:
    return Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8")
