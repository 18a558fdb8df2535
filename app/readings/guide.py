"""The guide: a page of steps for each task, written as Markdown in `docs/guide` and shown by the program too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "guide"
PICTURES = "pictures"
INDEX = "README"  # the page that names the others: read first, in a repository as in the program

_ABOUT = re.compile(r"\A<!-- about:([^>]*)-->\s*")
_TITLE = re.compile(r"\A# (.+)\n")
_PICTURE = re.compile(r"!\[[^\]]*\]\(pictures/([\w-]+\.png)\)")


@dataclass(frozen=True)
class GuidePage:
    """One task. about: the screens that it concerns, by their endpoints; text: Markdown without the title."""

    name: str
    title: str
    about: tuple[str, ...]
    text: str

    @property
    def html(self) -> Markup:
        """The steps as a page shows them; HTML that stands in the text is shown, not obeyed."""
        return Markup(MarkdownIt("commonmark", {"html": False}).render(self.text))  # noqa: S704  it escapes

    @property
    def pictures(self) -> list[str]:
        """The pictures of the steps, in order."""
        return _PICTURE.findall(self.text)


@cache
def pages() -> dict[str, GuidePage]:
    """Every page of the guide by the name of its file, the index among them."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.md"))}


@cache
def about(endpoint: str | None) -> str | None:
    """The page that helps on a screen, if there is one."""
    return next((page.name for page in pages().values() if endpoint in page.about), None)


def _read(path: Path) -> GuidePage:
    text = path.read_text(encoding="utf-8")
    found = _ABOUT.match(text)
    text = text[found.end() :] if found else text
    title = _TITLE.match(text)
    if title is None:
        raise ValueError(f"{path.name}: begin with a title")
    return GuidePage(path.stem, title[1], tuple(found[1].split()) if found else (), text[title.end() :])
