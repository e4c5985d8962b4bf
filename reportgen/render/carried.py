"""The results that a page carries as inert data: ``results.json``, compressed, in a link that saves it."""

from __future__ import annotations

import base64
import gzip
import io
import re
import zlib

from reportgen.contract.formats import FILES

NAME = f"{FILES['json']}.gz"
"""What a browser saves it as."""
_TYPE = "data:application/gzip;base64,"
_LINK = re.compile(rf'<a href="{_TYPE}([A-Za-z0-9+/=]*)" download="{re.escape(NAME)}">'.encode())
_GZIP = 16 + zlib.MAX_WBITS


class CarriedError(ValueError):
    """A page does not have its results as it should."""


def address(results: bytes) -> str:
    """Return the content of ``results.json`` as a ``data:`` address; the same content gives the same address."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as file:
        file.write(results)
    return _TYPE + base64.b64encode(packed.getvalue()).decode("ascii")


def carried(page: bytes, most: int) -> bytes | None:
    """Return the content of ``results.json`` in a page; None if it carries none, as with a custom template.

    Parameters
    ----------
    page
        ``report.html``.
    most
        Bytes that the results may have.

    Raises
    ------
    CarriedError
        It carries results more than once, too large, or damaged.
    """
    found = _LINK.findall(page)
    if len(found) > 1:
        raise CarriedError(f"has {NAME} {len(found)} times")
    if not found:
        return None
    unpacker = zlib.decompressobj(_GZIP)
    try:
        content = unpacker.decompress(base64.b64decode(found[0], validate=True), most)
    except (ValueError, zlib.error) as error:
        raise CarriedError(f"has a damaged {NAME} ({error})") from error
    if unpacker.unconsumed_tail:
        raise CarriedError(f"has results larger than {most // 2**20:,} MB")
    if not unpacker.eof:
        raise CarriedError(f"has a damaged {NAME} (it is cut)")
    return content
