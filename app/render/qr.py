"""A QR code that a paper bears: an opaque code, no name and no address."""

from __future__ import annotations

import io

import segno

SCALE = 4  # points of the picture to a module of the code


def data_uri(text: str) -> str:
    """The code as a picture within a page: it is read though a quarter of it is smudged."""
    uri: str = _made(text).png_data_uri(scale=SCALE, border=2)
    return uri


def png(text: str) -> bytes:
    """The same picture as a file."""
    out = io.BytesIO()
    _made(text).save(out, kind="png", scale=SCALE, border=2)
    return out.getvalue()


def _made(text: str) -> segno.QRCode:
    return segno.make(text, error="q", micro=False)
