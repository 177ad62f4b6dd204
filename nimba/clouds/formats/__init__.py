"""Files that points come in: one module a format, each a function from a ``Source`` to a ``Content``.

A new format is a module here and a line in ``registry``: help texts, errors, listings of folders, the fuzz and the
tests take it from there. A reader believes nothing: it raises ``InputError`` in one line where the file is not what it
says, takes no memory that the file's size does not answer for (``limits``), and opens no other file but through
``Source.sibling``. What holds for every cloud (finite, an extent, no fewer points than the header says) is checked once
for all, in ``nimba.clouds.check``.
"""
