"""A QR code that a paper bears: an opaque code, no name and no address."""

from __future__ import annotations

import segno

SCALE = 4  # points of the picture to a module of the code


def data_uri(text: str) -> str:
    """The code as a picture within a page: it is read though a quarter of it is smudged."""
    uri: str = segno.make(text, error="q", micro=False).png_data_uri(scale=SCALE, border=2)
    return uri
