"""A text as UTF-8 and in plain numbers, so much at a time: what programs write otherwise is set right here."""

import codecs
import re
from collections.abc import Callable, Iterator

from nimba.clouds.formats.source import Source
from nimba.runtime.errors import InputError

HEAD = 1 << 20  # bytes that say how the rest is to be read
_BLOCK = 1 << 25
_MARKS = (  # the longer ones first: the mark of UTF-32 begins as that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_FORTRAN = re.compile(rb"(?<=[\d.])[dD](?=[+-]?\d)")
_NO_NUMBER = re.compile(rb"1\.#[A-Z]+\d*")  # as Microsoft's C wrote NaN; # would begin a comment
_QUOTED = re.compile(rb"'[+-]?[\d.]")
_BRACKETED = re.compile(rb"\s*(?:[\[({]\s*)+[+-]?[\d.][^\n]*")
_ODD = ((b"\xc2\xa0", b" "), (b"\xe2\x88\x92", b"-"), (b"\xe2\x80\xaf", b" "))  # blanks and a minus of typographers

Clean = Callable[[bytes], bytes]


def read_blocks(source: Source) -> Iterator[bytes]:
    """The lines of a text, clean, so many at a time.

    Raises:
        InputError: bytes that no text has.
    """
    encoding = _encoding(source)
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    left, clean, size = b"", None, HEAD
    while True:
        data = source.file.read(size)
        block = decoder.decode(data, final=not data).encode() if decoder else data
        if b"\0" in block[: 1 << 16]:
            raise InputError(f"{source.path}: holds bytes that no text has; is its format what its name says?")
        if clean is None:
            clean = _cleaner(block)
        block = left + block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else left + block
        end = block.rfind(b"\n") + 1
        if not data:
            if block:
                yield clean(block)
            return
        left = block[end:]
        if end:
            yield clean(block[:end])
        size = _BLOCK


def _encoding(source: Source) -> str | None:
    """The encoding of a text that is not UTF-8 without a mark; the file is left at its start."""
    head = source.file.read(1 << 12)
    source.file.seek(0)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if len(head) >= 4:  # without a mark, every other byte of numbers in UTF-16 is 0
        for first, name in ((0, "utf-16-be"), (1, "utf-16-le")):
            if not any(head[first::2]) and all(head[1 - first :: 2]):
                return name
    return None


def _cleaner(head: bytes) -> Clean:
    """What is to be done to the blocks of a text that begins so."""
    steps: list[Clean] = []
    for old, new in _ODD:
        if old in head:
            steps.append(lambda block, old=old, new=new: block.replace(old, new))  # type: ignore[misc]
    if _FORTRAN.search(head):
        steps.append(lambda block: _FORTRAN.sub(b"e", block))
    if _QUOTED.search(head):
        steps.append(lambda block: block.replace(b"'", b'"'))
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if sum(bool(_BRACKETED.fullmatch(line)) for line in lines) > len(lines) / 2:
        steps.append(lambda block: block.translate(None, b"[](){}"))

    def clean(block: bytes) -> bytes:
        if b"1.#" in block:
            block = _NO_NUMBER.sub(b"nan", block)
        for step in steps:
            block = step(block)
        return block

    return clean
