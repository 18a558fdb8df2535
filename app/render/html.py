"""A Table as HTML: a fragment for our pages and a document that prints by itself and asks nobody for anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from app.render import chart
from app.render.table import (
    Cell,
    Column,
    Section,
    Table,
    TextLine,
    Value,
    header,
    is_wide,
    made,
    printed,
    sentence,
)
from app.words import CONFIDENTIAL

NUMBERS = ("number", "share", "money")


def grid(table: Table, css: str = "table table--grid table--dense table--form", *, asks: bool = False) -> str:
    """The table alone, with its nested header; linked values are links. asks: with a «?» at each column."""
    parts = [f'<table class="{css}">', "<thead>", *_head(table.columns, asks=asks), "</thead>", "<tbody>"]
    parts += [_row(row, table.columns) for row in table.rows]
    parts.append("</tbody>")
    if table.total is not None:
        parts += ["<tfoot>", _row(table.total, table.columns), "</tfoot>"]
    parts.append("</table>")
    return "\n".join(parts)


def section(part: Section, asks: str = "") -> str:
    """A titled group of sentences, the figures in bold, linked where there is a list behind them. asks: a name for what
    stands under the «?» of each figure, where a page has them."""
    lines = "\n".join(
        f"<p>{_sentence(line, f'{asks}-{number}' if asks else '')}</p>" for number, line in enumerate(part.lines)
    )
    return f'<section class="form-section"><h2>{escape(part.title)}</h2>\n{lines}</section>'


def document(table: Table, *, made_by: str, made_at: datetime, pictures: Sequence[chart.Drawn] = ()) -> str:
    """A whole page to keep or to print: styles inside, nothing from outside."""
    footer = escape(made(made_by, made_at))
    orientation = "landscape" if is_wide(table) else "portrait"
    return f"""<!DOCTYPE html>
<html lang="ru"><head><meta charset="utf-8"><title>{escape(table.title)}</title>
<style>{_STYLES.replace("ORIENTATION", orientation)}</style></head>
<body>
<p class="mark">{CONFIDENTIAL}. {footer}</p>
{_sheet(table)}
{"".join(f'<div class="picture">{chart.svg(one)}</div>' for one in pictures)}
<footer class="mark">{CONFIDENTIAL}. {footer}</footer>
</body></html>
"""


def _sheet(table: Table) -> str:
    parts = [f'<p class="corner">{escape(table.corner)}</p>'] if table.corner else []
    parts.append(f"<h1>{'<br>'.join(map(escape, table.title.splitlines()))}</h1>")
    parts += [f'<p class="subtitle">{escape(line)}</p>' for line in table.subtitle.splitlines()]
    parts.append(grid(table))
    parts += [f'<p class="note">{escape(note)}</p>' for note in table.notes]
    parts += [section(part) for part in table.sections]
    if table.signatures:
        parts.append(f'<div class="signatures">{"".join(f"<p>{escape(line)}</p>" for line in table.signatures)}</div>')
    return '<div class="sheet">' + "\n".join(parts) + "</div>"


def _ask(text: str, hint: str, name: str) -> str:
    """A «?» that opens the words about a figure, without a script."""
    if not (hint and name):
        return ""
    said = escape(f"Что считается: {text}" if text else "Что считается")
    return (
        f'<button type="button" class="ask no-print" popovertarget="{name}" aria-label="{said}">?</button>'
        f'<span class="ask__text" id="{name}" popover>{escape(hint)}</span>'
    )


def _head(columns: Sequence[Column], *, asks: bool) -> list[str]:
    depth, cells = header(columns)
    rows: list[list[str]] = [[] for _ in range(depth)]
    for cell in cells:
        column = columns[cell.column]
        spans = (f' colspan="{cell.across}"' if cell.across > 1 else "") + (
            f' rowspan="{cell.down}"' if cell.down > 1 else ""
        )
        hint = _hint(column) if cell.across == 1 else ""
        scope = "colgroup" if cell.across > 1 else "col"
        # A column with a mark is asked about there: its words may stand above several columns.
        ask = _ask(cell.text, column.hint, f"ask-{cell.column}") if asks and not column.mark and hint else ""
        rows[cell.row].append(f'<th scope="{scope}"{spans}{hint}>{escape(cell.text)}{ask}</th>')
    found = [f"<tr>{''.join(row)}</tr>" for row in rows]
    if any(column.mark for column in columns):
        marks = "".join(
            f'<th scope="col"{_hint(column)}>{escape(column.mark)}'
            f"{_ask(f'графа {column.mark}', column.hint, f'ask-{place}') if asks and column.mark else ''}</th>"
            for place, column in enumerate(columns)
        )
        found.append(f'<tr class="marks">{marks}</tr>')
    return found


def _hint(column: Column) -> str:
    return f' title="{escape(column.hint)}"' if column.hint else ""


def _row(values: Sequence[Value | Cell], columns: Sequence[Column]) -> str:
    cells = []
    for value, column in zip(values, columns, strict=True):
        css = ' class="num"' if column.kind in NUMBERS else ""
        link = value.link if isinstance(value, Cell) else ""
        label = escape(column.title or column.mark)
        cells.append(f'<td{css} data-label="{label}">{_linked(printed(value, column.kind), link)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _linked(text: str, link: str) -> str:
    return f'<a href="{escape(link)}">{escape(text)}</a>' if link else escape(text)


def _sentence(line: TextLine, asks: str) -> str:
    return "".join(
        f"<b>{_linked(text, figure.link)}</b>{_ask(figure.label, figure.hint, asks and f'{asks}-{place}')}"
        if figure else escape(text)
        for place, (text, figure) in enumerate(sentence(line))
    )  # fmt: skip


_STYLES = """
@page { size: A4 ORIENTATION; margin: 10mm; }
body { font: 11pt/1.3 "Times New Roman", "Liberation Serif", serif; color: #000; background: #fff; margin: 12px; }
h1 { font-size: 14pt; text-align: center; margin: 6px 0; }
h2 { font-size: 11pt; margin: 10px 0 4px; }
p { margin: 3px 0; }
.corner { text-align: right; } .subtitle { text-align: center; } .note { font-size: 9.5pt; }
.mark { font-size: 9pt; } footer.mark { border-top: 1px solid #000; margin-top: 12px; padding-top: 4px; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; font-size: 9pt; }
th, td { border: 1px solid #000; padding: 2px 3px; vertical-align: middle; }
th { font-weight: normal; background: #eceef2; font-size: 7.5pt; }
td.num { text-align: center; } tfoot td { font-weight: bold; }
.signatures { margin-top: 14px; break-inside: avoid; }
section b { border-bottom: 1px solid #000; padding: 0 4px; }
.picture { max-width: 640px; margin: 14px 0; break-inside: avoid; }
thead { display: table-header-group; } tr { break-inside: avoid; } .sheet + .sheet { break-before: page; }
"""
