"""Closed lists: what the Положение fixes and no municipality edits. Titles are Russian, as on the forms."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A closed list: each member carries the code that is stored and the title people read."""

    title_ru: str

    def __new__(cls, code: str, title: str) -> Term:
        member = str.__new__(cls, code)
        member._value_ = code
        member.title_ru = title
        return member

    def __str__(self) -> str:
        return self.title_ru

    @classmethod
    def of(cls, code: str) -> Self | None:
        """The member stored under a code; None if there is none."""
        return next((member for member in cls if member.value == code), None)


class Role(StrEnum):
    """The roles of the code, by the names people see (`config.ROLES` says what each may)."""

    ADMINISTRATOR = "Администратор"
    COORDINATOR = "Координатор"
    SECRETARY = "Секретарь КДН"
    COMMISSION = "Член КДН"
    SPECIALIST = "Специалист органа"
    REGION = "Региональный координатор"
    AUDITOR = "Аудитор"


# What the codes of dictionaries stand for: figures of Приложение 4, and whose list of bodies it is.
FLAGS = {"incomplete": "неполная", "large": "многодетная", "low_income": "малообеспеченная"}
LINES = {
    "1.2_employed": "1.2, трудоустройство", "1.2_legal": "1.2, юридическая помощь", "1.2_address_aid": "1.2, адресная",
    "1.2_other": "1.2, другое", "2.2_preschool": "2.2, дошкольники", "2.2_preschool_attends": "2.2, посещают ДОУ",
    "2.2_school": "2.2, школа", "2.2_pu": "2.2, ПУ", "2.2_other": "2.2, другое", "2.4_meals": "2.4, питание",
    "2.4_textbooks": "2.4, учебники", "2.5": "2.5, досуг", "2.6_total": "2.6, всего",
    "2.6_day_camp": "2.6, дневной лагерь", "2.6_away_camp": "2.6, выездной лагерь", "2.6_clubs": "2.6, кружки и секции",
    "2.6_work": "2.6, трудоустройство",
}  # fmt: skip
GROUPS = {
    "economic_social": "по достатку и числу детей", "structure": "по составу", "health": "по здоровью",
    "legal": "по закону и судимости", "migration": "по переезду", "other": "иное",
}  # fmt: skip
BODIES = {
    "KDN": "комиссия по делам несовершеннолетних", "SOCIAL": "социальная защита", "EDUCATION": "образование",
    "YOUTH": "молодёжь и спорт", "HEALTH": "здравоохранение", "EMPLOYMENT": "занятость", "POLICE": "внутренние дела",
    "SOCIAL_INSTITUTION": "учреждение социальной защиты", "CULTURE": "культура", "OTHER": "другие",
}  # fmt: skip
FILES = {"application/pdf": "PDF", "image/jpeg": "JPEG", "image/png": "PNG"}
SCHEMES = {"appendix4": "Приложение 4", "rt": "Республика Татарстан"}

# Roles that show families by name. The administrator holds none of them.
ROLES_OF_FAMILIES = (Role.COORDINATOR, Role.SECRETARY, Role.COMMISSION, Role.SPECIALIST)


class TerritoryKind(Term):
    """A level of the tree of territories."""

    REGION = "region", "регион"
    DISTRICT = "district", "район (городской округ)"
    SETTLEMENT = "settlement", "поселение"


class Sex(Term):
    """As the exchange form writes it."""

    FEMALE = "f", "ж"
    MALE = "m", "м"


class DecisionKind(Term):
    """What a commission may decide about a family."""

    PLACE = "place", "о постановке на учёт"
    REMOVE = "remove", "о снятии с учёта"
    CRITERIA = "criteria", "об изменении критериев"
    EXTEND = "extend", "о продлении"
    REFUSE = "refuse", "об отказе в постановке"
    REDIRECT = "redirect", "о передаче дела"
    POSTPONE = "postpone", "об отложении рассмотрения"
    LIGHTER = "lighter", "о сопровождении без учёта (ТЖС)"
    PROGRAMME = "programme", "об утверждении программы"
    RENEW = "renew", "об изменении программы"
    HEAR = "hear", "о заслушивании исполнителя"
    REPRESENT = "represent", "о внесении представления"
    COURT = "court", "о направлении материалов в суд"


class Sitting(Term):
    """What sits: the commission decides, the council proposes and approves programmes."""

    COMMISSION = "commission", "комиссия (КДН)"
    COUNCIL = "council", "совет (МСРК)"


