"""``python -m nimba`` is the ``nimba`` command."""

from nimba.commands.main import run

run()
