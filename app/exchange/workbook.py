"""The form of the exchange workbook: its sheets and columns, declared once for reading and for writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from app.domain import terms

FORM_VERSION = 1
FACTS = "Сведения"
DISTRICT, AS_OF, VERSION = "Район", "По состоянию на", "Версия формы"
TITLE = "Банк данных семей, находящихся в социально опасном положении"


class Kind(Enum):
    """What a cell holds."""

    CARD = "номер карты"
    NAME = "одна строка"
    TEXT = "текст"
    SERIES = "номер документа"
    DECISION = "номер постановления"
    CODE = "код или название"
    CODES = "коды или названия через «;»"
    SEX = "пол"
    HOLIDAYS = "занятость"
    FLAG = "да или нет"
    DATE = "дата"
    MONEY = "сумма"
    COUNT = "число"
    PEOPLE = "фамилия, имя, отчество через «;»"
    TERM = "одно из слов"
    PROBLEMS = "по одной на строке ячейки"


@dataclass(frozen=True)
class BookColumn:
    """A column. `required`: every row must have a value; `marked`: it stands with * in the form.

    dictionary: the dictionary whose codes or names the cell holds; named: export writes the name, not the code.
    longest: the longest text the bank keeps. words: the closed list whose word the cell holds. later: older workbooks
    have no such column.
    """

    header: str
    field: str
    kind: Kind
    required: bool = False
    dictionary: str = ""
    named: bool = False
    longest: int = 0
    width: int = 14
    words: type[terms.Term] | None = None
    later: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet with one header row; its rows are called `noun` in counts. later: older workbooks have no such sheet."""

    title: str
    noun: str
    columns: tuple[BookColumn, ...]
    later: bool = False

    def column(self, field: str) -> BookColumn:
        return next(column for column in self.columns if column.field == field)

    def __iter__(self) -> Iterator[BookColumn]:
        return iter(self.columns)


_CARD = BookColumn("№ карты", "number", Kind.CARD, required=True, longest=20, width=10)
_LAST = BookColumn("Фамилия", "last_name", Kind.NAME, required=True, longest=100, width=18)
_FIRST = BookColumn("Имя", "first_name", Kind.NAME, required=True, longest=100, width=16)
_MIDDLE = BookColumn("Отчество", "middle_name", Kind.NAME, longest=100, width=18)
_BORN = BookColumn("Дата рождения", "born_on", Kind.DATE, width=13)

FAMILIES = Sheet(
    "Семьи",
    "семей",
    (
        _CARD,
        BookColumn("Территория", "territory", Kind.NAME, required=True, longest=200, width=36),
        BookColumn("Категории семьи", "categories", Kind.CODES, dictionary="category", named=True, width=40),
        BookColumn("Количество членов семьи", "stated_size", Kind.COUNT, width=12),
        BookColumn("Доход на одного члена семьи, руб.", "income_per_member", Kind.MONEY, width=14),
        BookColumn("Источник дохода", "income_source", Kind.TEXT, longest=300, width=28),
        BookColumn("Место регистрации", "registered_address", Kind.TEXT, longest=500, width=44),
        BookColumn("Место фактического проживания", "actual_address", Kind.TEXT, longest=500, width=44),
        BookColumn("Дополнительная информация", "additional", Kind.TEXT, longest=32_000, width=44),
    ),
)

STAYS = Sheet(
    "Постановка и снятие",
    "постановок на учёт",
    (
        _CARD,
        BookColumn("Код органа", "sender_kind", Kind.CODE, required=True, dictionary="agency_kind", width=9),
        BookColumn("Организация, направившая сведения", "sender", Kind.NAME, longest=300, width=38),
        BookColumn("Дата выявления", "detected_on", Kind.DATE, width=13),
        BookColumn("Дата направления карты", "card_sent_on", Kind.DATE, width=13),
        BookColumn("Критерии", "criteria", Kind.CODES, required=True, dictionary="criterion", width=16),
        BookColumn("№ постановления о постановке", "decision_number", Kind.DECISION, longest=40, width=14),
        BookColumn("Дата постановления о постановке", "decided_on", Kind.DATE, width=14),
        BookColumn("Дата постановки на учёт", "registered_on", Kind.DATE, required=True, width=13),
        BookColumn("№ постановления о снятии", "removal_number", Kind.DECISION, longest=40, width=14),
        BookColumn("Дата постановления о снятии", "removal_decided_on", Kind.DATE, width=14),
        BookColumn("Дата снятия с учёта", "removed_on", Kind.DATE, width=13),
        BookColumn("Причина снятия", "reason", Kind.CODE, dictionary="reason", width=10),
        BookColumn("Примечание", "note", Kind.TEXT, longest=32_000, width=40),
    ),
)

