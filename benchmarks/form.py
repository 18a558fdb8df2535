"""The quarterly form beside its bare aggregate SQL, written by hand: it times the product and checks its figures.

The statements below know nothing of the product's code, only of its tables and of what the form says.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from app.domain import ages, periods
from app.domain.terms import Role
from app.extensions import db
from benchmarks.bank import TODAY, Bank
from benchmarks.measure import Line, Section, counting, milliseconds
from benchmarks.pages import visit

ON_RECORD_AT_END = "r.registered_on <= :end AND (r.removed_on IS NULL OR r.removed_on > :end)"
ON_RECORD_AT_START = "r.registered_on <= :eve AND (r.removed_on IS NULL OR r.removed_on > :eve)"
# The plus keeps SQLite from walking the members in the order of their birth dates: from the stays to the members is the
# shorter way, and the comparison should be with the best plan.
CHILD_AT_END = """
    +m.born_on <= :end AND +m.born_on > :adult_at_end
    AND (m.joined_on IS NULL OR m.joined_on <= :end) AND (m.left_on IS NULL OR m.left_on > :end)
"""
CHILD_AT_START = """
    m.born_on <= :eve AND m.born_on > :adult_at_start
    AND (m.joined_on IS NULL OR m.joined_on <= :eve) AND (m.left_on IS NULL OR m.left_on > :eve)
"""
# A child on a day that stands in a column: full years by the figures of the dates.
CHILD_ON = """
    m.born_on <= {day} AND (m.joined_on IS NULL OR m.joined_on <= {day}) AND (m.left_on IS NULL OR m.left_on > {day})
    AND (m.born_on > :adult_at_end
         OR CAST(strftime('%Y%m%d', {day}) AS INTEGER) - CAST(strftime('%Y%m%d', m.born_on) AS INTEGER) < 180000)
"""

# Signal cards; what record cards say counts where no signal card brought the family to that stay.
CARDS = """
    SELECT territory_id, code, count(*) FROM (
        SELECT coalesce(f.territory_id, c.territory_id) AS territory_id, coalesce(k.code, '5.9') AS code
        FROM signal_card c LEFT JOIN family f ON f.id = c.family_id AND f.annulled_at IS NULL
        LEFT JOIN agency a ON a.id = c.agency_id LEFT JOIN agency_kind k ON k.id = a.kind_id
        WHERE c.annulled_at IS NULL AND c.sent_on BETWEEN :start AND :end
        UNION ALL
        SELECT f.territory_id, k.code
        FROM registration r JOIN family f ON f.id = r.family_id
        JOIN agency a ON a.id = r.sender_id JOIN agency_kind k ON k.id = a.kind_id
        WHERE r.annulled_at IS NULL AND f.annulled_at IS NULL AND r.card_sent_on BETWEEN :start AND :end
          AND NOT EXISTS (
              SELECT 1 FROM signal_card c WHERE c.family_id = r.family_id AND c.annulled_at IS NULL
                AND c.sent_on <= r.registered_on
                AND NOT EXISTS (SELECT 1 FROM registration e WHERE e.family_id = r.family_id AND e.id <> r.id
                                AND e.annulled_at IS NULL AND e.removed_on > c.sent_on
                                AND e.removed_on <= r.registered_on))
    )
    GROUP BY 1, 2
"""
FAMILIES = f"""
    SELECT f.territory_id,
           sum({ON_RECORD_AT_START}), sum(r.registered_on BETWEEN :start AND :end),
           sum(r.removed_on BETWEEN :start AND :end),
           sum(r.removed_on BETWEEN :start AND :end AND (w.code = '11.1')),
           sum(r.removed_on BETWEEN :start AND :end AND (w.code = '11.2')),
           sum(r.removed_on BETWEEN :start AND :end AND (w.code = '11.3')),
           sum(r.removed_on BETWEEN :start AND :end AND (w.code LIKE '11.4%')),
           sum({ON_RECORD_AT_END}),
           sum(({ON_RECORD_AT_END}) AND c.code LIKE '2.1%'), sum(({ON_RECORD_AT_END}) AND c.code LIKE '2.2%'),
           sum(({ON_RECORD_AT_END}) AND c.code LIKE '2.3%'), sum(({ON_RECORD_AT_END}) AND c.code LIKE '2.4%'),
           sum(({ON_RECORD_AT_END}) AND c.code LIKE '2.5%')
    FROM registration r JOIN family f ON f.id = r.family_id
    LEFT JOIN registration_criterion rc ON rc.registration_id = r.id AND rc.position = 0 AND rc.annulled_at IS NULL
        AND rc.since <= :end AND (rc.until IS NULL OR rc.until > :end)
    LEFT JOIN criterion c ON c.id = rc.criterion_id
    LEFT JOIN removal_reason w ON w.id = r.removal_reason_id
    WHERE r.annulled_at IS NULL AND f.annulled_at IS NULL
      AND r.registered_on <= :end AND (r.removed_on IS NULL OR r.removed_on >= :start)
    GROUP BY 1
