"""The one exception that NIMBA raises for bad input from a user."""


class InputError(ValueError):
    """Bad input: a single line that says what is wrong, where, and what to do.

    Command-line entry points print it to stderr and exit with code 2, without a traceback;
    as a library it behaves like any ``ValueError``.
    """
