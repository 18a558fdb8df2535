"""«С прошлого раза»: one page of sentences about a family, each from facts of the days since a chosen one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from app import words
from app.domain import ages
from app.domain.story import Chapter
from app.domain.terms import MeasureState, SurveyAccess, Threat
from app.models import Aid
from app.readings.overview import MemberToday, Overview

SOON = timedelta(days=60)  # whoever comes of age within it is named
MOST_KINDS = 6  # of aid that are named one by one
USUAL = timedelta(days=90)  # how far back one looks where no meeting has considered the family


def last_time(seen: Overview) -> date:
    """The last meeting that considered the family, else three months ago: «прошлый раз» unless a day is chosen."""
    held = (matter.since for matter in seen.matters if matter.since and matter.since < seen.today)
    return max(held, default=seen.today - USUAL)


def of(seen: Overview, since: date) -> list[Chapter]:
    """What was and what has become of it; a heading about which nothing is known says so, or is left out."""
    parts = (
        ("Учёт", [*_standing(seen), *_stays(seen, since)]),
        ("Состав семьи", list(_people(seen, since))),
        ("Обследования и сигналы", list(_signals(seen, since))),
        ("Программа", list(_programme(seen, since))),
        ("Помощь", list(_aid(seen, since))),
        ("Заседания и поручения", list(_orders(seen, since))),
        ("Впереди", list(_ahead(seen))),
    )
    return [Chapter(title, sentences) for title, sentences in parts if sentences]


def _standing(seen: Overview) -> Iterator[str]:
    stay = seen.current
    children = words.counted(len(seen.children), "несовершеннолетний", "несовершеннолетних", "несовершеннолетних")
    if stay is not None:
        main = f", {stay.main_criterion.code} {stay.main_criterion.name}" if stay.main_criterion else ""
        yield f"Семья состоит на учёте с {words.day(stay.registered_on)}{main}. В ней {children}."
    elif seen.last is not None:
        yield f"Семья снята с учёта {words.day(seen.last.removed_on)}. В ней {children}."
    else:
        yield f"Семья на учёте не состояла. В ней {children}."


def _stays(seen: Overview, since: date) -> Iterator[str]:
    for stay in reversed(seen.registrations):
        if since <= stay.registered_on <= seen.today:
            yield f"{words.day(stay.registered_on)} поставлена на учёт, постановление {stay.decision}."
        for change in stay.criteria_by_days[1:]:
            if since <= change.since <= seen.today:
                named = "; ".join(f"{row.criterion.code} {row.criterion.name}" for row in change.rows)
                yield f"{words.day(change.since)} изменены критерии: {named}."
        if stay.removed_on and since <= stay.removed_on <= seen.today:
            reason = f", причина: {stay.removal_reason.name}" if stay.removal_reason else ""
            yield f"{words.day(stay.removed_on)} снята с учёта{reason}."


def _people(seen: Overview, since: date) -> Iterator[str]:
    for person in seen.people:
        yield from _of_person(person, since, seen.today)


def _of_person(person: MemberToday, since: date, today: date) -> Iterator[str]:
    member = person.member
    if member.joined_on and since <= member.joined_on <= today:
        said = "родился ребёнок" if member.joined_on == member.born_on else "в семье"
        yield f"{words.day(member.joined_on)} {said}: {member.full_name}."
    if member.left_on and since <= member.left_on <= today:
        why = f" ({member.left_reason})" if member.left_reason else ""
        yield f"{words.day(member.left_on)} больше не в семье: {member.full_name}{why}."
    if person.comes_of_age_on and since <= person.comes_of_age_on <= today and person.is_present:
        yield f"{words.day(person.comes_of_age_on)} исполнилось 18 лет: {member.full_name}."
    for fact in person.facts.get("Education", ()):
        if fact.since and since <= fact.since <= today:
            where = ", ".join(part for part in (fact.title, fact.text, fact.more) if part)
            yield f"{words.day(fact.since)} {member.full_name}: {where}."
    for fact in person.supervisions:
        if fact.since and since <= fact.since <= today:
            yield f"{words.day(fact.since)} на другом учёте: {member.full_name}, {fact.title}."
        if fact.until and since <= fact.until <= today:
            yield f"{words.day(fact.until)} снят с другого учёта: {member.full_name}, {fact.title}."


def _signals(seen: Overview, since: date) -> Iterator[str]:
    acts = [act for act in seen.surveys if act.since and since <= act.since <= seen.today]
    if acts:
        took_place = sum(act.access is SurveyAccess.TOOK_PLACE for act in acts)
        times = words.counted(len(acts), "раз", "раза", "раз")
        yield (f"К семье выходили {times}, обследование состоялось: {took_place}; последний раз "
               f"{words.day(acts[0].since)} – {acts[0].access}.")  # fmt: skip
        for act in acts:
            if act.threat not in (None, Threat.NONE):
                yield f"{words.day(act.since)} отмечена угроза жизни и здоровью: {act.threat}."
    else:
        yield "Обследований за это время не было."
    for card in seen.cards:
        if card.since and since <= card.since <= seen.today:
            threat = f", угроза: {card.threat}" if card.threat not in (None, Threat.NONE) else ""
            yield f"{words.day(card.since)} поступила сигнальная карта {card.title}{threat}."


def _programme(seen: Overview, since: date) -> Iterator[str]:
    for stage in seen.stages:
        if stage.since and since <= stage.since <= seen.today:
            yield f"{words.day(stage.since)} начался этап «{stage.title}», до {words.day(stage.until)}."
        if stage.done and since <= stage.done <= seen.today:
            told = [f"динамика: {stage.text}" if stage.text else "", stage.more or ""]
            said = ", ".join(part.lower() for part in told if part)
            yield f"{words.day(stage.done)} подведены итоги этапа «{stage.title}»{f': {said}' if said else ''}."
    done = [one.done for one in seen.measures if one.done and since <= one.done <= seen.today]
    late = [one for one in seen.measures if one.state is MeasureState.PLANNED and one.until and one.until < seen.today]
    if done:
        yield f"Исполнено мероприятий: {len(done)}, последнее {words.day(max(done))}."
    if late:
        yield f"Просрочено мероприятий: {len(late)}, первое – {late[0].title}, срок был {words.day(late[0].until)}."


def _aid(seen: Overview, since: date) -> Iterator[str]:
    aids = [aid for aid in seen.aids if since <= aid.given_on <= seen.today]
    if not aids:
        last = max((aid.given_on for aid in seen.aids if aid.given_on < since), default=None)
        yield f"Помощь не оказывалась{f', последний раз {words.day(last)}' if last else ''}."
        return
    amount = sum((aid.amount for aid in aids if aid.amount is not None), Decimal(0))
    roubles = f" на {words.roubles(amount)} руб." if amount else "."
    yield f"Помощь оказана {words.counted(len(aids), 'раз', 'раза', 'раз')}{roubles}"
    kinds = Counter(_what(aid) for aid in aids).most_common()
    named = [f"{name} – {count}" for name, count in kinds[:MOST_KINDS]]
    rest = f"; остальное – {sum(count for _name, count in kinds[MOST_KINDS:])}" if len(kinds) > MOST_KINDS else ""
    yield f"Из неё: {'; '.join(named)}{rest}."
    bodies = list(dict.fromkeys(str(aid.performer) for aid in aids if aid.performer))
    if bodies:
        yield f"Помогали: {', '.join(bodies)}."


def _what(aid: Aid) -> str:
    what = aid.kind or aid.measure
    return what.name if what else "вид не указан"


def _orders(seen: Overview, since: date) -> Iterator[str]:
    for matter in seen.matters:
        if matter.since and since <= matter.since <= seen.today:
            outcome = f": {matter.text}" if matter.text else ""
            yield f"{words.day(matter.since)} на заседании – {matter.title}{outcome}."
    given = [order for order in seen.orders if order.since and since <= order.since <= seen.today]
    if given:
        answered = sum(order.answered for order in given)
        yield f"Дано поручений: {len(given)}, ответов получено: {answered}."
    for order in seen.orders:
        if order.late(seen.today):
            yield f"Просрочено поручение, {order.title}: {order.text} Срок был {words.day(order.until)}."


def _ahead(seen: Overview) -> Iterator[str]:
    for child in seen.children:
        on = child.comes_of_age_on
        if on is not None and on <= seen.today + SOON:
            yield f"{child.member.full_name}: {ages.MAJORITY} лет исполнится {words.day(on)}."
    for order in seen.orders:
        if not order.answered and order.until and order.until >= seen.today:
            yield f"До {words.day(order.until)} ждут ответа: {order.title}."