MEMBERS = Sheet(
    "Члены семьи",
    "членов семей",
    (
        _CARD,
        BookColumn("Роль в семье", "role", Kind.CODE, dictionary="role", named=True, width=13),
        _LAST,
        _FIRST,
        _MIDDLE,
        BookColumn("Пол", "sex", Kind.SEX, width=6),
        _BORN,
        BookColumn("Место работы, должность", "workplace", Kind.TEXT, longest=300, width=32),
        BookColumn("Вид документа", "document_kind", Kind.CODE, dictionary="document", named=True, width=26),
        BookColumn("Серия", "document_series", Kind.SERIES, longest=30, width=10),
        BookColumn("Номер", "document_number", Kind.SERIES, longest=30, width=12),
        BookColumn("Дата выдачи", "document_issued_on", Kind.DATE, width=13),
        BookColumn("Обучение, занятость", "education_status", Kind.CODE, dictionary="education", named=True, width=32),
        BookColumn("Образовательная организация", "education_organisation", Kind.TEXT, longest=300, width=32),
        BookColumn("Класс, группа", "education_grade", Kind.TEXT, longest=60, width=12),
        BookColumn("Бесплатное питание", "free_meals", Kind.FLAG, width=11),
        BookColumn("Бесплатные учебники", "free_textbooks", Kind.FLAG, width=11),
        BookColumn("Досуг во внеурочное время", "leisure", Kind.FLAG, width=11),
        BookColumn("Каникулярная занятость", "holidays", Kind.HOLIDAYS, width=28),
        BookColumn("В семье с", "joined_on", Kind.DATE, width=13),
        BookColumn("В семье по", "left_on", Kind.DATE, width=13),
    ),
)

SUPERVISIONS = Sheet(
    "Учёт несовершеннолетних",
    "записей об учёте",
    (
        _CARD,
        _LAST,
        _FIRST,
        _MIDDLE,
        _BORN,
        BookColumn("Состоит с", "started_on", Kind.DATE, width=13),
        BookColumn("Состоит по", "ended_on", Kind.DATE, width=13),
        BookColumn("Где состоит", "kind", Kind.CODE, dictionary="supervision", named=True, width=36),
    ),
)

AIDS = Sheet(
    "Мероприятия",
    "мероприятий",
    (
        _CARD,
        BookColumn("Дата", "given_on", Kind.DATE, required=True, width=13),
        BookColumn("Код мероприятия", "measure", Kind.CODE, dictionary="measure", width=13),
        BookColumn("Код вида помощи", "aid_kind", Kind.CODE, dictionary="aid_kind", width=13),
        BookColumn("Описание", "description", Kind.TEXT, longest=32_000, width=44),
        BookColumn("Код органа", "performer_kind", Kind.CODE, dictionary="agency_kind", width=9),
        BookColumn("Исполнитель", "performer", Kind.NAME, longest=300, width=38),
        BookColumn("Получатели", "recipients", Kind.PEOPLE, width=60),
        BookColumn("Сумма, руб.", "amount", Kind.MONEY, width=14),
        BookColumn("№ строки плана", "plan_line", Kind.COUNT, width=10, later=True),
        BookColumn("Регулярно по", "until", Kind.DATE, width=13, later=True),
        BookColumn("Как часто", "rhythm", Kind.TERM, words=terms.AidRhythm, width=20, later=True),
        BookColumn("Почему внесена до учёта", "before_record", Kind.TEXT, longest=500, width=30, later=True),
    ),
)

_PROGRAMME = BookColumn("Программа с", "programme_from", Kind.DATE, required=True, width=13)
_LONG = 32_000

