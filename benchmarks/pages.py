"""Pages a person opens all day: first pages, lists, families, search. Beside each, the same rows in Django admin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient

from app.crud import RegistryView
from app.domain import names
from app.domain.terms import Role
from app.extensions import db
from app.models import Family
from app.readings import kept
from benchmarks import admin
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Line, Section, counting, milliseconds

LIST, PAGE = "/familyregistry/list/", 25
NOBODY = "Щщщщ"  # a name of nobody, in all of the bank
Asked = tuple[str, dict[str, Any], dict[str, Any] | None]  # a title, what our list is asked, what Django's is
DAYS = f"{TODAY.year - 1}-01-01", f"{TODAY.year - 1}-12-31"


class Reader:
    """Whoever opens pages of a bank and the same pages of Django admin, and how often."""

    def __init__(self, bank: Bank, runs: int, role: Role = Role.COORDINATOR) -> None:
        self.bank, self.runs, self.browser = bank, runs, bank.sign_in(role)
        self.admin = admin.opened(bank.file)

    def line(self, title: str, url: str, beside: str = "", before: Callable[[], Any] = lambda: None) -> Line:
        """One page; beside: its address in Django admin; before: as `visit`."""
        bare = admin.visit(self.admin, beside) if beside else None
        return visit(self.bank, self.browser, title, url, self.runs, bare, before)


def first_pages(bank: Bank, runs: int) -> Section:
    """The first page of each role, and the same when the server keeps nothing of what it has counted."""
    readers = {str(role.value): Reader(bank, runs, role) for role in Role}
    lines = [reader.line(role, "/") for role, reader in readers.items()]
    lines += [reader.line(f"{role}, ничего не сосчитано", "/", before=kept.answers.clear)
              for role, reader in readers.items()]  # fmt: skip
    return Section("Первые страницы ролей", lines=lines)


def lists(bank: Bank, runs: int) -> Section:
    """The first page of every list of the registry, that of families apart."""
    reader = Reader(bank, runs)
    section = Section("Списки реестра (координатор всего банка)", "Django")
    for view in bank.app.appbuilder.baseviews:  # type: ignore[attr-defined]  # FAB hangs itself on the application
        if isinstance(view, RegistryView) and view.entity is not Family:
            title = str(bank.said(view.list_title))
            section.lines.append(reader.line(title, f"{view.route_base}/list/", admin.address(view.entity)))
    return section


def families(bank: Bank, runs: int) -> Section:
    """The list of families: pages, orders, tabs and filters."""
    reader, beside = Reader(bank, runs), admin.address(Family)
    section = Section("Список семей (координатор всего банка)", "Django")
    deep = _one(bank, "SELECT count(*) FROM family") // PAGE * 4 // 5
    of_list: list[Asked] = [
        ("первая страница", {}, {}),
        (f"страница {deep + 1}", {"page_FamilyRegistry": deep}, {"p": deep + 1}),
        ("по номеру, с конца", {"_oc_FamilyRegistry": "number", "_od_FamilyRegistry": "desc"}, {"o": "-1"}),
    ]
    for title, asked, known in (*of_list, *filtered(bank)):
        address = "" if known is None else f"{beside}?{urlencode(known)}"
        section.lines.append(reader.line(title, f"{LIST}?{urlencode(asked)}", address))
    return section


def filtered(bank: Bank) -> Iterator[Asked]:
    """Each filter of the list: what it is called, what it asks of our list, and of Django's where that has it."""
    place = _one(bank, "SELECT territory_id FROM family GROUP BY 1 ORDER BY count(*) DESC")
    mentor = _one(bank, "SELECT employee_id FROM mentor WHERE ended_on IS NULL GROUP BY 1 ORDER BY count(*) DESC")
    code = "2.1"
    criterion = _one(bank, "SELECT id FROM criterion WHERE code = ?", code)
    category = _one(bank, "SELECT category_id FROM family_categories GROUP BY 1 ORDER BY count(*) DESC")
    common = words(bank)[1][1]

    def asked(**values: Any) -> dict[str, Any]:
        return {f"_flt_0_{name}": value for name, value in values.items()}

    yield "на учёте", asked(state="on"), {"state": "on"}
    yield "сняты", asked(state="removed"), {"state": "removed"}
    yield "на учёте по критерию", asked(state="on", criterion=criterion), {"state": "on", "criterion": code}
    yield "на учёте, без помощи 60 дней", asked(state="on", without_aid=60), None
    yield "одно поселение", asked(territory=place), {"territory__id__exact": place}
    yield "критерий", asked(criterion=criterion), {"criterion": code}
    yield "категория", asked(categories=category), {"categories__id__exact": category}
    yield "фамилия", asked(last_name=common), {"q": names.key(common)}
    yield "никого с такой фамилией", asked(last_name=NOBODY), {"q": names.key(NOBODY)}
    yield "наставник", asked(mentor=mentor), None
    yield "без помощи 60 дней", asked(without_aid=60), None
    yield "без контакта 60 дней", asked(without_contact=60), None
    yield "срок прошёл", asked(overdue="1"), None
    yield "поставлены за год", {**asked(registered_on=DAYS[0]), "_flt_1_registered_on": DAYS[1]}, None
    yield "на учёте на прошлый день", asked(on=DAYS[0]), None
    yield "сняты за год", {**asked(removed_on=DAYS[0]), "_flt_1_removed_on": DAYS[1]}, None
    yield "номер", asked(number="0001"), None
    yield "адрес", asked(actual_address="Набережная"), None
    yield "без членов семьи", asked(missing="members"), None


