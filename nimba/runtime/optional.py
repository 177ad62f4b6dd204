"""Which optional dependencies work here: found out by trying each, once; what one needs is imported by its probe only.

``find_spec`` would be no probe: mamba-ssm can be installed without its CUDA extension, and Open3D without the
system libraries that it loads.
"""

import os
import shlex
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from nimba.runtime.errors import first_line
from nimba.runtime.tracing import constant_when_compiled

# Debian's names: what Open3D loads, and numba's OpenMP.
SYSTEM_LIBRARIES = ("libusb-1.0-0", "libgl1", "libegl1", "libx11-6", "libudev1", "libidn2-0", "libgomp1")

TRITON_POINTS = 8192  # of a cloud; one program holds them in its registers, and more would not fit


@dataclass(frozen=True)
class Dependency:
    """What a probe found: ``detail`` is a version, or why it is missing; ``fix`` is then what to run."""

    name: str
    available: bool
    detail: str
    fix: str = ""


def dependencies() -> list[Dependency]:
    """Every optional dependency, probed (Open3D itself is required, but for the system libraries that it loads)."""
    probes = (triton, mamba_ssm, causal_conv1d, pyg_lib, onnx, ray, shtab, fastapi, torch_pointcloud, display)
    return [probe() for probe in probes]


@constant_when_compiled
def triton_available() -> bool:
    """Whether NIMBA's Triton kernels can run on CUDA tensors."""
    return triton().available


def triton_takes(points: Any) -> bool:
    """Whether NIMBA's Triton kernels take these clouds, a tensor (B, N, 3)."""
    import torch

    return points.is_cuda and points.dtype == torch.float32 and points.shape[1] <= TRITON_POINTS and triton_available()


@constant_when_compiled
def mamba_ssm_available() -> bool:
    """Whether mamba-ssm's CUDA kernel for the selective scan can be called."""
    return mamba_ssm().available


@constant_when_compiled
def causal_conv1d_available() -> bool:
    """Whether causal-conv1d's CUDA kernel can be called by mamba-ssm's fused path."""
    return causal_conv1d().available


@cache
def triton() -> Dependency:
    """Triton, with its driver: a CUDA device, and a C compiler, which launches of kernels are compiled with."""
    found = _imported("triton", ("triton",), install=_pip_line("triton"))
    if not found.available:
        return found
    import torch

    if not torch.cuda.is_available():
        return Dependency("triton", False, f"{found.detail}, but no CUDA device", "not needed without one")
    try:
        import_module("triton.runtime").driver.active.get_current_target()
    except Exception as error:  # of the compiler, the linker or the driver
        return Dependency(
            "triton", False, _broken(found.detail, error), "install gcc and Python's headers (python3-dev)"
        )
    return found


@cache
def mamba_ssm() -> Dependency:
    """mamba-ssm with its CUDA extension.

    Up to 2.3 the Python side cannot be imported without the extension; later versions import without it, and
    build it only where MAMBA_KEEP_CUDA_BUILD is set. So both have to import.
    """
    module = "mamba_ssm.ops.selective_scan_interface"
    return _kernels("mamba-ssm", "selective_scan_cuda", module, "mamba-ssm==2.3.1", "MAMBA_KEEP_CUDA_BUILD=TRUE")


@cache
def causal_conv1d() -> Dependency:
    """causal-conv1d with its CUDA extension, and with the functions that mamba-ssm calls, which 1.5.1 brought."""
    module = "causal_conv1d.cpp_functions"
    return _kernels("causal-conv1d", "causal_conv1d_cuda", module, "causal-conv1d>=1.5.1")


@cache
def pyg_lib() -> Dependency:
    """pyg-lib, for users of torch-geometric's own sampling; NIMBA has its own."""
    fix = "not needed by NIMBA; PyG's installation page has the line for your torch"
    return _imported("pyg-lib", ("pyg_lib",), install=fix)


@cache
def onnx() -> Dependency:
    """What ``nimba export`` needs for ONNX: the format, torch's translation into it, and the runtime that checks it."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        found = _imported(package, (package,), install=_pip_line("nimba[onnx]"))
        if not found.available:
            return found
    return Dependency("onnx", True, f"{version('onnx')}, onnxruntime {found.detail}")


@cache
def ray() -> Dependency:
    """Ray, with what reads and writes buckets and web pages beside it: the extra ``ray``."""
    return _imported("ray", ("ray", "pyarrow.fs", "fsspec.implementations.http"), install=_pip_line("nimba[ray]"))


@cache
def shtab() -> Dependency:
    """shtab, which writes the scripts that shells complete commands by."""
    return _imported("shtab", ("shtab",), install=_pip_line("nimba[completion]"))


@cache
def fastapi() -> Dependency:
    """FastAPI, with the server that it runs on and what reads forms: for ``nimba serve``."""
    modules = ("fastapi", "uvicorn", "python_multipart")
    return _imported("fastapi", modules, install=_pip_line("nimba[serve]"), repair=_pip_line("nimba[serve]"))


@cache
def torch_pointcloud() -> Dependency:
    """torch-pointcloud, in whose factory ``nimba.integrations.torch_pointcloud`` puts NIMBA's networks."""
    return _imported("torch-pointcloud", ("torch_pointcloud.models",), install=_pip_line("nimba[torch-pointcloud]"))


@cache
def open3d() -> Dependency:
    """Open3D, which draws paths."""
    return _imported("open3d", ("open3d",), install=_pip_line("open3d>=0.20"), repair=_apt_line())


@cache
def display() -> Dependency:
    """A display to open windows on."""
    name = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    return (
        Dependency("display", True, name)
        if name
        else Dependency("display", False, "none", "not needed: pictures need none")
    )


def _kernels(package: str, extension: str, module: str, requirement: str, environment: str = "") -> Dependency:
    install = f"{environment} {_pip_line('--no-build-isolation', requirement)}".strip()
    # The extension links to torch's libraries, which importing torch loads.
    return _imported(package, ("torch", extension, module), install)


def _imported(package: str, modules: tuple[str, ...], install: str, repair: str | None = None) -> Dependency:
    """One that is there once all its modules import; ``repair`` fixes one that is installed, but broken."""
    try:
        installed = version(package)
    except PackageNotFoundError:
        return Dependency(package, False, "not installed", install)
    try:
        for module in modules:
            import_module(module)
    except Exception as error:  # a broken extension may raise anything
        return Dependency(package, False, _broken(installed, error), repair or install)
    return Dependency(package, True, installed)


def _broken(installed: str, error: Exception) -> str:
    return f"{installed} does not work: {first_line(error)}"


def _pip_line(*arguments: str) -> str:
    return shlex.join([sys.executable, "-m", "pip", "install", *arguments])


def _apt_line() -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install -y --no-install-recommends {' '.join(SYSTEM_LIBRARIES)}"
