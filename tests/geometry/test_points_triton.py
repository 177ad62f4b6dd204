import re

import pytest

from tests.ahead import compile_ahead, needs_ptxas

TYPES = {
    **{"points": "*fp32", "centres": "*fp32", "chosen": "*i64", "order": "*i64", "nearest": "*i64"},
    **{"limit": "fp32", "count": "i32", "groups": "i32", "k": "i32"},
}


@needs_ptxas
@pytest.mark.parametrize("kernel", ["fps", "knn", "walk"])
def test_no_product_is_fused_with_a_sum(kernel):
    """Compiled for an H100, which needs none: a fused or a fusible operation would round otherwise than torch."""
    from nimba.geometry.neighbours_triton import _knn
    from nimba.geometry.points_triton import ROUNDED
    from nimba.geometry.sampling_triton import _fps
    from nimba.serialization.walk_triton import _walk

    function = {"fps": _fps, "knn": _knn, "walk": _walk}[kernel]
    types = TYPES | ({"centres": "i32"} if kernel == "fps" else {})
    constants = {"BLOCK": 128, "NEAREST": True, "SWAP": False}
    found = compile_ahead(function, types, constants, **ROUNDED)
    assert ".target sm_90a" in found["ptx"]
    assert found["cubin"]
    operations = set(re.findall(r"\b((?:mul|add|sub|fma)[.\w]*)\.f32", found["ptx"]))
    assert operations
    assert operations <= {"mul.rn", "add.rn", "sub.rn"}