class CommissionPost(Term):
    """A post in the commission, in the order of the list of its members."""

    CHAIR = "chair", "председатель"
    DEPUTY = "deputy", "заместитель председателя"
    SECRETARY = "secretary", "ответственный секретарь"
    MEMBER = "member", "член комиссии"


class MeetingState(Term):
    """Where a meeting is on its way."""

    PLANNED = "planned", "по плану"
    PREPARED = "prepared", "готовится"
    HELD = "held", "идёт"
    CLOSED = "closed", "закрыто"


class AgendaGround(Term):
    """Why an item stands on an agenda, in the order in which items are proposed."""

    POSTPONED = "postponed", "рассмотрение было отложено"
    SURVEYED = "surveyed", "семья обследована"
    REMOVAL = "removal", "предложено снять с учёта"
    PROGRAMME = "programme", "программа ждёт утверждения"
    STAGE = "stage", "заканчивается этап программы"
    INSTRUCTION = "instruction", "поручение не исполнено"
    STANDSTILL = "standstill", "больше года на учёте"
    CORRECTION = "correction", "исправление постановления"
    OTHER = "other", "внёс секретарь"


class TemplateKind(Term):
    """A paper of a meeting that the municipality writes in its own words."""

    RESOLUTION = "resolution", "постановление"
    EXTRACT = "extract", "выписка из постановления"
    MINUTES = "minutes", "протокол заседания"
    NOTICE = "notice", "приглашение на заседание"
    LETTER = "letter", "сопроводительное письмо"


class DeliveryWay(Term):
    """How a paper of a meeting came to whom it is for."""

    HANDED = "handed", "вручено лично"
    POST = "post", "почтой"
    COURIER = "courier", "курьером"
    EMAIL = "email", "электронной почтой"
    SYSTEM = "system", "через систему документооборота"


class InstructionKind(Term):
    """What a commission sends to a body."""

    INSTRUCTION = "instruction", "поручение"
    REPRESENTATION = "representation", "представление"
    COURT = "court", "материалы в суд"


class TransferState(Term):
    """Where the file of a family that goes elsewhere is: derived from its facts, never stored."""

    WAITING = "waiting", "ждёт приёма"
    RECEIVED = "received", "принято"
    DECLINED = "declined", "в приёме отказано"
    WITHDRAWN = "withdrawn", "отозвано"


class Case(Term):
    """A case of Russian grammar, by its question."""

    NOMINATIVE = "nominative", "именительный (кто)"
    GENITIVE = "genitive", "родительный (кого)"
    DATIVE = "dative", "дательный (кому)"
    ACCUSATIVE = "accusative", "винительный (кого)"
    INSTRUMENTAL = "instrumental", "творительный (кем)"
    PREPOSITIONAL = "prepositional", "предложный (о ком)"


class HolidayActivity(Term):
    """How a child spends the holidays (Приложение 4, line 2.6)."""

    DAY_CAMP = "day_camp", "лагерь дневного пребывания"
    AWAY_CAMP = "away_camp", "выездной лагерь"
    CLUBS = "clubs", "кружки и секции по месту жительства"
    WORK = "work", "трудоустройство"


class PaperKind(Term):
    """What an attached scan is, in the order of the social passport (Положение, 3.3 and 3.4)."""

    DECISION = "decision", "копия постановления"
    RECORD_CARD = "record_card", "карта учёта семьи"
    PROGRAMME_CARD = "programme_card", "карта программы реабилитации"
    SURVEY_ACT = "survey_act", "акт обследования"
    OTHER = "other", "иной документ"


class ParentalRole(Term):
    """The place of a relationship on the record card (Приложение 1, position 5)."""

    MOTHER = "mother", "мать"
    FATHER = "father", "отец"
    GUARDIAN = "guardian", "опекун (попечитель)"
    CHILD = "child", "ребёнок"
    OTHER = "other", "проживает также"


class ChildrenLine(Term):
    """The last line of Приложение 4: why a child left the record."""

    SUCCESS = "success", "по результатам успешной реабилитации"
    WITHOUT_CARE = "without_care", "в связи с присвоением статуса оставшегося без попечения родителей"
    OBJECTIVE = "objective", "по объективным основаниям"
    NONE = "none", "не учитывается в движении"


class ProgrammeKind(Term):
    """What a programme is like."""

    ACTIVE = "active", "активная"
    STABLE = "stable", "стабильная"
    TEENAGER = "teenager", "подростка (14–18 лет)"
    ACCOMPANIMENT = "accompaniment", "сопровождение"


class ProgrammeState(Term):
    """Where a programme is on its way."""

    DRAFT = "draft", "готовится"
    APPROVED = "approved", "действует"
    COMPLETED = "completed", "завершена"
    TERMINATED = "terminated", "прекращена"


