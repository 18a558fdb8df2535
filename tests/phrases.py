"""Passphrases that open at once: a real one is slow to try on purpose."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyrage


class QuickPhrases:
    """Closes by a key for each phrase. That the library opens what it has closed by a phrase is asked of itself in
    tests/screens/test_transfer_files.py."""

    def __init__(self) -> None:
        self.keys: defaultdict[str, Any] = defaultdict(pyrage.x25519.Identity.generate)

    def encrypt(self, content: bytes, phrase: str) -> bytes:
        return bytes(pyrage.encrypt(content, [self.keys[phrase].to_public()]))

    def decrypt(self, content: bytes, phrase: str) -> bytes:
        return bytes(pyrage.decrypt(content, [self.keys[phrase]]))
