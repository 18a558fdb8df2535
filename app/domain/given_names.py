"""First names that are met often, and what a name tells of the sex of who bears it."""

from __future__ import annotations

from functools import lru_cache

from app.domain import names
from app.domain.terms import Sex

MOST_KEPT = 1 << 13  # names whose reading is kept: a few thousand are borne by everybody


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WOMEN = _words(
    """
    агата агния аделина азалия аида айгуль айша аксинья алена алеся алина алиса алия алла альбина алсу анастасия
    ангелина анжела анжелика анна антонина арина ася валентина валерия варвара василиса вера вероника виктория
    виолетта галина гузель гульнара гульназ дана дарина дарья диана дина ева евгения евдокия екатерина елена
    елизавета есения жанна забава залина зарина злата зинаида зоя инга инесса инна ирина ия камила камилла карина
    каролина кира клавдия клара кристина ксения лада лариса лейла лера лиана лидия лилия лия любовь людмила майя
    маргарита марина мария марьям марьяна марфа мадина медина мелания милана милена мирослава нада надежда наталия
    наталья нелли ника нина оксана олеся ольга пелагея полина прасковья раиса регина рената римма роза розалия
    русалина сабина самира светлана серафима снежана софия софья стефания стеша сюзанна таисия тамара татьяна
    ульяна фаина фатима фируза христина эвелина эльвира эльмира эмилия эмма юлиана юлия яна ярослава гелия гулия
    гулназ
    """
)
_MEN = _words(
    """
    абдул адам азамат айдар айрат алан александр алексей али алмаз альберт амир анатолий андрей антон арсен
    арсений артем артемий артур аслан ахмед богдан борис булат вадим валентин валерий василий вениамин виктор
    виталий влад владимир владислав всеволод вячеслав габриэль геннадий георгий герман глеб гордей григорий давид
    дамир данила даниил данил даниэль данияр дементий демид демьян денис дмитрий добрыня егор елисей евгений ефим
    захар ибрагим иван игнат игорь идрис ильдар ильнур ильяс илья имран иосиф камиль карим карен кирилл клим
    константин кузьма лев леонид леонтий лука магомед макар максим марат марк марсель мартин матвей мирон мирослав
    михаил мурат мустафа мухаммад назар наиль никита николай олег оскар павел петр платон потап прохор равиль
    радик радмир рамазан рамиль рашид ренат ринат родион роман ростислав рубен руслан рустам савва савелий салават
    самир святослав семен сергей спартак станислав степан стефан тагир тарас тимофей тимур тихон федор филипп фома
    эдуард эльдар эмиль эрик юлиан юрий юсуф яков ян ярослав вагиф
    """
)
_OF_BOTH = frozenset(("саша", "женя", "валя", "слава", "шура", "паша", "сима"))
_PATRONYMICS_OF_MEN = ("вич", "ьич", "мич", "кич", "тич", "ыч", "оглы", "углы", "улы", "уулу")
_PATRONYMICS_OF_WOMEN = ("вна", "чна", "шна", "кызы", "кизи", "гызы")
_SURNAMES_OF_WOMEN = ("ова", "ева", "ина", "ына", "ая", "яя")
_SURNAMES_OF_MEN = ("ов", "ев", "ин", "ын", "ий", "ый", "ой")
_BARE_WOMEN = ("а", "я")


@lru_cache(MOST_KEPT)
def is_given(word: str) -> bool:
    """Whether a word is a first name that is met often."""
    key = names.folded(word)
    return key in _WOMEN or key in _MEN


@lru_cache(MOST_KEPT)
def is_patronymic(word: str) -> bool:
    """Whether a word is a patronymic by its ending."""
    key = names.folded(word)
    return len(key) > 4 and key.endswith((*_PATRONYMICS_OF_MEN, *_PATRONYMICS_OF_WOMEN))


def sex_of(last: str | None, first: str | None, middle: str | None) -> Sex | None:
    """The sex that a name tells: the patronymic before the first name, the first name before the surname."""
    if (told := _of_patronymic(middle)) is not None:
        return told
    key = names.folded(first)
    if key in _OF_BOTH:
        key = ""
    if key in _WOMEN or key in _MEN:
        return Sex.FEMALE if key in _WOMEN else Sex.MALE
    surname = names.folded(last)
    if surname.endswith(_SURNAMES_OF_WOMEN):
        return Sex.FEMALE
    if surname.endswith(_SURNAMES_OF_MEN):
        return Sex.MALE
    if len(key) > 2:
        return Sex.FEMALE if key.endswith(_BARE_WOMEN) else None
    return None


@lru_cache(MOST_KEPT)
def _of_patronymic(middle: str | None) -> Sex | None:
    """The sex that a patronymic tells."""
    key = names.folded(middle)
    if key.endswith(_PATRONYMICS_OF_MEN):
        return Sex.MALE
    return Sex.FEMALE if key.endswith(_PATRONYMICS_OF_WOMEN) else None
