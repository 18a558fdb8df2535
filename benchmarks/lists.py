"""Every list of the registry at every address that it offers: each filter, each order both ways, each filter in each
order; the first page, one in the middle, the last. Of each list the dearest address is told, and every one that costs
more than it may. A reduced form asks the commonest value of each filter and each order, on the first page and the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any
from urllib.parse import urlencode

from app import access
from app.crud import RegistryView
from app.crud.listing import COUNTED
from app.domain import names
from app.filters import Address, Filter
from app.models import Family
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Line, Section, clock
from benchmarks.pages import DAYS, NOBODY, PAGE, Reader

MOST = 150  # milliseconds of a page of a list, whatever it is asked
AGAIN, TIMES = 0.8 * MOST, 3  # what costs nearly that much once is measured so many times more
CHOICES = 8  # values of a filter that are asked, where it offers more
STRETCHES = (DAYS, (TODAY.replace(day=1).isoformat(), ""), ("", f"{TODAY.year - 5}-12-31"), ("2000-01-01", ""))
Asked = dict[str, Any]


def measure(bank: Bank, views: Sequence[RegistryView] | None = None, *, every: bool = True) -> Section:
    """A line for each list: its dearest address. every: of all its addresses, else of the reduced form."""
    reader = Reader(bank, 0)
    which = "Все адреса" if every else "Главные адреса"
    section = Section(f"{which} списков: отборы, порядки, страницы (каждый не дороже {MOST} мс)")
    for view in registries(bank) if views is None else views:
        times = {url: _time(reader, url) for url in addresses(bank, view, every=every)}
        dearest = max(times, key=lambda url: times[url])
        times[dearest] = median([_once(reader, dearest) for _ in range(TIMES)])
        said = f"адресов {len(times)}, дороже всех {dearest.partition('?')[2] or 'первая страница'}"
        section.lines.append(Line(str(bank.said(view.list_title)), times[dearest], note=said))
        section.notes += [f"ДОРОЖЕ {MOST} мс: {took:.0f} мс {url}" for url, took in times.items() if took > MOST]
    return section


def registries(bank: Bank) -> list[RegistryView]:
    """The lists of the registry."""
    views = bank.app.appbuilder.baseviews  # type: ignore[attr-defined]  # FAB hangs itself on the application
    return [view for view in views if isinstance(view, RegistryView)]


def addresses(bank: Bank, view: RegistryView, *, every: bool = True) -> list[str]:
    """Everything that a list may be asked; or the commonest of it."""
    filtered = list(_filtered(bank, view))
    ordered = [{f"_oc_{view.endpoint}": name, f"_od_{view.endpoint}": way}
               for name in view.order_columns for way in ("asc", "desc")]  # fmt: skip
    pages = _pages(bank, view)
    commonest = {next(iter(one)): one for one in reversed(filtered)}  # the first value of each filter
    if every:
        asked = [one | page for one in ({}, *filtered, *ordered) for page in pages]
        asked += [one | order for one in commonest.values() for order in ordered]
    else:
        asked = [one | page for one in ({}, *commonest.values(), *ordered) for page in (pages[0], *pages[1:][-1:])]
    return [f"{view.route_base}/list/?{urlencode(one)}" for one in asked]


def _pages(bank: Bank, view: RegistryView) -> list[Asked]:
    """The first page, one in the middle, the last; a short list is one page."""
    key, rows = f"page_{view.endpoint}", min(_read(bank, view, "SELECT count(*) FROM {table}")[0], COUNTED)
    last = (rows - 1) // PAGE
    return [{}, {key: last // 2}, {key: last}] if last > 1 else [{}]


def _filtered(bank: Bank, view: RegistryView) -> Iterator[Asked]:
    """Some values of each filter, the commonest first."""
    with bank.app.test_request_context(), access.unrestricted():
        offered = view.filters_of(Address("/"))
    for one in offered:
        if one.kind == "date":
            yield from ({one.key: since, one.until_key: until} for since, until in STRETCHES)
        else:
            yield from ({one.key: value} for value in _values(bank, view, one))


def _values(bank: Bank, view: RegistryView, one: Filter) -> list[Any]:
    stored = _stored(bank, view, one.name)
    if one.choices:
        every = [code for code, _title in one.choices]
        first = [str(value) for value in stored if str(value) in every]
        return list(dict.fromkeys([*first[:CHOICES], *every]))[:CHOICES]
    if one.kind == "number":
        return [*_some(stored), 60]
    if one.kind == "text":
        said = [str(value) for value in _some(stored)]
        return [*said, *(value[1:4] for value in said), NOBODY, names.key(NOBODY)]
    return _some(stored)


def _some(values: Sequence[Any]) -> list[Any]:
    """The commonest, one between, the rarest."""
    return list(dict.fromkeys([values[0], values[len(values) // 2], values[-1]])) if values else []


def _stored(bank: Bank, view: RegistryView, name: str) -> list[Any]:
    """What the rows hold that a filter asks for, the commonest first; nothing where it is no column of theirs."""
    columns = view.entity.__table__.c
    known = name if name in columns else f"{name}_id"
    if known in columns:
        query = f"SELECT {known} FROM {{table}} WHERE {known} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC"
        return _read(bank, view, query)
    if view.entity is Family and name in ELSEWHERE:
        return _read(bank, view, ELSEWHERE[name])
    return []


# Filters of the families that ask other tables.
ELSEWHERE = {
    "last_name": "SELECT last_name FROM member GROUP BY 1 ORDER BY count(*) DESC",
    "mentor": "SELECT employee_id FROM mentor WHERE ended_on IS NULL GROUP BY 1 ORDER BY count(*) DESC",
}


def _read(bank: Bank, view: RegistryView, query: str) -> list[Any]:
    plain = bank.plain()
    found = [row[0] for row in plain.execute(query.format(table=view.entity.__tablename__))]
    plain.close()
    return found


def _time(reader: Reader, url: str) -> float:
    """Milliseconds of a page; the median of several visits if the first one is dear."""
    took = _once(reader, url)
    return took if took < AGAIN else median([_once(reader, url) for _ in range(TIMES)])


def _once(reader: Reader, url: str) -> float:
    started = clock()
    answer = reader.browser.get(url)
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    return (clock() - started) * 1000