def search(bank: Bank, runs: int) -> Section:
    """Families by words: our search by the beginnings of words, Django's by any part of the same key."""
    reader = Reader(bank, runs)
    section = Section("Поиск (координатор всего банка)", "Django")
    for title, query in words(bank):
        known = urlencode({"q": names.key(query)})
        section.lines.append(
            reader.line(title, f"/search?{urlencode({'q': query})}", f"{admin.address(Family)}?{known}")
        )
    return section


def family(bank: Bank, runs: int) -> Section:
    """The page of an ordinary family."""
    reader, key = Reader(bank, runs), ordinary_family(bank)
    section = Section("Страница семьи (координатор всего банка)", "Django")
    section.lines.append(reader.line("Страница семьи", f"/family/{key}", admin.family(key)))
    section.lines.append(reader.line("Лента семьи", f"/family/{key}/timeline"))
    section.lines.append(reader.line("История семьи", f"/family/{key}/history"))
    return section


def visit(bank: Bank, client: FlaskClient, title: str, url: str, runs: int,
          bare: Callable[[], Any] | None = None, before: Callable[[], Any] = lambda: None) -> Line:  # fmt: skip
    """Open a page some times and count what it asks the last time; before: what is made ready for each time."""
    with bank.app.app_context():
        engine = db.engine
    with counting(engine) as sent:

        def opening() -> None:
            sent.clear()
            status = client.get(url).status_code
            assert status == 200, f"{url}: {status}"

        times = milliseconds(opening, runs, bare, before)
    return Line(title, *times, len(sent))


def _one(bank: Bank, query: str, *values: Any) -> Any:
    """The first value of a query."""
    plain = bank.plain()
    found = plain.execute(query, values).fetchone()
    plain.close()
    return found[0]


def ordinary_family(bank: Bank) -> int:
    """A family of an ordinary size: four members, on record, with some aid."""
    return int(_one(
        bank,
        """
        SELECT f.id FROM family f JOIN registration r ON r.family_id = f.id AND r.removed_on IS NULL
        WHERE f.stated_size = 4 AND f.id > (SELECT max(id) / 3 FROM family)
          AND EXISTS (SELECT 1 FROM aid WHERE family_id = f.id)
        ORDER BY abs((SELECT count(*) FROM aid WHERE family_id = f.id) - 4), f.id LIMIT 1
        """,
    ))  # fmt: skip


def words(bank: Bank) -> list[tuple[str, str]]:
    """What is looked for: a rare and a common surname, a name with a surname, a part of a word, nobody."""
    plain = bank.plain()
    by_frequency = [
        row[0] for row in plain.execute("SELECT last_name FROM member GROUP BY 1 ORDER BY count(*), last_name")
    ]
    plain.close()
    common = by_frequency[-1]
    first = _one(bank, "SELECT first_name FROM member WHERE last_name = ? LIMIT 1", common)
    return [
        ("редкое слово", by_frequency[0]),
        ("частое слово", common),
        ("два слова", f"{common} {first}"),
        ("часть слова", common[2:-1]),
        ("никого", NOBODY),
    ]
