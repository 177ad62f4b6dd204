"""``python -m nimba`` is the ``nimba`` command."""

import sys

from nimba.commands.main import main

sys.exit(main())
