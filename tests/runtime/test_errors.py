"""What is said of an error on one line."""

import errno
from pathlib import Path

from nimba.runtime.errors import InputError, about, describe, system_error


def test_two_names_in_an_error_give_the_one_that_was_to_be():
    error = OSError(errno.EACCES, "Permission denied", ".a.partial", None, "a")
    assert describe(error) == "a: Permission denied; change its permissions or choose another place"


def test_the_cause_is_found_through_what_was_made_of_it():
    cause = OSError(errno.ENOSPC, "full")
    error = RuntimeError()
    error.__context__ = ValueError()
    error.__context__.__cause__ = cause
    assert system_error(error) is cause
    assert system_error(cause) is cause
    assert system_error(ValueError()) is None
    error.__context__.__cause__ = error  # a ring
    assert system_error(error) is None


def test_a_file_of_a_list_is_not_named_twice():
    path = Path("a/b.ply")
    assert about(InputError("a/b.ply: empty\nfile"), path) == "empty file"
    assert about(FileNotFoundError(errno.ENOENT, "No such file", "a/b.ply"), path) == "No such file"
    assert about(FileNotFoundError(errno.ENOENT, "No such file", "a/c.mtl"), path) == "a/c.mtl: No such file"
    assert about(IndexError("out of\nrange"), path) == "IndexError: out of range"
    assert about(MemoryError(), path) == "MemoryError"