class StageSort(Term):
    """The sort of a stage, as its card names it."""

    ORDINARY = "ordinary", "обычный"
    EXTENDED = "extended", "продлённый"
    EMERGENCY = "emergency", "экстренный"


class StageState(Term):
    """Where a stage is on its way."""

    PLANNED = "planned", "по плану"
    ACTIVE = "active", "идёт"
    REVIEWED = "reviewed", "итоги подведены"


class StageFollows(Term):
    """What follows a stage that was reviewed."""

    NEXT = "next", "следующий этап"
    EXTENSION = "extension", "продление этапа"
    REMOVAL = "removal", "предложено снять с учёта"


class MeasureState(Term):
    """What has become of a measure of the plan. Overdue is computed, never stored."""

    PLANNED = "planned", "запланировано"
    DONE = "done", "исполнено"
    NOT_DONE = "not_done", "не исполнено"
    CANCELLED = "cancelled", "отменено"


class AidRhythm(Term):
    """How often regular aid is given."""

    DAILY = "daily", "каждый рабочий день"
    WEEKLY = "weekly", "раз в неделю"
    MONTHLY = "monthly", "раз в месяц"


class Moment(Term):
    """What starts or stops a deadline. A deadline between moments that the bank does not know yet gives no clock."""

    MONTH_ENDED = "month_ended", "окончание месяца"
    QUARTER_ENDED = "quarter_ended", "окончание квартала"
    DETECTED = "detected", "выявление семьи"
    CARD_SENT = "card_sent", "направление карты учёта"
    REGISTERED = "registered", "постановка на учёт"
    PAPERS_RECEIVED = "papers_received", "поступление постановления и карты учёта"
    ENTERED = "entered", "внесение в банк данных"
    REMOVED = "removed", "снятие с учёта"
    LEARNT = "learnt", "получение информации о семье"
    SIGNAL_SENT = "signal_sent", "направление сигнальной карты"
    SIGNAL_REGISTERED = "signal_registered", "регистрация сигнальной карты"
    CARD_ASKED = "card_asked", "вопрос отправителю сигнальной карты"
    CARD_ANSWERED = "card_answered", "ответ отправителя сигнальной карты"
    SURVEYED = "surveyed", "акт обследования семьи"
    FILE_CAME = "file_came", "поступление документов"
    FILE_REGISTERED = "file_registered", "регистрация документов"
    MORE_ASKED = "more_asked", "запрос дополнительной информации"
    BODY_ASKED = "body_asked", "запрос ведомству об обследуемой семье"
    BODY_ANSWERED = "body_answered", "ответ ведомства"
    REVIEWED = "reviewed", "заседание по семье"
    DECIDED = "decided", "дата постановления"
    DECISION_SENT = "decision_sent", "направление копии постановления"
    INFORMED = "informed", "сообщение о снятии"
    PROGRAMME_APPROVED = "programme_approved", "утверждение ИПР"
    PROGRAMME_MONTH = "programme_month", "окончание месяца действия ИПР"
    MEASURES_REPORTED = "measures_reported", "сведения о выполнении мероприятий"
    STAGE_ENDED = "stage_ended", "окончание этапа ИПР"
    STAGE_REVIEWED = "stage_reviewed", "рассмотрение итогов этапа ИПР"
    MOVE_LEARNT = "move_learnt", "получение сведений о переезде"
    CASE_SENT = "case_sent", "направление дела"
    INCIDENT_FOUND = "incident_found", "выявление инцидента"
    INCIDENT_TOLD = "incident_told", "уведомление об инциденте"
    OTHER = "other", "иное событие"

    @property
    def ends_a_period(self) -> bool:
        """Whether it comes back with the calendar: nothing stops a deadline of it, the next period brings it again."""
        return self in (Moment.MONTH_ENDED, Moment.QUARTER_ENDED)


class Unit(Term):
    """The unit of a deadline."""

    HOUR = "hour", "час"
    DAY = "day", "календарный день"
    WORKING_DAY = "working_day", "рабочий день"
    MONTH = "month", "месяц"
    DAY_OF_MONTH = "day_of_month", "число месяца"
    DATE_LIST = "date_list", "даты года"


class SignalSource(Term):
    """Who tells of a family: a body, or somebody without a sign-in whose words the coordinator enters."""

    AGENCY = "agency", "орган, учреждение"
    CITIZEN = "citizen", "гражданин"
    HOTLINE = "hotline", "112, горячая линия"
    ANONYMOUS = "anonymous", "анонимно"