"""
FAMILY_KEYS = ("6", "8", "10", "11.1", "11.2", "11.3", "11.4", "12", "13", "14", "15", "16", "17")
CATEGORIES = f"""
    SELECT f.territory_id, k.appendix4_flag, count(DISTINCT f.id)
    FROM registration r JOIN family f ON f.id = r.family_id
    JOIN family_categories fc ON fc.family_id = f.id JOIN family_category k ON k.id = fc.category_id
    WHERE r.annulled_at IS NULL AND f.annulled_at IS NULL AND {ON_RECORD_AT_END} AND k.appendix4_flag IS NOT NULL
    GROUP BY 1, 2
"""
CHILDREN = f"""
    SELECT f.territory_id,
           sum({ON_RECORD_AT_START} AND {CHILD_AT_START}),
           sum(r.registered_on BETWEEN :start AND :end AND {CHILD_ON.format(day="r.registered_on")}),
           sum({ON_RECORD_AT_END} AND {CHILD_AT_END}),
           sum({ON_RECORD_AT_END} AND {CHILD_AT_END} AND m.born_on > :six),
           sum({ON_RECORD_AT_END} AND {CHILD_AT_END} AND m.born_on <= :six AND m.born_on > :fourteen),
           sum({ON_RECORD_AT_END} AND {CHILD_AT_END} AND m.born_on <= :fourteen),
           sum({ON_RECORD_AT_END} AND {CHILD_AT_END} AND poor),
           sum(r.removed_on BETWEEN :start AND :end AND line = 'success'
               AND {CHILD_ON.format(day="r.removed_on")}),
           sum(r.removed_on BETWEEN :start AND :end AND line = 'without_care'
               AND {CHILD_ON.format(day="r.removed_on")})
    FROM (SELECT r.*, w.children_line AS line,
                 EXISTS (SELECT 1 FROM family_categories fc JOIN family_category k ON k.id = fc.category_id
                         WHERE fc.family_id = r.family_id AND k.appendix4_flag = 'low_income') AS poor
          FROM registration r LEFT JOIN removal_reason w ON w.id = r.removal_reason_id
          WHERE r.annulled_at IS NULL AND r.registered_on <= :end
            AND (r.removed_on IS NULL OR r.removed_on >= :start)) r
    JOIN family f ON f.id = r.family_id JOIN member m ON m.family_id = f.id
    WHERE f.annulled_at IS NULL AND m.annulled_at IS NULL AND +m.born_on <= :end AND +m.born_on > :adult_at_start
    GROUP BY 1
"""
CHILD_KEYS = ("7", "9", "18", "2.1 0-6", "2.1 6-14", "2.1 14-18", "2.3 all", "removed children success",
              "removed children without_care")  # fmt: skip
EDUCATION = f"""
    SELECT f.territory_id, s.name, count(*)
    FROM registration r JOIN family f ON f.id = r.family_id JOIN member m ON m.family_id = f.id
    JOIN education e ON e.member_id = m.id AND e.annulled_at IS NULL AND e.started_on =
        (SELECT max(started_on) FROM education
         WHERE member_id = m.id AND annulled_at IS NULL AND started_on <= :end)
    JOIN education_status s ON s.id = e.status_id
    WHERE r.annulled_at IS NULL AND f.annulled_at IS NULL AND m.annulled_at IS NULL
      AND {ON_RECORD_AT_END} AND {CHILD_AT_END} AND (e.ended_on IS NULL OR e.ended_on > :end)
    GROUP BY 1, 2