STAGES = Sheet(
    "Этапы",
    "этапов программ",
    (
        _CARD,
        _PROGRAMME,
        BookColumn("Программа по", "programme_until", Kind.DATE, required=True, width=13),
        BookColumn("Дата постановки на учёт", "registered_on", Kind.DATE, width=13),
        BookColumn("Вид программы", "programme_kind", Kind.TERM, words=terms.ProgrammeKind, width=18),
        BookColumn("Код органа", "agency_kind", Kind.CODE, dictionary="agency_kind", width=9),
        BookColumn("Орган, ответственный за программу", "agency", Kind.NAME, longest=300, width=38),
        BookColumn("Проблемы семьи", "problems", Kind.PROBLEMS, longest=500, width=44),
        BookColumn("Примечание к программе", "programme_note", Kind.TEXT, longest=_LONG, width=30),
        BookColumn("№ решения о программе", "approval_number", Kind.DECISION, longest=40, width=14),
        BookColumn("Дата решения о программе", "approved_on", Kind.DATE, width=13),
        BookColumn("Программа окончена", "closed_on", Kind.DATE, width=13),
        BookColumn("Чем окончена", "closed_as", Kind.TERM, words=terms.ProgrammeState, width=14),
        BookColumn("Почему окончена", "close_reason", Kind.TEXT, longest=500, width=30),
        BookColumn("Этап", "kind", Kind.CODE, required=True, dictionary="stage_kind", named=True, width=22),
        BookColumn("Вид этапа", "sort", Kind.TERM, words=terms.StageSort, width=14),
        BookColumn("Этап с", "starts_on", Kind.DATE, required=True, width=13),
        BookColumn("Этап по", "ends_on", Kind.DATE, required=True, width=13),
        BookColumn("№ заседания", "meeting_number", Kind.DECISION, longest=40, width=12),
        BookColumn("Дата заседания", "meeting_on", Kind.DATE, width=13),
        BookColumn("Примечание к заседанию", "meeting_note", Kind.TEXT, longest=500, width=30),
        BookColumn("№ решения об этапе", "decision_number", Kind.DECISION, longest=40, width=14),
        BookColumn("Дата решения об этапе", "decided_on", Kind.DATE, width=13),
        BookColumn("№ решения о продлении", "extension_number", Kind.DECISION, longest=40, width=14),
        BookColumn("Дата решения о продлении", "extended_on", Kind.DATE, width=13),
        BookColumn("Срок до продления", "ended_before", Kind.DATE, width=13),
        BookColumn("Задачи этапа", "tasks", Kind.TEXT, longest=_LONG, width=40),
        BookColumn("Итоги подведены", "reviewed_on", Kind.DATE, width=13),
        BookColumn("Динамика", "dynamics", Kind.CODE, dictionary="dynamics", named=True, width=16),
        BookColumn("Реакция семьи", "reaction", Kind.CODE, dictionary="reaction", named=True, width=24),
        BookColumn("Анализ этапа", "analysis", Kind.TEXT, longest=_LONG, width=40),
        BookColumn("Что следует", "follows", Kind.TERM, words=terms.StageFollows, width=20),
    ),
    later=True,
)

MEASURES = Sheet(
    "План",
    "мероприятий плана",
    (
        _CARD,
        BookColumn("№ строки плана", "plan_line", Kind.COUNT, width=10),
        _PROGRAMME,
        BookColumn("Этап с", "stage_from", Kind.DATE, required=True, width=13),
        BookColumn("Код мероприятия", "measure", Kind.CODE, required=True, dictionary="measure", width=13),
        BookColumn("Уточнение", "details", Kind.TEXT, longest=500, width=36),
        BookColumn("Проблема семьи", "problem", Kind.NAME, longest=500, width=36),
        BookColumn("Код органа", "performer_kind", Kind.CODE, dictionary="agency_kind", width=9),
        BookColumn("Исполнитель", "performer", Kind.NAME, longest=300, width=38),
        BookColumn("Для кого", "members", Kind.PEOPLE, width=50),
        BookColumn("Срок", "due_on", Kind.DATE, required=True, width=13),
        BookColumn("Состояние", "state", Kind.TERM, words=terms.MeasureState, width=16),
        BookColumn("Исполнено", "done_on", Kind.DATE, width=13),
        BookColumn("Причина", "reason", Kind.TEXT, longest=500, width=36),
    ),
    later=True,
)

SHEETS = (FAMILIES, STAYS, MEMBERS, SUPERVISIONS, STAGES, MEASURES, AIDS)

# Required columns of the form: all whose value every row must have. «Критерии» and «Код органа» are marked with * too,
# but a stay that the bank itself keeps without them may come back without them (see `plan`).
EDUCATION = ("education_status", "education_organisation", "education_grade")
SUPPORT = ("free_meals", "free_textbooks", "leisure", "holidays")
DOCUMENT = ("document_kind", "document_series", "document_number", "document_issued_on")