class DetectedDuring(Term):
    """In the course of what a family was detected."""

    VISIT = "visit", "выход в семью"
    EXAMINATION = "examination", "медицинский осмотр"
    LESSONS = "lessons", "занятия, уроки"
    CALL = "call", "выезд по вызову"
    APPEAL = "appeal", "обращение гражданина"
    OTHER = "other", "иное"


class Threat(Term):
    """The threat to the life and health of children, as a signal card states it."""

    NONE = "none", "нет"
    EXISTS = "exists", "есть"
    IMMEDIATE = "immediate", "непосредственная"


class CardState(Term):
    """How far a signal card is: derived from its facts (`domain.signals.state`), never stored."""

    SENT = "sent", "не открыта"
    ASKED = "asked", "ждёт ответа"
    RECEIVED = "received", "в работе"
    UNDER_SURVEY = "under_survey", "на обследовании"
    SURVEYED = "surveyed", "обследована"
    CLOSED = "closed", "закрыта"


class CardStepKind(Term):
    """What was done with a signal card."""

    SENT = "sent", "Направлена"
    RECEIVED = "received", "Получена"
    ASKED = "asked", "Задан вопрос"
    ANSWERED = "answered", "Дан ответ"
    ENTERED = "entered", "Внесена семья"
    ATTACHED = "attached", "Приобщена к делу"
    REDIRECTED = "redirected", "Перенаправлена"
    SENT_OUT = "sent_out", "Направлена за пределы банка"
    GROUP_NAMED = "group_named", "Названа группа обследования"
    GROUP_CALLED_OFF = "group_called_off", "Обследование отменено"
    SURVEYED = "surveyed", "Подписан акт обследования"
    EMERGENCY = "emergency", "Отмечена экстренной"
    EXTENDED = "extended", "Продлён срок"
    CLOSED = "closed", "Закрыта"
    UNDONE = "undone", "Шаг отменён"


class InquiryState(Term):
    """How far an inquiry to a body is."""

    WAITING = "waiting", "ждёт ответа"
    ANSWERED = "answered", "есть ответ"
    NOTHING = "nothing", "сведений нет"
    CLOSED = "closed", "закрыт"


class SurveyAccess(Term):
    """Whether the group got into the home; all three make an act."""

    TOOK_PLACE = "took_place", "обследование проведено"
    NOBODY = "nobody", "никого нет дома"
    REFUSED = "refused", "в доступе отказано"


class SurveyHeading(Term):
    """What a group looks at in a home, in the order of the act."""

    HOUSING = "housing", "Жильё и благоустройство"
    SANITATION = "sanitation", "Санитарное состояние"
    SLEEP = "sleep", "Спальное место и место для занятий"
    FOOD = "food", "Питание, запас продуктов"
    CLOTHES = "clothes", "Одежда по сезону"
    FIRE = "fire", "Пожарная безопасность"
    SAFETY = "safety", "Безопасность для возраста ребёнка"
    HEALTH = "health", "Здоровье и внешний вид детей"
    LEARNING = "learning", "Обучение и досуг"
    RELATIONS = "relations", "Отношения, признаки насилия"
    ALCOHOL = "alcohol", "Употребление алкоголя, веществ"
    INCOME = "income", "Доход и занятость"
    PAPERS = "papers", "Документы и пособия"
    DEBT = "debt", "Задолженность за жильё"
    RESOURCES = "resources", "Ресурсы семьи, родственники"


class SurveyLevel(Term):
    """How far what a heading asks is there; in the order from good to bad."""

    FULL = "full", "в полной мере"
    PARTLY = "partly", "частично"
    NOT = "not", "нет"


class SurveyTrend(Term):
    """What has become of a heading between two surveys."""

    BETTER = "better", "лучше"
    SAME = "same", "без изменений"
    WORSE = "worse", "хуже"
    UNKNOWN = "unknown", "не с чем сравнить"


class Agreement(Term):
    """How two values agree that were written apart, in the words of a comparison."""

    SAME = "same", "совпадает"
    NEAR = "near", "похоже"
    OTHER = "other", "отличается"
    UNKNOWN = "unknown", "не с чем сравнить"