"""
SUPPORT = f"""
    SELECT f.territory_id,
           count(DISTINCT CASE WHEN p.free_meals THEN m.id END),
           count(DISTINCT CASE WHEN p.free_textbooks THEN m.id END),
           count(DISTINCT CASE WHEN p.leisure THEN m.id END),
           count(DISTINCT CASE WHEN p.holidays IS NOT NULL THEN m.id END),
           count(DISTINCT CASE WHEN p.holidays = 'day_camp' THEN m.id END),
           count(DISTINCT CASE WHEN p.holidays = 'away_camp' THEN m.id END),
           count(DISTINCT CASE WHEN p.holidays = 'clubs' THEN m.id END),
           count(DISTINCT CASE WHEN p.holidays = 'work' THEN m.id END)
    FROM registration r JOIN family f ON f.id = r.family_id JOIN member m ON m.family_id = f.id
    JOIN pupil_support p ON p.member_id = m.id AND p.annulled_at IS NULL AND p.year = :year AND p.quarter = :quarter
    WHERE r.annulled_at IS NULL AND f.annulled_at IS NULL AND m.annulled_at IS NULL
      AND {ON_RECORD_AT_END} AND {CHILD_AT_END}
    GROUP BY 1
"""
SUPPORT_KEYS = ("2.4 meals", "2.4 textbooks", "2.5", "2.6 all", "2.6 лагерь дневного пребывания",
                "2.6 выездной лагерь", "2.6 кружки и секции по месту жительства", "2.6 трудоустройство")  # fmt: skip
AID = """
    SELECT f.territory_id,
           count(DISTINCT CASE WHEN k.appendix4_line = '1.2_legal' THEN f.id END),
           count(DISTINCT CASE WHEN k.appendix4_line = '1.2_address_aid' AND ak.code = '5.2' THEN f.id END),
           sum(CASE WHEN k.appendix4_line = '1.2_address_aid' AND ak.code = '5.2' THEN a.amount END)
    FROM aid a JOIN family f ON f.id = a.family_id JOIN aid_kind k ON k.id = a.kind_id
    LEFT JOIN agency p ON p.id = a.performer_id LEFT JOIN agency_kind ak ON ak.id = p.kind_id
    WHERE a.annulled_at IS NULL AND f.annulled_at IS NULL AND a.given_on BETWEEN :start AND :end
      AND EXISTS (SELECT 1 FROM registration r WHERE r.family_id = f.id AND r.annulled_at IS NULL
                  AND r.registered_on <= a.given_on AND (r.removed_on IS NULL OR r.removed_on > a.given_on))
    GROUP BY 1
"""
AID_KEYS = ("1.2 legal", "1.2 address families", "1.2 address amount")
EMPLOYED = """
    SELECT f.territory_id, count(DISTINCT m.id)
    FROM aid a JOIN family f ON f.id = a.family_id JOIN aid_kind k ON k.id = a.kind_id
    JOIN aid_recipients ar ON ar.aid_id = a.id JOIN member m ON m.id = ar.member_id
    WHERE a.annulled_at IS NULL AND f.annulled_at IS NULL AND a.given_on BETWEEN :start AND :end
      AND k.appendix4_line = '1.2_employed' AND m.born_on <= :adult_at_start
      AND EXISTS (SELECT 1 FROM registration r WHERE r.family_id = f.id AND r.annulled_at IS NULL
                  AND r.registered_on <= a.given_on AND (r.removed_on IS NULL OR r.removed_on > a.given_on))
    GROUP BY 1
