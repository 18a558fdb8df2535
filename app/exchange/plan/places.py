"""Where the families of a workbook live and which bodies it names: of the bank, or to be created."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches

from rapidfuzz import fuzz
from sqlalchemy import func, select

from app.domain import names
from app.domain.terms import BookWordKind, TerritoryKind
from app.exchange.changes import BodyRef, PlaceRef
from app.exchange.likeness import NamesInBank, bare_place
from app.exchange.plan import resembling
from app.exchange.plan.comparing import Comparison
from app.exchange.records import FamilyRow, Row
from app.exchange.rows import Fault, Notice, SheetRows
from app.exchange.workbook import AS_OF, DISTRICT, FACTS, FAMILIES, Sheet
from app.extensions import db
from app.models import BookWord, ImportBatch

NEAR = 0.8  # so much of two names is the same in those that differ by a letter or two
COMMON = {
    "сельское",
    "сельский",
    "городское",
    "городской",
    "поселение",
    "поселения",
    "район",
    "округ",
    "город",
    "поселок",
    "село",
    "деревня",
    "станица",
    "хутор",
    "совет",
    "администрация",
    "муниципальное",
    "образование",
}
LIKE = 80.0  # of a hundred: from where on two names without the words of their kind resemble each other
MOST_OFFERED = 3
FARTHEST_AHEAD = timedelta(days=92)  # a workbook may be made ready before the last day of its quarter


class PlacesOfBook:
    """The district, the territories and the bodies of one workbook."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.plan, self.content, self.scope = comparison.plan, comparison.content, comparison.scope
        self.known = comparison.places
        self.place_refs: dict[str, PlaceRef] = {}
        self.body_refs: dict[tuple[str, str], BodyRef] = {}
        self.kinds_by_name: dict[str, set[str]] = {}
        self.body_words: dict[str, str] = {}
        self.said_of_bodies: dict[tuple[str, str], str] = {}
        self.met: dict[tuple[str, str | None], BodyRef] = {}  # agencies as the book writes them

    def _fault_of_facts(self, text: str) -> bool:
        self.content.add(Fault(FACTS, None, DISTRICT, "", self.content.district, text))
        return False

    def find_district(self) -> bool:
        """The district of «Район», known or to be made; whose families the person keeps."""
        wanted = names.key(self.content.district)
        districts = {
            territory_id
            for territory_id, row in self.known.territories.items()
            if row.kind is TerritoryKind.DISTRICT and wanted in self.known.names_of(territory_id)
        }
        mine = {each for each in districts if any(map(self.scope.covers_territory, self.known.below(each)))}
        if not districts:
            if not any(map(self.scope.covers_territory, self.known.roots)):
                return self._fault_of_facts(
                    f"Района «{self.content.district}» нет среди ваших территорий: проверьте название "
                    "или попросите координатора региона добавить район."
                )
            self.plan.new_places.append(self.plan.district)
            return True
        if not mine:
            return self._fault_of_facts(
                f"Район «{self.content.district}» вам не поручен: его загружает его координатор."
            )
        if len(mine) > 1:
            return self._fault_of_facts(f"Районов с названием «{self.content.district}» несколько: уточните название.")
        self.plan.district.id = mine.pop()
        return True

    def check_date(self) -> None:
        """The day that the workbook tells of does not lie far ahead."""
        if self.comparison.ahead > FARTHEST_AHEAD:
            text = "Дата, на которую даны сведения, ещё далеко впереди: проверьте год."
            self.content.add(Fault(FACTS, None, AS_OF, "", f"{self.comparison.as_of:%d.%m.%Y}", text))
        elif self.comparison.ahead.days > 0:
            self.content.notices.append(Notice(FACTS, None, "Дата, на которую даны сведения, ещё не наступила."))

    def note_later(self) -> None:
        """Say that the bank has learned of a later day already, if the workbook would change anything."""
        batch = ImportBatch.__table__
        later = db.session.scalar(
            select(func.max(batch.c.as_of)).where(
                batch.c.district_id == self.plan.district.id, batch.c.undone_at.is_(None),
                batch.c.as_of > self.comparison.as_of,
            )
        )  # fmt: skip
        if later is not None and self.plan.changes:
            text = (
                f"Книга этого района на {later:%d.%m.%Y} уже загружена, а эта – на более ранний день: то, что "
                "изменилось позже, может стать прежним. Проверьте изменения."
            )
            self.content.notices.append(Notice(FACTS, None, text))

    def index(self) -> None:
        """Look up what the bank knows by every name it goes by."""
        self._index_places()
        self._index_bodies()

    def _index_places(self) -> None:
        """Territories of the district by every name they go by; the nearest wins."""
        if self.plan.district.id is None:
            self.place_refs[names.key(self.content.district)] = self.plan.district
            return
        for territory_id in self.known.below(self.plan.district.id):
            ref = PlaceRef(self.known.territories[territory_id].name, territory_id)
            if territory_id == self.plan.district.id:
                ref = self.plan.district
            for key in self.known.names_of(territory_id):
                self.place_refs.setdefault(key, ref)

    def _index_bodies(self) -> None:
        """Agencies by kind and name: of the district, then of its parts, then of what is above it."""
        if self.plan.district.id is None:
            near = list(self.known.roots)
        else:
            near = [*self.known.below(self.plan.district.id), *self.known.above(self.plan.district.id)]
        rank = {territory_id: place for place, territory_id in enumerate(near)}
        bodies = [body for body in self.known.bodies.values() if body.territory_id in rank]
        for body in sorted(bodies, key=lambda body: (rank[body.territory_id], body.id)):
            self.body_refs.setdefault((body.kind, body.key), BodyRef(body.name, body.kind, body.id))
            self.kinds_by_name.setdefault(body.key, set()).add(body.kind)
        word = BookWord.__table__
        rows = select(word.c.text_key, word.c.meaning).where(
            word.c.kind == BookWordKind.BODY, word.c.retired.is_(False)
        )
        self.body_words = {row.text_key: row.meaning for row in db.session.execute(rows)}

    def place(self, name: str, row: FamilyRow) -> PlaceRef:
        """The territory that a row names; one that is not known is to be created."""
        key = names.key(name)
        if key not in self.place_refs and self.comparison.asks_of_names and (near := self._places_like(key)):
            said = names.key(resembling.chosen(self.comparison, FAMILIES, row, resembling.PLACE, name, near))
            if said in self.place_refs:
                self.place_refs[key] = self.place_refs[said]
        elif key not in self.place_refs:
            self._note_like(name, key)
        if key not in self.place_refs:
            self.place_refs[key] = PlaceRef(name)
            self.plan.new_places.append(self.place_refs[key])
        return self.place_refs[key]

    def _places_like(self, key: str) -> list[str]:
        """The territories of the district that a new one resembles, the nearest first."""
        wanted = bare_place(key) or key
        scored = {
            ref.name: fuzz.ratio(wanted, bare_place(known) or known)
            for known, ref in self.place_refs.items()
            if _telling(known) & _telling(key) or fuzz.ratio(wanted, bare_place(known) or known) >= LIKE
        }
        return sorted(scored, key=lambda name: -scored[name])[:MOST_OFFERED]

    def _note_like(self, name: str, key: str) -> None:
        """Say of a territory to be created which one it may be: a spelling makes no place."""
        near = get_close_matches(key, self.place_refs, n=1, cutoff=NEAR)
        near = near or [known for known in self.place_refs if _telling(known) & _telling(key)]
        if near:
            text = (
                f"«{name}» – новая территория, похожая на «{self.place_refs[near[0]].name}»: если это она, исправьте "
                "название в книге или добавьте его к другим названиям территории."
            )
            self.content.notices.append(Notice(FAMILIES.title, None, text))
        elif any(key in self.known.names_of(each) for each in self.known.territories):
            text = f"«{name}» есть в другом районе, в этом такая территория будет создана: проверьте, тот ли это район."
            self.content.notices.append(Notice(FAMILIES.title, None, text))

    def kind_of(self, name: str, place: PlaceRef) -> TerritoryKind:
        """What a territory is: one to be created is a settlement, unless it is called like the region."""
        if place.id is not None:
            return self.known.territories[place.id].kind
        key = names.key(name)
        above = self.known.roots if self.plan.district.id is None else self.known.above(self.plan.district.id)
        kinds = (self.known.territories[each].kind for each in above if key in self.known.names_of(each))
        return next(kinds, TerritoryKind.SETTLEMENT)

    def body(self, form: Sheet, row: Row, kind: str | None, name: str | None) -> BodyRef | None:
        """The agency of a row; one that is only known by its kind is called like the kind."""
        if kind is None:
            return None
        if (kind, name) not in self.met:
            self.met[kind, name] = self._body(form, row, kind, name)
        return self.met[kind, name]

    def _body(self, form: Sheet, row: Row, kind: str, name: str | None) -> BodyRef:
        if name is not None and (kind, names.key(name)) not in self.body_refs:
            name = self._called(form, row, kind, name)
        name = name or self.comparison.codes["agency_kind"].names[kind]
        key = (kind, names.key(name))
        if key not in self.body_refs:
            self.body_refs[key] = BodyRef(name, kind)
            self.plan.new_bodies.append(self.body_refs[key])
        return self.body_refs[key]

    def _called(self, form: Sheet, row: Row, kind: str, name: str) -> str:
        """What an agency that the bank does not know by its name is called there, if it is there."""
        key = (kind, names.key(name))
        if key in self.said_of_bodies:
            return self.said_of_bodies[key]
        called = self.body_words.get(key[1], name)
        if (kind, names.key(called)) not in self.body_refs:
            called = name
            bodies = [(ref.kind, ref.name) for ref in self.body_refs.values() if ref.kind == kind]
            sure, near = NamesInBank(bodies=bodies).bodies_like(name, kind)
            if self.comparison.asks_of_names and (may_be := [one for _, one in ([sure] if sure else near)]):
                offered = sure[1] if sure else None
                called = resembling.chosen(self.comparison, form, row, resembling.BODY, name, may_be, offered)
        self.said_of_bodies[key] = called
        return called

    def body_of(self, sheet: SheetRows, row: Row, kind_field: str, name_field: str) -> tuple[BodyRef | None, bool]:
        """The agency that a row names by its kind and name, or by a name that only one kind bears; whether it can be
        told.
        """
        kind, name = getattr(row, kind_field), getattr(row, name_field)
        if kind is None and name is not None and kind_field not in row.bad:
            kinds = self.kinds_by_name.get(names.key(name), set())
            if len(kinds) != 1:
                text = f"«{name}»: такой организации в банке нет, впишите «{sheet.sheet.column(kind_field).header}»."
                self.comparison.content.fault(sheet, row, kind_field, text)
                return None, False
            kind = next(iter(kinds))
        return self.body(sheet.sheet, row, kind, name), True


def _telling(key: str) -> set[str]:
    """The words of a name that tell one territory from another."""
    return {word for word in key.split() if len(word) > 3} - COMMON
