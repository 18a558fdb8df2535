"""What is told on the signal cards of the demo bank, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from app.domain.terms import CardStepKind, DetectedDuring, SignalSource, Threat

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPENED, ASKED, ANSWERED = CardStepKind.RECEIVED, CardStepKind.ASKED, CardStepKind.ANSWERED
ENTERED, ATTACHED, SENT_ON = CardStepKind.ENTERED, CardStepKind.ATTACHED, CardStepKind.REDIRECTED
CLOSED, UNDONE, SENT_OUT = CardStepKind.CLOSED, CardStepKind.UNDONE, CardStepKind.SENT_OUT
GROUPED, EMERGENCY, SURVEYED = CardStepKind.GROUP_NAMED, CardStepKind.EMERGENCY, CardStepKind.SURVEYED
EXTENDED = CardStepKind.EXTENDED  # of the answer that is waited for
ELSEWHERE = "Комиссия города Заозёрска"  # a municipality that does not use this bank


class Step(NamedTuple):
    """What is done with a card so many minutes after it was sent.

    outcome: the code by which it is closed. days: how long a group that is named has, or an answer that is waited for
    longer. told: kinds of bodies that are told of an emergency, with who answered there.
    """

    after: int
    kind: CardStepKind
    note: str | None = None
    outcome: str = ""
    days: int = 0
    told: tuple[tuple[str, str], ...] = ()


class CardScript(NamedTuple):
    """A card and what becomes of it.

    sender: the kind of a body, or the source that has none. ago: how long ago it was sent. family: "" of a family that
    is not in the bank; else "entered", "placed" or "attached": one that is there, and how it came to it.
    children: name, or none, and age. far: sent in the neighbouring district. late: not sent within the hour.
    again: about whom the card before it is.
    """

    sender: str | SignalSource
    ago: timedelta
    text: str
    threat: Threat = Threat.NONE
    during: DetectedDuring | None = DetectedDuring.VISIT
    children: tuple[tuple[str | None, int], ...] = ()
    criteria: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    measures: str | None = None
    informant: str | None = None
    family: str = ""
    far: bool = False
    late: bool = False
    again: bool = False


SCRIPTS = (
    CardScript("5.3", timedelta(minutes=12), "Мальчик третий день не приходит в школу. Дверь открыла бабушка, "
               "где родители – не знает. В доме холодно, печь не топлена.", Threat.EXISTS,
               children=(("Захар", 9), ("Милана", 4)), criteria=("2.2.1", "2.1.3")),
    CardScript("5.5", timedelta(hours=2, minutes=40), "На приёме у педиатра: ребёнок с опрелостями, прививок нет, "
               "на два приглашения мать не пришла.", during=DetectedDuring.EXAMINATION, children=((None, 1),),
               criteria=("2.1.2",), measures="Выписаны направления, мать предупреждена письменно."),
    CardScript("5.7", timedelta(minutes=35), "Вызов соседей: трое детей одни, мать в опьянении, на полу битое "
               "стекло, газ открыт.", Threat.IMMEDIATE, DetectedDuring.CALL, (("Варвара", 6), ("Макар", 3), (None, 1)),
               ("2.3.1", "2.5.1"), (Step(6, OPENED), Step(8, EMERGENCY, told=(
                   ("5.7", "дежурная часть, Рябов"), ("5.5", "приёмное отделение, дежурный врач")))),
               measures="Газ перекрыт, вызвана скорая помощь, дети в приёмном отделении. Сообщено опеке и прокурору."),
    CardScript("5.2", DAY + 3 * HOUR, "При оформлении пособия мать с младенцем не смогла назвать место жительства.",
               during=DetectedDuring.APPEAL, children=((None, 0),),
               steps=(Step(14, OPENED), Step(90, CLOSED, "Адрес назван по телефону, сведения не подтвердились.",
                                             "not_confirmed"), Step(96, UNDONE))),
    CardScript("5.8", DAY + 5 * HOUR, "Девочка на занятии рассказала, что ночует у подруги: дома «опять праздник».",
               Threat.EXISTS, DetectedDuring.LESSONS, (("Ульяна", 12),), ("2.5.1",),
               (Step(20, OPENED), Step(55, ASKED, "Когда девочка в последний раз ночевала дома? Кто ещё из взрослых "
                                                  "там живёт?"),
                Step(24 * 60, EXTENDED, "Руководитель кружка на больничном, девочку знает только она.", days=3)),
               late=True),
    CardScript("5.3", 3 * DAY, "Ребёнок приходит голодным, на руках синяки, объяснений не даёт.", Threat.EXISTS,
               DetectedDuring.LESSONS, (("Тимофей", 8),), ("2.3.2",),
               (Step(31, OPENED), Step(60, ASKED, "Осматривал ли ребёнка медицинский работник?"),
                Step(200, ANSWERED, "Да, школьный фельдшер, в тот же день. Синяки старые, разной давности."),
                Step(220, GROUPED, "Осмотреть детей, поговорить с матерью без посторонних.", days=5))),
    CardScript("5.5", 8 * DAY, "Мать не открывает патронажной сестре вторую неделю, соседи слышат плач.",
               Threat.EXISTS, children=((None, 2),), criteria=("2.1.2",),
               steps=(Step(45, OPENED), Step(24 * 60, GROUPED, "Убедиться, что ребёнок накормлен и здоров.", days=3))),
    CardScript("", timedelta(), "Родители не работают, дети в школу ходят нерегулярно, дома антисанитария.",
               criteria=("2.1.3",), steps=(Step(25, OPENED), Step(24 * 60, ENTERED)), family="entered"),
    CardScript("", timedelta(), "Родители злоупотребляют спиртным, дети предоставлены сами себе.", Threat.EXISTS,
               criteria=("2.5.1",), steps=(Step(18, OPENED), Step(24 * 60, ENTERED),
               Step(5 * 24 * 60, CLOSED, "Семья поставлена на учёт постановлением комиссии.", "placed")),
               family="placed"),
    CardScript("5.8", 9 * DAY, "Мать пропустила две встречи с психологом, по телефону не отвечает.",
               steps=(Step(40, OPENED), Step(120, ATTACHED, "Семья уже состоит на учёте.", "attached")),
               family="attached"),
    CardScript(SignalSource.CITIZEN, 12 * DAY, "Сосед сообщает: в квартире сверху ночами плачет ребёнок.", during=None,
               informant="Лесин Егор Павлович, 8 (900) 000-00-17", steps=(Step(9, OPENED), Step(
                   2 * 24 * 60, CLOSED, "Выход в семью: младенцу полгода, режутся зубы. Условия хорошие.",
                   "not_confirmed"))),
    CardScript(SignalSource.HOTLINE, 20 * DAY, "Звонок на 112: двое детей просят еду у магазина.", Threat.EXISTS, None,
               ((None, 10), (None, 7)), informant="Оператор 112, вызов 00-417",
               steps=(Step(11, OPENED), Step(3 * 24 * 60, CLOSED, "По адресу никто не проживает, дети не найдены. "
                                                                  "Розыск ведёт полиция.", "not_found"))),
    CardScript(SignalSource.ANONYMOUS, 26 * DAY, "Во дворе говорят, что отец бьёт сына.", during=None,
               children=(("Назар", 11),), steps=(Step(35, OPENED), Step(
                   4 * 24 * 60, CLOSED, "Семья принята на сопровождение, основания для учёта нет.", "tzhs"))),
    CardScript("5.7", 33 * DAY, "Ночью на улице найден ребёнок, мать в опьянении.", Threat.IMMEDIATE,
               DetectedDuring.CALL, (("Кира", 5),), ("2.3.1",), (Step(4, OPENED), Step(
                   70, CLOSED, "Ребёнок отобран, передан в больницу. Акт опеки составлен.", "emergency"))),
    CardScript("5.2", 33 * DAY - 2 * HOUR, "Участковый сообщил о ребёнке, найденном ночью на улице.",
               during=DetectedDuring.OTHER, again=True, steps=(Step(50, OPENED), Step(
                   75, CLOSED, "Карта о том же уже есть от ОПДН.", "duplicate"))),
    CardScript("5.9", 2 * DAY, "На репетицию ребёнок приходит один за семь километров, зимой без шапки.",
               during=DetectedDuring.LESSONS, children=(("Семён", 10),),
               steps=(Step(22, OPENED), Step(80, SENT_ON, "Семья живёт в Приозёрном районе."))),
    CardScript("5.6", 6 * DAY, "Отец на приёме сказал, что дети у знакомых в другом городе и денег он им не шлёт.",
               during=DetectedDuring.APPEAL, children=(("Ульяна", 13), (None, 9)), steps=(Step(28, OPENED), Step(
                   3 * 60, SENT_OUT, f"{ELSEWHERE}. Дети живут там.", "redirected"))),
    CardScript("5.1", 4 * DAY, "Семья с тремя детьми переехала к родственникам, где живёт сейчас – сообщила школа.",
               during=DetectedDuring.OTHER, children=(("Полина", 14), ("Глеб", 12), (None, 2)), criteria=("2.2.1",),
               steps=(Step(15, OPENED), Step(95, SENT_ON, "Родственники живут в Заречном районе."), Step(130, OPENED)),
               far=True),
    CardScript("5.3", 14 * DAY, "Мать не приводит дочь в садик вторую неделю, на звонки не отвечает.",
               during=DetectedDuring.OTHER, children=(("Есения", 5),), steps=(
                   Step(30, OPENED), Step(24 * 60, GROUPED, "Узнать, где ребёнок и на что живёт семья.", days=4),
                   Step(3 * 24 * 60, SURVEYED, "Подписан акт обследования"))),
)  # fmt: skip