"""

Figures = dict[tuple[str, int], float]


def figures(plain: Any, period: periods.Period) -> Figures:
    """The figures of the form by hand: {(key, territory id): number}, zeros left out."""
    days = _days(period)
    found: Figures = defaultdict(float)
    for territory_id, code, number in plain.execute(CARDS, days):
        found[code, territory_id] += number
        found["4", territory_id] += number
    for prefix, query in (("1.1 ", CATEGORIES), ("2.2 ", EDUCATION)):
        for territory_id, name, number in plain.execute(query, days):
            found[prefix + name, territory_id] = number
    for keys, query in ((FAMILY_KEYS, FAMILIES), (CHILD_KEYS, CHILDREN), (SUPPORT_KEYS, SUPPORT), (AID_KEYS, AID),
                        (("1.2 employed",), EMPLOYED)):  # fmt: skip
        for territory_id, *numbers in plain.execute(query, days):
            for key, number in zip(keys, numbers, strict=True):
                found[key, territory_id] = number or 0
    for (key, territory_id), number in list(found.items()):
        if key == "1.2 address amount":
            found[key, territory_id] = number / 100
    return {place: number for place, number in found.items() if number}


def _days(period: periods.Period) -> dict[str, Any]:
    year, quarter = periods.quarter_of(period.start)
    days = {
        "start": period.start,
        "eve": period.eve,
        "end": period.end,
        "adult_at_start": ages.years_before(period.eve, ages.MAJORITY),
        "adult_at_end": ages.years_before(period.end, ages.MAJORITY),
        "six": ages.years_before(period.end, 6),
        "fourteen": ages.years_before(period.end, 14),
    }
    return {name: day.isoformat() for name, day in days.items()} | {"year": year, "quarter": quarter}


def measure(bank: Bank, runs: int, today: date = TODAY) -> Section:
    """The form over the whole bank: counted by the product, counted by hand, and as a page."""
    section = Section("Квартальная форма (весь банк)", "SQL")
    period = periods.last_finished_quarter(today)
    plain = bank.plain()
    with bank.opened():
        count, root = _counting(bank, period), _root()
        with counting(db.engine) as sent:
            form = count()
        times = milliseconds(count, runs, lambda: figures(plain, period))
        section.lines.append(Line("Подсчёт формы", *times, len(sent)))
        section.notes.append(compare(figures(plain, period), form.numbers))
    plain.close()
    client = bank.sign_in(Role.COORDINATOR)
    query = f"year={period.start.year}&quarter={periods.quarter_of(period.start)[1]}&territory={root}"
    section.lines.append(visit(bank, client, "Страница формы", f"/reports/quarterly/?{query}", runs))
    return section


def of_one_district(alone: Bank, among: Bank, runs: int, today: date = TODAY) -> Section:
    """The form of a district that stands beside others, and of one that is alone in its bank."""
    section = Section("Квартальная форма одного района: рядом с другими и один в банке", "один")
    period = periods.last_finished_quarter(today)

    def opened(bank: Bank) -> Any:
        with bank.opened():
            return _counting(bank, period, largest_district(bank)[0])()

    times = milliseconds(lambda: opened(among), runs, lambda: opened(alone))
    section.lines.append(Line("Подсчёт формы района", *times))
    sizes = [largest_district(bank)[1] for bank in (among, alone)]
    section.notes.append(f"Семей в районе: {sizes[0]} и {sizes[1]}.")
    return section


def districts(bank: Bank) -> list[tuple[int, int]]:
    """The districts of a bank with the number of families of each, the largest first."""
    plain = bank.plain()
    found = plain.execute("SELECT district_id, count(*) FROM family GROUP BY 1 ORDER BY 2 DESC").fetchall()
    plain.close()
    return found


def largest_district(bank: Bank) -> tuple[int, int]:
    return districts(bank)[0]


def _root() -> int:
    from app.reports.places import ReportPlaces

    return int(ReportPlaces().tree.roots[0].id)


def _counting(bank: Bank, period: periods.Period, district: int | None = None) -> Any:
    """The counting of the form: of the whole bank or of one district."""
    from app.reports import quarterly as report
    from app.reports.places import ReportPlaces

    tree = ReportPlaces(report.REPORT.sources)
    place = tree.tree.roots[0] if district is None else tree.tree.rows[district]
    return lambda: report.quarterly(period, place, tree=tree)


def compare(by_hand: Figures, numbers: dict[str, dict[int, Any]]) -> str:
    """Whether the product's figures are those counted by hand; the first differences by name."""
    keys = {key for key, _territory_id in by_hand}.union(
        (*FAMILY_KEYS, *CHILD_KEYS, *SUPPORT_KEYS, *AID_KEYS, "1.2 employed", "4")
    )
    product = {
        (key, territory_id): float(number)
        for key in keys
        for territory_id, number in numbers.get(key, {}).items()
        if number
    }
    differing = sorted(
        place for place in by_hand.keys() | product.keys() if abs(by_hand.get(place, 0) - product.get(place, 0)) > 0.001
    )
    if not differing:
        return f"Подсчёт вручную совпал: показателей {len(keys)}, чисел {len(by_hand)}."
    shown = "; ".join(
        f"{key} на территории {territory}: вручную {by_hand.get((key, territory), 0):g}, "
        f"программа {product.get((key, territory), 0):g}"
        for key, territory in differing[:5]
    )
    return f"РАСХОЖДЕНИЕ в {len(differing)} числах: {shown}"
