"""Приложение 4: the rule of each figure in words, with its clause, and what stands beside its list."""

from __future__ import annotations

from dataclasses import replace

from app.reports import near
from app.reports.near import StayMoment
from app.reports.period_figures import CHILD, ON_RECORD
from app.reports.quarterly_rows import PeriodRows
from app.reports.report import Indicator

_CARDS = (
    "Карты, направленные в периоде: сигнальные – по дню отправки, где бы они ни были теперь, и карты учёта, если семью "
    "привела не сигнальная"
)
_AID = "помощь с датой в периоде семье, которая в этот день состояла на учёте"
_SUPPORT = "Разные дети графы 18, о которых так сказано в сопровождении обучающихся за кварталы, задетые периодом"
_OFF = "дети снятых в периоде семей на день снятия"

# By the beginning of a key, the longest first: what is counted, and when a stay counts.
RULES: dict[str, tuple[str, StayMoment | None]] = {
    "4": (f"{_CARDS} (графа 4).", None),
    "5.": (f"{_CARDS}; по виду органа, который направил (графы 5.1–5.9; без своей графы – 5.9).", None),
    "no sender": ("Карты учёта, о которых не сказано, кто их направил: они есть в графе 4 и нет в 5.1–5.9.", None),
    "6": (f"Семьи на учёте на конец дня перед периодом. {ON_RECORD} (графа 6).", StayMoment.START),
    "7": (f"Дети семей графы 6: {CHILD} (графа 7).", StayMoment.START),
    "8": ("Постановки на учёт с датой в периоде, повторные тоже (Положение, 3.1; графа 8).", StayMoment.PLACED),
    "9": (f"Дети семей графы 8 на день постановки: {CHILD} (графа 9).", StayMoment.PLACED),
    "10": ("Снятия с учёта с датой в периоде (Положение, 3.5; графа 10).", StayMoment.REMOVED),
    "11.": ("Снятия графы 10 по причине графы или её подпричинам (графы 11.1–11.4).", StayMoment.REMOVED),
    "no reason": ("Снятия графы 10, у которых не указана причина.", StayMoment.REMOVED),
    "12": (f"Семьи на учёте на конец последнего дня. {ON_RECORD} (графа 12).", StayMoment.END),
    "13": ("Семьи графы 12 с критерием 2.1, действующим в последний день.", StayMoment.END),
    "14": ("Семьи графы 12 с критерием 2.2, действующим в последний день.", StayMoment.END),
    "15": ("Семьи графы 12 с критерием 2.3, действующим в последний день.", StayMoment.END),
    "16": ("Семьи графы 12 с критерием 2.4, действующим в последний день.", StayMoment.END),
    "17": ("Семьи графы 12 с критерием 2.5, действующим в последний день.", StayMoment.END),
    "no criterion": ("Семьи графы 12, у которых в последний день нет основного критерия.", StayMoment.END),
    "18": (f"Дети семей графы 12: {CHILD} (графа 18).", StayMoment.END),
    "came": ("Дети графы 18, которых нет ни в графе 7, ни в графе 9.", None),
    "gone": ("Дети граф 7 и 9, которых нет в графе 18.", None),
    "1.1": ("Семьи графы 12 с категорией, которую справочник относит к этому признаку (строка 1.1).", StayMoment.END),
    "1.2 employed": (f"Разные взрослые получатели трудоустройства: {_AID} (строка 1.2).", None),
    "1.2 address amount": (f"Сумма адресной помощи органов социальной защиты: {_AID} (строка 1.2).", None),
    "1.2": (f"Разные семьи: {_AID}, вида этой строки (строка 1.2).", None),
    "2.1": ("Дети графы 18 этого возраста в последний день; верхняя граница не входит (строка 2.1).", StayMoment.END),
    "rt ": ("Дети графы 18 этого возраста в последний день, полных лет.", StayMoment.END),
    "2.2": ("Дети графы 18 по обучению, занятости в последний день (строка 2.2).", StayMoment.END),
    "preschool": ("Дети графы 18: дошкольники по занятости последнего дня (строка 2.2).", StayMoment.END),
    "attends": ("Дети графы 18, которые в последний день посещают ДОУ (строка 2.2).", StayMoment.END),
    "school": ("Дети графы 18, которые в последний день учатся в муниципальных ОУ (строка 2.2).", StayMoment.END),
    "college": ("Дети графы 18, которые в последний день учатся в ПУ (строка 2.2).", StayMoment.END),
    "otherwise": ("Дети графы 18 с иной занятостью последнего дня (строка 2.2).", StayMoment.END),
    "unknown": ("Дети графы 18, чьё обучение в последний день не указано: не угадывается.", StayMoment.END),
    "2.3": ("Дети графы 18 из семей с категорией малообеспеченных (строка 2.3).", StayMoment.END),
    "2.4": (f"{_SUPPORT} (строка 2.4).", None),
    "2.5": (f"{_SUPPORT} (строка 2.5).", None),
    "2.6": (f"{_SUPPORT} (строка 2.6).", None),
    "removed children all": (f"Всего: {_OFF}, и дети, выбывшие в периоде из семьи, которая осталась.", None),
    "removed children objective": (f"По объективным причинам: {_OFF}, и дети, выбывшие из семьи, которая осталась.",
                                   None),
    "removed children": (f"По строке справочника причин: {_OFF}.", StayMoment.REMOVED),
}  # fmt: skip


def rule_of(key: str) -> tuple[str, StayMoment | None]:
    """The rule of a figure in words, and when a stay counts for it."""
    return RULES[max((start for start in RULES if key.startswith(start)), key=len)]


def explained(one: Indicator, rows: PeriodRows) -> Indicator:
    """A figure of the form with its rule and what stands beside it."""
    rule, moment = rule_of(one.key)
    beside = None
    if moment is not None and one.source is rows.stays:
        otherwise = {StayMoment.REMOVED: near.reason_of, StayMoment.END: near.criterion_of}.get(moment, near.OTHERWISE)
        beside = near.of_stays(rows, one.where, moment, otherwise)
    elif moment is not None and one.source is rows.children:
        beside = near.of_children(rows, one.where, moment)
    elif one.source is rows.aids:
        beside = near.of_aids(rows, one.where, "другой вид помощи или исполнитель")
    return replace(one, rule=rule, near=beside)
