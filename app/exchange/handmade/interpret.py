"""From what a hand-made book says to values of the exchange form: words to codes, texts to days, numbers, people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain import given_names, names, spelled
from app.domain.ages import full_years
from app.domain.terms import Sex
from app.exchange.handmade.aids import AidReader
from app.exchange.handmade.asking import AS_TEXT, BookQuestion, Choice
from app.exchange.handmade.form import FamilyRows, FormRow
from app.exchange.handmade.found import PARENTS, CellPlace, CellSaid, FoundFamily, PersonInBook
from app.exchange.handmade.stays import StayReader
from app.exchange.handmade.studies import StudyReader
from app.exchange.handmade.vocabulary import Vocabulary
from app.exchange.handmade.words import BookWords

MOTHER, FATHER, SON, DAUGHTER, GUARDIAN, OTHER_KIN = "1", "2", "9", "10", "5", "22"
TRUSTEE, WARD, GRANDMOTHER, GRANDFATHER = "6", "13", "16", "17"
SEX_OF_ROLE = {
    **dict.fromkeys((MOTHER, DAUGHTER, GRANDMOTHER), Sex.FEMALE),
    **dict.fromkeys((FATHER, SON, GRANDFATHER), Sex.MALE),
}
MAJORITY = 18
_CHILD_WORDS = {"ребенок", "дети", "несовершеннолетний", "несовершеннолетняя", "подросток", "учащийся", "дитя"}
_PARENT_WORDS = {
    "родитель",
    "родители",
    "законный представитель",
    "зак предст",
    "зак представитель",
    "глава семьи",
    "муж",
    "жена",
}
_BIRTH_DOCUMENT = re.compile(r"(?P<series>[IVXLC1УХ]{1,6}\s*-\s*[А-ЯЁ]{2})\s*(?:№|N)?\s*(?P<number>\d{6})")
_PASSPORT = re.compile(r"(?P<series>\d{2}\s?\d{2})\s*(?:№|N)?\s*(?P<number>\d{6})(?!\d)")
_LINE_END = re.compile(r"\s*\n\s*")
_SAME_PLACE = re.compile(r"^\s*(?:там же|тот же|совпадает|-//-|—//—|//)[\s,.]*", re.IGNORECASE)
_PLACE = re.compile(
    r"^\s*(?:п|с|г|х|ст|д|пос|гор|сл|рп|пгт)\.\s*[^,]+|^\s*(?:поселок|село|город|хутор|станица|деревня)\s+[^,]+",
    re.IGNORECASE,
)


@dataclass
class Interpreter:
    """Turns families into rows of the form; what it cannot turn it asks once, and counts."""

    words: BookWords
    stays: StayReader
    as_of: date
    today: date
    notices: list[tuple[CellPlace, str]] = field(default_factory=list)
    last_place: str = ""
    measures: list[CellPlace] = field(default_factory=list)

    @property
    def vocabulary(self) -> Vocabulary:
        return self.words.vocabulary

    def family(self, found: FoundFamily, territory: str) -> FamilyRows:
        """A family as rows of the form; its number is given later."""
        row = FormRow({}, found.place)
        row.put("territory", territory, said.place if (said := found.first("territory")) else found.place)
        notes = list(found.notes)
        self._family_values(found, row, notes)
        rows = FamilyRows(found, row)
        for person in found.people:
            rows.members.append(self._member(found, person, notes, rows))
        rows.children = sum(map(self._is_child, found.people))
        self._check_children(found, rows.children)
        rows.stay = self.stays.read(found, notes)
        rows.aids += AidReader(self.words, self.today, self._is_child).read(found, rows.members, notes)
        notes += map(_measure, found.measures)
        self.measures += (each["measure"].place for each in found.measures)
        row.put("additional", "\n".join(dict.fromkeys(filter(None, notes))), found.place)
        return rows

    def _check_children(self, found: FoundFamily, read: int) -> None:
        """Tell of a family of which the book counts other children than it names."""
        said = found.first("children_count")
        told = spelled.count(said.text) if said else None
        if said and told is not None and told != read and read:
            self.notices.append((said.place, f"Детей по книге {told}, а прочитано {read}: проверьте, все ли поняты."))

    # The family

    def _family_values(self, found: FoundFamily, row: FormRow, notes: list[str]) -> None:
        for what, field_ in (("registered", "registered_address"), ("address", "actual_address")):
            if said := found.first(what):
                text = "; ".join(each.text for each in found.of(what))
                home = row.values.get("registered_address") if _SAME_PLACE.fullmatch(text) else None
                row.put(field_, home or self._address(text), said.place)
        if phones := [said.text for said in found.of("phone")]:
            notes.append("Телефон: " + ", ".join(phones))
        notes += [said.text for said in found.of("note")]
        if said := found.first("children_count"):
            notes.append(f"Детей по книге: {said.text}")
        self._categories(found, row, notes)
        if said := found.first("size"):
            number = int(said.value) if isinstance(said.value, float) else spelled.count(said.text)
            row.put("stated_size", None if number is None else float(number), said.place)
            if number is None:
                notes.append(f"Количество членов семьи: {said.text}")
        if said := found.first("income"):
            value = Decimal(repr(said.value)) if isinstance(said.value, float) else spelled.amount(said.text)
            if value is None:
                row.put("income_source", said.text, said.place)
            else:
                row.put("income_per_member", float(value), said.place)
        if said := found.first("income_source"):
            row.put("income_source", said.text, said.place)

    def _address(self, text: str) -> str:
        """An address; «там же» is the place that the row above has named."""
        text = _in_one_line(text)
        if self.last_place and (same := _SAME_PLACE.match(text)):
            text = f"{self.last_place}, {text[same.end() :]}".strip(" ,")
        if found := _PLACE.match(text):
            self.last_place = found[0].strip()
        return text

    def _categories(self, found: FoundFamily, row: FormRow, notes: list[str]) -> None:
        codes: dict[str, None] = {}
        place = None
        for said in found.of("categories"):
            place = said.place
            for part in self.vocabulary.parts("category", said.text):
                if code := self.words.code("category", part):
                    codes[code] = None
                else:
                    notes.append(f"Категория: {part}")
        row.put("categories", tuple(codes), place)

    # People

    def _member(self, found: FoundFamily, person: PersonInBook, notes: list[str], rows: FamilyRows) -> FormRow:
        row = FormRow({}, person.place)
        last = person.last or self._surname(found, person)
        for name, value in (("last_name", last), ("first_name", person.first), ("middle_name", person.middle)):
            row.put(name, value, person.place)
        sex = self._sex(person)
        is_child = self._is_child(person)
        role = self._role(found, person, sex, is_child)
        row.put("role", role, person.said["role"].place if "role" in person.said else person.place)
        row.put("sex", str(sex or self._sex_of_role(role) or ""), person.place)
        self._birth(person, row, notes)
        self._documents(person, row, notes)
        rest = person.rest or ""
        if is_child:
            StudyReader(self.words, self.stays.known).read(person, self._age(person), row, notes)
        else:
            work = "; ".join(filter(None, (person.said["work"].text if "work" in person.said else "", rest)))
            row.put(
                "workplace",
                _in_one_line(work),
                person.said.get("work", CellSaid("", person.place)).place,
            )
            if "study" in person.said:
                notes.append(f"{person.full}: {person.said['study'].text}")
        self._supervision(person, row, notes, rows)
        return row

    def _surname(self, found: FoundFamily, person: PersonInBook) -> str | None:
        """The surname of a person whom the book calls by the first name: of the family, in the gender of the person."""
        others = [each for each in found.people if each.last]
        sex = self._sex(person)
        same = next((each.last for each in others if sex and self._sex(each) is sex), None)
        last = same or next((each.last for each in others), None)
        if last is None and (said := found.first("surname")):
            last = same = names.of_family_name(said.text, female=sex is Sex.FEMALE)
        if last and not same and sex is Sex.MALE and last.endswith(("ова", "ева", "ина", "ына")):
            last = last[:-1]
        elif last and not same and sex is Sex.FEMALE and last.endswith(("ов", "ев", "ин", "ын")):
            last += "а"
        if last:
            self.notices.append((person.place, f"{person.first}: фамилии в книге нет, взята у семьи – {last}."))
        return last

    def _sex(self, person: PersonInBook) -> Sex | None:
        said = person.said.get("sex")
        if said and names.key(said.text)[:1] in ("ж", "д"):
            return Sex.FEMALE
        if said and names.key(said.text)[:1] in ("м",):
            return Sex.MALE
        return given_names.sex_of(person.last, person.first, person.middle)

    def _sex_of_role(self, role: str | None) -> Sex | None:
        return SEX_OF_ROLE.get(role or "")

    def _age(self, person: PersonInBook) -> int | None:
        born = person.born
        if born is None:
            return None
        if born.day:
            return full_years(born.day, self.as_of)
        return self.as_of.year - born.year if born.year else born.age

    def _role_word(self, person: PersonInBook) -> str:
        return person.role or (person.said["role"].text if "role" in person.said else "")

    def _is_child(self, person: PersonInBook) -> bool:
        if person.whose in PARENTS:
            return False
        if person.whose == "children":
            return True
        word, age = names.key(self._role_word(person)), self._age(person)
        if word in _CHILD_WORDS:
            return True
        if word:
            code = self.vocabulary.find("role", word)
            return code in (SON, DAUGHTER, "11", "12", "13") or (age is not None and age < MAJORITY)
        return age is not None and age < MAJORITY

    def _role(self, found: FoundFamily, person: PersonInBook, sex: Sex | None, is_child: bool) -> str | None:
        word = self._role_word(person)
        key = names.key(word)
        if word and key not in _CHILD_WORDS and key not in _PARENT_WORDS:
            return self._role_of_either(word, sex) or self.words.code("role", word)
        if is_child or key in _CHILD_WORDS:
            if sex is None:
                return self._asked_sex(person)
            return WARD if self._has_guardian_alone(found) else SON if sex is Sex.MALE else DAUGHTER
        if person.whose in ("mother", "father"):
            return MOTHER if person.whose == "mother" else FATHER
        if person.whose == "guardian" and not self._bears_name_of_children(found, person):
            return GUARDIAN
        role = MOTHER if sex is Sex.FEMALE else FATHER if sex is Sex.MALE else None
        before = found.people[: found.people.index(person)]
        taken = any(each.whose not in PARENTS and not self._role_word(each) and not self._is_child(each)
                    and self._sex(each) is sex for each in before)  # fmt: skip
        return OTHER_KIN if taken and person.whose not in PARENTS else role

    def _role_of_either(self, word: str, sex: Sex | None) -> str | None:
        """«бабушка/дедушка» is the one that the sex of the person tells."""
        codes = [self.vocabulary.find("role", part) for part in word.split("/")] if "/" in word else []
        fitting = [code for code in codes if code and sex and SEX_OF_ROLE.get(code) is sex]
        return fitting[0] if len(fitting) == 1 else None

    def _has_guardian_alone(self, found: FoundFamily) -> bool:
        """Whether the adults of a family are guardians by the word of the book, and no parent is among them."""
        words = [self.vocabulary.find("role", word) for person in found.people
                 if (word := self._role_word(person)) and not self._is_child(person)]  # fmt: skip
        return bool(words) and all(code in (GUARDIAN, TRUSTEE) for code in words)

    def _bears_name_of_children(self, found: FoundFamily, person: PersonInBook) -> bool:
        bears = names.of_both_sexes(names.key(person.last)) if person.last else set()
        children = [each for each in found.people if each.whose == "children" and each.last]
        return not children or any(names.key(each.last) in bears for each in children)

    def _asked_sex(self, person: PersonInBook) -> str | None:
        text = f"«{person.full}» – сын или дочь? По имени этого не видно."
        choices = [Choice(SON, "сын"), Choice(DAUGHTER, "дочь"), Choice(AS_TEXT, "Не записывать роль")]
        chosen = self.words.asking.ask(
            BookQuestion(f"sex:{names.key(person.first)}", text, choices, hint=person.place.cell)
        )
        return None if chosen in (None, AS_TEXT) else chosen

    def _birth(self, person: PersonInBook, row: FormRow, notes: list[str]) -> None:
        born = person.born
        if born is None:
            return
        place = person.said["born"].place if "born" in person.said else person.place
        if born.day:
            row.put("born_on", born.day, place)
            self._tell_reading(person, born.day, place)
        elif born.odd:
            row.put("born_on", born.odd, place)
        else:
            notes.append(f"{person.full}: {born.told}")

    def _tell_reading(self, person: PersonInBook, day: date, place: CellPlace) -> None:
        said = person.said.get("born")
        text = said.value if said and isinstance(said.value, str) else ""
        if text and "\n" not in text and len(text) < 20 and f"{day:%d.%m.%Y}" not in text:
            self.notices.append((place, f"{person.full}: «{text}» прочитано как {day:%d.%m.%Y}."))

    def _documents(self, person: PersonInBook, row: FormRow, notes: list[str]) -> None:
        if (said := person.said.get("document")) is None:
            return
        text = said.text
        found, kind = _BIRTH_DOCUMENT.search(text), "03"
        if found is None:
            found, kind = _PASSPORT.search(text), "21"
        if found is None:
            notes.append(f"{person.full}, документ: {text}")
            return
        row.put("document_kind", kind, said.place)
        row.put("document_series", re.sub(r"\s+", " ", found["series"]), said.place)
        row.put("document_number", found["number"], said.place)
        rest = text[: found.start()] + " " + text[found.end() :]
        issued = [event.day for event in spelled.days(rest, self.today) if event.day]
        row.put("document_issued_on", issued[0] if issued else None, said.place)

    def _supervision(self, person: PersonInBook, row: FormRow, notes: list[str], rows: FamilyRows) -> None:
        said = person.said.get("supervision")
        if said is None or names.key(said.text) in ("да", "состоит"):
            return
        days = [event for event in spelled.days(said.text, self.today) if event.day]
        words = spelled.without_times(said.text).replace(" с ", " ")
        for number, part in enumerate(self.vocabulary.parts("supervision", words.strip(" ,"))):
            kind = self.words.code("supervision", part)
            started = days[min(number, len(days) - 1)].day if days else None
            if kind is None or started is None:
                notes.append(f"{person.full}, учёт: {said.text}")
                continue
            who = ("last_name", "first_name", "middle_name", "born_on")
            values: dict[str, Any] = {name: row.values[name] for name in who if name in row.values}
            rows.supervisions.append(FormRow({**values, "started_on": started, "kind": kind}, said.place))


def _in_one_line(text: str) -> str:
    """A text of several lines as one, with commas between them."""
    return _LINE_END.sub(", ", text) if "\n" in text else text


def _measure(said: Mapping[str, CellSaid]) -> str:
    """A planned measure as a line: «Мероприятие плана: беседа; срок: 01.12.2026; исполнитель: школа»."""
    told = (("Мероприятие плана", "measure"), ("срок", "measure_due"), ("исполнитель", "measure_by"),
            ("отметка", "measure_done"))  # fmt: skip
    return "; ".join(f"{title}: {' '.join(said[what].text.split())}" for title, what in told if what in said)
