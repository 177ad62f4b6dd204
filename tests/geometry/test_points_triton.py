import re

import pytest

from tests.interpreter import needs_triton

TYPES = {
    **{"points": "*fp32", "centres": "*fp32", "chosen": "*i64", "order": "*i64", "nearest": "*i64"},
    **{"limit": "fp32", "count": "i32", "groups": "i32", "k": "i32"},
}


@needs_triton
@pytest.mark.parametrize("kernel", ["fps", "knn", "walk"])
def test_no_product_is_fused_with_a_sum(kernel):
    """Compiled for an H100, which needs none: a fused or a fusible operation would round otherwise than torch."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from nimba.geometry.neighbours_triton import _knn
    from nimba.geometry.points_triton import ROUNDED
    from nimba.geometry.sampling_triton import _fps
    from nimba.serialization.walk_triton import _walk

    function = {"fps": _fps, "knn": _knn, "walk": _walk}[kernel]
    types = TYPES | ({"centres": "i32"} if kernel == "fps" else {})
    constants = {"BLOCK": 128, "NEAREST": True, "SWAP": False}
    names = function.arg_names
    signature = {name: "constexpr" if name in constants else types[name] for name in names}
    source = ASTSource(function, signature, {name: constants[name] for name in names if name in constants})
    compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=ROUNDED)
    operations = set(re.findall(r"\b((?:mul|add|sub|fma)[.\w]*)\.f32", compiled.asm["ptx"]))
    assert operations
    assert operations <= {"mul.rn", "add.rn", "sub.rn"}
