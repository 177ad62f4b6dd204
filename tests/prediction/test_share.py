import pytest

from nimba.prediction.share import Share


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_each_file_is_in_one_share(count):
    files = [f"class{i % 5}/{i}.ply" for i in range(700)]
    owners = [[number for number in range(count) if Share(number, count).owns(file)] for file in files]
    assert all(len(owner) == 1 for owner in owners)
    shares = [owners.count([number]) for number in range(count)]
    assert max(shares) < 1.3 * len(files) / count


def test_any_name_has_an_owner():
    assert Share().owns(b"\xff\xfe.ply".decode("utf-8", "surrogateescape"))
