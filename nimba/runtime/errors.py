"""The one exception that NIMBA raises for bad input from a user, and what others' exceptions say on one line."""


class InputError(ValueError):
    """Bad input: a single line that says what is wrong, where, and what to do.

    Command-line entry points print it to stderr and exit with code 2, without a traceback;
    as a library it behaves like any ``ValueError``.
    """


def first_line(error: Exception) -> str:
    """What a library's exception says, on one line; its type where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]