class Act(Term):
    """What the journal records."""

    CREATED = "created", "добавление"
    CHANGED = "changed", "изменение"
    ANNULLED = "annulled", "аннулирование"
    MOVED = "moved", "перевод в другую семью"
    MERGED = "merged", "объединение двойников"
    PARTED = "parted", "отмена объединения"
    DELETED = "deleted", "удаление"
    LISTED = "listed", "просмотр списка"
    OPENED = "opened", "просмотр"
    SEARCHED = "searched", "поиск"
    PRINTED = "printed", "печать"
    EXPORTED = "exported", "выгрузка"
    DOWNLOADED = "downloaded", "скачивание"
    IMPORTED = "imported", "загрузка"
    UNDONE = "undone", "отмена загрузки"
    SIGNED_IN = "signed_in", "вход"
    SIGN_IN_FAILED = "sign_in_failed", "неудачный вход"
    SIGNED_OUT = "signed_out", "выход"
    LOCKED = "locked", "блокировка входа"
    PASSWORD_CHANGED = "password_changed", "смена пароля"
    SECOND_STEP_RESET = "second_step_reset", "сброс второго шага входа"
    MASS_READ = "mass_read", "массовый просмотр"
    SESSION_ENDED = "session_ended", "завершение сеанса"
    REFUSED = "refused", "отказ в доступе"
    BACKED_UP = "backed_up", "резервная копия"
    RESTORED = "restored", "восстановление из копии"
    DESTROYED = "destroyed", "уничтожение по акту"
    BACK_DATED = "back_dated", "запись в сданный период"


class DoublesVerdict(Term):
    """What was decided of two that looked like one."""

    DIFFERENT = "different", "Это разные"
    MERGED = "merged", "Объединены"


class BookWordKind(Term):
    """What a word of a hand-made book is of: the header of a column, or a word of a dictionary."""

    COLUMN = "column", "Заголовок столбца"
    ROLE = "role", "Роль в семье"
    CATEGORY = "category", "Категория семьи"
    CRITERION = "criterion", "Критерий"
    BODY_KIND = "agency_kind", "Вид органа"
    BODY = "body", "Организация"
    EDUCATION = "education", "Обучение, занятость"
    SCHOOL = "school", "Школа, детский сад"
    DOCUMENT = "document", "Вид документа"
    SUPERVISION = "supervision", "Вид учёта"
    REASON = "reason", "Причина снятия"
    AID_KIND = "aid_kind", "Вид помощи"


class BookState(Term):
    """How far the book of a settlement for a month is."""

    CHANGED = "changed", "загружена, есть изменения"
    SAME = "same", "загружена, без изменений"
    TO_MEND = "to_mend", "вернулась на исправление"
    SILENT = "silent", "не прислали"


class BookStepKind(Term):
    """What is done about the books of a month."""

    REMINDED = "reminded", "напоминание"
    ASSEMBLED = "assembled", "книга района собрана"
    RETURNED = "returned", "книга возвращена на исправление"


class GoneAnswer(Term):
    """Why a family on record is not in the book of its settlement."""

    MOVED = "moved", "переехала"
    FORGOTTEN = "forgotten", "пропущена в книге"
    TO_REMOVE = "to_remove", "снять на заседании"


class JobKind(Term):
    """What the server does for a person while the person goes on."""

    PREVIEW = "preview", "Сверка книги с банком"
    LOAD = "load", "Загрузка книги"
    UNDO = "undo", "Отмена загрузки"
    EXPORT = "export", "Выгрузка книги"
    ASSEMBLE = "assemble", "Книга района за месяц"
    PASSPORTS = "passports", "Социальные паспорта"
    PACKS = "packs", "материалы заседания"
    REPORT = "report", "Отчёт"
    SUBMIT = "submit", "Сдача отчёта"
    RECOUNT = "recount", "Пересчёт сданного отчёта"
    READY = "ready", "Проверка перед сдачей"
    BACKUP = "backup", "Резервная копия"
    CHECKUP = "checkup", "Проверка банка"
    DESTROY = "destroy", "Уничтожение по акту"


class JobState(Term):
    """How far a job is."""

    WAITING = "waiting", "ждёт очереди"
    RUNNING = "running", "выполняется"
    DONE = "done", "готово"
    REFUSED = "refused", "не выполнено"
    CANCELLED = "cancelled", "остановлено"


class KeptKind(Term):
    """Kinds of cases whose keeping has rules of its own."""

    REMOVED = "removed", "Семья, снятая с учёта"
    NEVER = "never", "Семья, не состоявшая на учёте"
    CARD = "card", "Сигнальная карта, не ставшая делом семьи"


class TermUnit(Term):
    """In what a term of keeping is counted."""

    YEAR = "year", "лет"
    MONTH = "month", "месяцев"
    DAY = "day", "дней"


class DestructionState(Term):
    """How far an act of destruction is."""

    PREPARED = "prepared", "ждёт подтверждения"
    DESTROYED = "destroyed", "уничтожено, файл базы чистится"
    WIPED = "wiped", "уничтожено"
    WITHDRAWN = "withdrawn", "отозван"
