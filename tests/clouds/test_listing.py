import os

import pytest

from nimba.clouds.listing import cloud_files
from nimba.runtime.errors import InputError


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_names_come_in_the_order_of_their_strings(tmp_path):
    names = ["b.ply", "a/z.ply", "a.ply", "a-b/x.OFF", "a/b/c.npy", "ab.xyz", "a0/x.pcd", "é/x.csv"]
    touch(tmp_path, *names)
    assert list(cloud_files(tmp_path)) == sorted(names)


def test_only_clouds_that_can_be_seen(tmp_path):
    touch(tmp_path, "a.ply", "notes.md", ".a.ply", ".git/a.ply", "noextension", "out/predictions.csv", "more/out/b.ply")
    assert list(cloud_files(tmp_path, without=tmp_path / "out")) == ["a.ply", "more/out/b.ply"]


def test_links_are_followed_but_not_in_circles(tmp_path):
    touch(tmp_path, "here/a.ply", "elsewhere/b.ply")
    (tmp_path / "here/sub").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "here/up").symlink_to(tmp_path / "here")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "here")
    assert list(cloud_files(tmp_path / "here")) == ["a.ply", "sub/b.ply"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root lists any folder")
def test_a_locked_folder_is_said(tmp_path):
    touch(tmp_path, "locked/a.ply")
    (tmp_path / "locked").chmod(0)
    with pytest.raises(InputError, match="locked: cannot be listed"):
        list(cloud_files(tmp_path))
    (tmp_path / "locked").chmod(0o755)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be listed"):
        list(cloud_files(tmp_path / "nowhere"))
