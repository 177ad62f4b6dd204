import subprocess
import sys

import pytest

import nimba.datasets


def test_importing_the_package_needs_no_heavy_library():
    code = (
        "import sys, nimba, nimba.datasets;"
        "heavy = {'lightning', 'torch_geometric', 'open3d', 'h5py'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_unknown_names():
    with pytest.raises(AttributeError, match="no attribute 'ModelNet41DataModule'"):
        _ = nimba.datasets.ModelNet41DataModule
    assert "ModelNet40DataModule" in dir(nimba.datasets)
