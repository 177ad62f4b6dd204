"""The ``nimba`` command: one module for each of its subcommands."""
