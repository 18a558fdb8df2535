"""Pages a person opens all day: the list of families, a family, search. Beside each, the rows it shows by plain SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from app.domain.terms import Role
from app.extensions import db
from benchmarks.bank import Bank
from benchmarks.measure import Line, Section, counting, milliseconds

LIST, PAGE = "/familyregistry/list/", 25
ROWS_OF_LIST = """
    SELECT family.id, family.number, family.name, territory.name, family.actual_address, family.version
    FROM family JOIN territory ON territory.id = family.territory_id
    WHERE family.annulled_at IS NULL AND family.territory_id IN ({territories}) {where}
    ORDER BY {order} LIMIT 25 OFFSET {offset}
"""
COUNT_OF_LIST = "SELECT count(*) FROM family WHERE annulled_at IS NULL AND territory_id IN ({territories}) {where}"
PARTS_OF_FAMILY = (
    "SELECT * FROM family WHERE id = ?",
    "SELECT * FROM member WHERE family_id = ? AND annulled_at IS NULL",
    "SELECT * FROM identity_document WHERE family_id = ? AND annulled_at IS NULL",
    "SELECT * FROM education WHERE family_id = ? AND annulled_at IS NULL",
    "SELECT * FROM pupil_support WHERE family_id = ? AND annulled_at IS NULL",
    "SELECT * FROM supervision WHERE family_id = ? AND annulled_at IS NULL",
    "SELECT * FROM decision WHERE family_id = ? AND annulled_at IS NULL",
    "SELECT * FROM registration WHERE family_id = ? AND annulled_at IS NULL",
    "SELECT * FROM registration_criterion WHERE family_id = ?",
    "SELECT * FROM aid WHERE family_id = ? AND annulled_at IS NULL ORDER BY given_on DESC LIMIT 10",
    "SELECT * FROM paper WHERE family_id = ? AND annulled_at IS NULL",
    "SELECT * FROM mentor WHERE family_id = ? AND annulled_at IS NULL",
)
BY_WORD = """
    SELECT id, number, name, actual_address FROM family
    WHERE annulled_at IS NULL AND {words} ORDER BY sort_key LIMIT 50
"""
WORD = "id IN (SELECT family_id FROM search_word WHERE word >= ? AND word <= ? || char(1114111))"
PART = "search_key LIKE '%' || ? || '%'"


def measure(bank: Bank, runs: int) -> Section:
    """The pages as the coordinator of the whole bank sees them."""
    section = Section("Страницы (координатор всего банка)")
    client = bank.sign_in(Role.COORDINATOR)
    plain = bank.plain()
    territories = [row[0] for row in plain.execute("SELECT id FROM territory")]
    settlement = plain.execute("SELECT territory_id FROM family GROUP BY 1 ORDER BY count(*) DESC").fetchone()[0]
    families = plain.execute("SELECT count(*) FROM family").fetchone()[0]
    deep = families // PAGE * 4 // 5

    def page(title: str, url: str, bare: Callable[[], Any] | None = None) -> None:
        section.lines.append(visit(bank, client, title, url, runs, bare))

    def rows(order: str = "sort_key, family.id", offset: int = 0, where: str = "") -> Callable[[], Any]:
        values = {"territories": ",".join(map(str, territories)), "order": order, "offset": offset, "where": where}
        queries = [query.format(**values) for query in (ROWS_OF_LIST, COUNT_OF_LIST)]
        return lambda: [plain.execute(query).fetchall() for query in queries]

    page("Список семей: первая страница", LIST, rows())
    page(f"Список семей: страница {deep}", f"{LIST}?page_FamilyRegistry={deep}", rows(offset=deep * PAGE))
    page("Список семей: по номеру, с конца",
         f"{LIST}?_oc_FamilyRegistry=number&_od_FamilyRegistry=desc", rows("number DESC, family.id DESC"))  # fmt: skip
    page("Список семей: одно поселение", f"{LIST}?_flt_0_territory={settlement}",
         rows(where=f"AND family.territory_id = {settlement}"))  # fmt: skip
    ordinary = ordinary_family(bank)
    page("Страница семьи", f"/family/{ordinary}",
         lambda: [plain.execute(query, (ordinary,)).fetchall() for query in PARTS_OF_FAMILY])  # fmt: skip
    for title, query in words(bank):
        found = [word.replace("ё", "е") for word in query.lower().split()]
        page(f"Поиск: {title}", f"/search?q={query}", _search(plain, found, inner="часть" in title))
    page("Первая страница координатора", "/")
    plain.close()
    return section


def visit(bank: Bank, client: FlaskClient, title: str, url: str, runs: int,
          bare: Callable[[], Any] | None = None) -> Line:  # fmt: skip
    """Open a page some times; a page that is not there gives a line that says so."""
    answer = client.get(url)
    if answer.status_code == 404:
        return Line(title, note="такой страницы нет")
    assert answer.status_code in (200, 302), f"{url}: {answer.status_code}"
    with bank.app.app_context():
        engine = db.engine
    with counting(engine) as sent:
        client.get(url)
    return Line(title, *milliseconds(lambda: client.get(url), runs, bare), len(sent))


def ordinary_family(bank: Bank) -> int:
    """A family of an ordinary size: four members, on record, with some aid."""
    with bank.plain() as plain:
        found = plain.execute(
            """
            SELECT f.id FROM family f JOIN registration r ON r.family_id = f.id AND r.removed_on IS NULL
            WHERE f.stated_size = 4 AND f.id > (SELECT max(id) / 3 FROM family)
              AND (SELECT count(*) FROM aid WHERE family_id = f.id) BETWEEN 2 AND 4
            ORDER BY f.id LIMIT 1
            """
        ).fetchone()
    plain.close()
    return int(found[0])


def words(bank: Bank) -> list[tuple[str, str]]:
    """What is looked for: a rare and a common surname, a name with a surname, a part of a word."""
    with bank.plain() as plain:
        by_frequency = [
            row[0]
            for row in plain.execute("SELECT last_name FROM member GROUP BY 1 ORDER BY count(*), last_name").fetchall()
        ]
        first = plain.execute(
            "SELECT first_name FROM member WHERE last_name = ? LIMIT 1", (by_frequency[-1],)
        ).fetchone()[0]
    plain.close()
    common = by_frequency[-1]
    return [
        ("редкое слово", by_frequency[0]),
        ("частое слово", common),
        ("два слова", f"{common} {first}"),
        ("часть слова", common[2:-1]),
    ]


def _search(plain: Any, found: list[str], *, inner: bool) -> Callable[[], Any]:
    if inner:
        query, values = BY_WORD.format(words=" AND ".join([PART] * len(found))), tuple(found)
    else:
        query, values = BY_WORD.format(words=" AND ".join([WORD] * len(found))), tuple(w for w in found for _ in (0, 1))
    return lambda: plain.execute(query, values).fetchall()
