"""The demo bank obeys every rule, is the same for the same seed, and holds each thing that may happen to a family."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from app import access, clock, journal, scopes, signer
from app.demo import accounts as demo_accounts
from app.demo import bank as demo
from app.demo import names as invented
from app.domain import ages, names, periods, registration, terms
from app.domain.refusal import Refusal
from app.extensions import db
from app.models import (
    Agency,
    AgencyFinding,
    AgencyInquiry,
    AgencyKind,
    Aid,
    Assignment,
    CardChild,
    CardExtension,
    Decision,
    Education,
    Family,
    FamilyCategory,
    HomeTerritory,
    IdentityDocument,
    JournalEntry,
    Member,
    Mentor,
    Model,
    Paper,
    PlannedMeasure,
    Programme,
    PupilSupport,
    Registration,
    RelationshipKind,
    RemovalReason,
    SearchWord,
    SignalCard,
    Stage,
    SurveyAct,
    Territory,
    User,
)
from app.readings import card_clocks, watching
from app.readings import signals as readings
from app.readings.clocks import DeadlinesInUse
from app.reports import quarterly
from app.reports.places import ReportPlaces
from app.services import accounts, family_keys, inquiries, papers, signals
from tests.reports import by_hand
from tests.states import kept

pytestmark = pytest.mark.one_database(
    "what is invented is invented in Python; test_doctor.py finds the demo bank sound on Postgres"
)

TODAY = date(2026, 10, 12)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@kept
def demo_bank(cast: Any) -> None:
    """An installed bank without families, filled."""
    demo.fill(TODAY)


def rows(entity: Any) -> list[Any]:
    return list(db.session.scalars(select(entity)))


def by_family(entity: Any) -> dict[int, list[Any]]:
    found = defaultdict(list)
    for row in rows(entity):
        found[row.family_id].append(row)
    return found


def snapshot() -> dict[str, list[Any]]:
    """Everything the generator writes, as the database keeps it, but for the codes of papers that nobody may guess."""
    tables = [table for table in Model.metadata.sorted_tables if table.name != "journal_entry"]
    return {table.name: _content(table) for table in tables}


def _content(table: Table) -> list[Any]:
    columns = [column for column in table.c if (table.name, column.name) != ("agenda_item", "code")]
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(*table.primary_key))]


def present(member: Member, day: date) -> bool:
    return (member.joined_on is None or member.joined_on <= day) and (member.left_on is None or member.left_on > day)


def test_the_same_seed_gives_the_same_bank_and_another_seed_another(app: Any) -> None:
    seen = []
    for seed in (1, 1, 2):
        demo.fill(TODAY, families=15, seed=seed)
        seen.append(snapshot())
        db.session.rollback()
    assert seen[0] == seen[1]
    assert seen[0]["member"] != seen[2]["member"]


def test_the_journal_of_the_demo_bank_gives_every_row(demo_bank: None) -> None:
    assert list(journal.all_differences()) == []
    entries = db.session.scalars(select(JournalEntry).where(JournalEntry.family_id.is_not(None))).all()
    assert len(entries) > 15 * demo.SIZE
    assert not [entry for entry in entries if entry.summary.endswith((": ", "None"))]


def test_a_bank_that_holds_families_is_not_filled(demo_bank: None) -> None:
    with pytest.raises(Refusal, match="уже есть семьи"):
        demo.fill(TODAY)


def test_programmes_are_in_every_state_and_what_was_done_in_them_is_aid(demo_bank: None) -> None:
    programmes, stages, measures = rows(Programme), rows(Stage), rows(PlannedMeasure)
    assert {one.state for one in programmes} == set(terms.ProgrammeState)
    assert {one.state(TODAY) for one in stages} == set(terms.StageState)
    assert {one.sort for one in stages} == set(terms.StageSort)
    assert {one.state for one in measures} == set(terms.MeasureState)
    assert any(one.is_overdue(TODAY) for one in measures)
    assert watching.idle_plans(TODAY), "a plan in which nothing is done"
    regular = [aid for aid in rows(Aid) if aid.rhythm]
    assert all(aid.until and aid.batch for aid in regular)
    assert len({aid.family_id for aid in regular}) > 1, "one form of a school for several families"
    assert {aid.planned_id for aid in rows(Aid) if aid.planned_id} == {
        one.id for one in measures if one.state is terms.MeasureState.DONE
    }


def test_members_and_stays_obey_the_rules(demo_bank: None) -> None:
    members, stays = by_family(Member), by_family(Registration)
    assert len(members) == demo.SIZE
    for family_members in members.values():
        for member in family_members:
            registration.check_member(
                born_on=member.born_on, joined_on=member.joined_on, left_on=member.left_on, today=TODAY
            )
    for family_id, all_stays in stays.items():
        live = [stay for stay in all_stays if stay.annulled_at is None]
        assert live, f"family {family_id} was never on record"
        for stay in live:
            others = [(other.registered_on, other.removed_on) for other in live if other is not stay]
            registration.check_placing(
                registered_on=stay.registered_on,
                decided_on=stay.decision.decided_on,
                others=others,
                removed_on=stay.removed_on,
                criteria=len(stay.criteria),
                today=TODAY,
            )
            assert stay.decision.kind is terms.DecisionKind.PLACE
            assert stay.card_sent_on <= stay.registered_on <= stay.received_on <= TODAY
            assert stay.entered_on is None or stay.received_on <= stay.entered_on <= TODAY
            if stay.removed_on:
                assert stay.removal_decision.kind is terms.DecisionKind.REMOVE
                registration.check_removal(
                    registered_on=stay.registered_on,
                    removed_on=stay.removed_on,
                    decided_on=stay.removal_decision.decided_on,
                    has_reason=stay.removal_reason_id is not None,
                    today=TODAY,
                )


def test_a_family_on_record_has_a_child_on_every_day_of_it(demo_bank: None) -> None:
    members = by_family(Member)
    for stay in rows(Registration):
        if stay.annulled_at:
            continue
        last = stay.removed_on - DAY if stay.removed_on else TODAY
        if stay.removal_reason and stay.removal_reason.code == "11.1":
            assert not any(ages.is_minor(member.born_on, stay.removed_on) for member in members[stay.family_id])
            last = stay.removed_on - 17 * DAY
        for day in (stay.registered_on, last):
            assert any(ages.is_minor(child.born_on, day) and present(child, day) for child in members[stay.family_id])


def test_nothing_that_happened_lies_in_the_future(demo_bank: None) -> None:
    assert max(row.decided_on for row in rows(Decision)) <= TODAY
    assert max(row.given_on for row in rows(Aid)) <= TODAY
    assert max(row.issued_on for row in rows(IdentityDocument)) <= TODAY
    assert max(row.started_on for row in rows(Education)) <= TODAY
    for table in ("family", "member", "registration", "aid"):
        created = [row.created_at.date() for row in db.session.execute(select(Model.metadata.tables[table]))]
        assert max(created) <= TODAY


def test_aid_is_given_to_those_in_the_family_that_day_while_on_record(demo_bank: None) -> None:
    stays = by_family(Registration)
    for aid in rows(Aid):
        assert aid.recipients
        assert (aid.amount is not None) <= aid.kind.has_amount
        for member in aid.recipients:
            assert member.family_id == aid.family_id
            assert present(member, aid.given_on)
            assert member.born_on <= aid.given_on
        assert any(
            registration.on_record(stay.registered_on, stay.removed_on, aid.given_on) or stay.removed_on == aid.given_on
            for stay in stays[aid.family_id]
        )


def test_categories_agree_with_the_members(demo_bank: None) -> None:
    stays = by_family(Registration)
    for family in rows(Family):
        codes = {category.code for category in family.categories}
        ends = [stay.removed_on or TODAY for stay in stays[family.id] if stay.annulled_at is None]
        if not ends:  # entered, and not on record yet
            continue
        day = max(ends)
        here = [member for member in family.members if present(member, day) and member.born_on <= day]
        minors = [member for member in here if ages.is_minor(member.born_on, day)]
        roles = {member.role.name for member in here}
        assert ("1" in codes) == (len(minors) >= 3)
        assert ("5" in codes) == (family.income_per_member < 15_000)
        assert ("9" in codes) == ({"мать", "отец"} <= roles)
        assert ("12" in codes) == ("опекун" in roles)
        if codes & {"2", "10", "4"}:
            assert "отец" not in roles
        assert family.stated_size == len(here)


def test_families_are_found_by_the_keys_of_their_members(demo_bank: None) -> None:
    words = by_family(SearchWord)
    for family in rows(Family):
        people = [
            family_keys.NamedMember(
                member.last_name, member.first_name, member.middle_name, member.role.parental_role,
                member.left_on is None or member.left_on > TODAY,
            )
            for member in family.members
        ]  # fmt: skip
        keys = family_keys.keys_of(family.number, people, (family.registered_address, family.actual_address))
        assert (family.name, family.sort_key, family.search_key) == keys[:3]
        assert {row.word for row in words[family.id]} == keys.words


def test_each_thing_that_may_happen_happens(demo_bank: None) -> None:
    stays = rows(Registration)
    live = [stay for stay in stays if stay.annulled_at is None]
    roots = {stay.removal_reason.code[:4] for stay in live if stay.removal_reason}
    assert {"11.1", "11.2", "11.3", "11.4"} <= roots
    assert all(stay.note for stay in live if stay.removal_reason and stay.removal_reason.code.startswith("11.4"))
    assert any(stay.annulled_at for stay in stays)
    assert any(len(stay.criteria) > 1 for stay in live)
    changed = [stay for stay in live if len(stay.criteria_by_days) > 1]
    assert any(stay.removed_on for stay in changed)
    assert any(stay.removed_on is None for stay in changed)
    per_family = defaultdict(int)
    for stay in live:
        per_family[stay.family_id] += 1
    assert {1, 2, 3} <= set(per_family.values())
    waiting = [stay for stay in live if stay.entered_on is None]
    assert any(stay.received_on + 3 * DAY < TODAY for stay in waiting)
    assert any(stay.received_on + 3 * DAY >= TODAY for stay in waiting)
    assert any(stay.entered_on and stay.entered_on > stay.received_on + 3 * DAY for stay in live)
    ages_now = {ages.full_years(member.born_on, TODAY) for member in rows(Member)}
    assert set(range(18)) <= ages_now
    assert any((TODAY - member.born_on).days < 30 for member in rows(Member))
    assert any(0 < (ages.years_before(member.born_on, -18) - TODAY).days < 90 for member in rows(Member))
    assert any(stay.removed_on and (TODAY - stay.removed_on).days < 30 for stay in live)
    assert any(member.left_on for member in rows(Member))
    assert any(member.joined_on for member in rows(Member))
    assert {kind.code for kind in rows(AgencyKind) if kind.scheme == "appendix4"} <= {
        agency.kind.code for agency in rows(Agency)
    }
    assert {support.holidays for support in rows(PupilSupport)} >= set(terms.HolidayActivity)
    assert rows(Mentor)
    assignments = rows(Assignment)
    assert any(row.family_id for row in assignments)
    assert any(row.territory_id for row in assignments)


def test_names_of_places_and_people_compare_as_the_bank_compares_them(demo_bank: None) -> None:
    for territory in rows(Territory):
        assert territory.name_key == names.key(territory.name)
    for member in rows(Member):
        assert member.sort_key == family_keys.member_sort_key(member.last_name, member.first_name, member.middle_name)


def test_one_sign_in_per_role_sees_the_rows_of_that_role(demo_bank: None) -> None:
    made = demo_accounts.create()
    assert {sign_in.role for sign_in in made} == set(terms.Role)
    seen = {}
    for sign_in in made:
        user = db.session.scalars(select(User).where(User.username == sign_in.username)).one()
        assert accounts.matches(user.password, sign_in.password)
        assert not accounts.account_of(user).must_change_password
        scope = scopes.scope_of(user, [sign_in.role], TODAY)
        seen[sign_in.username] = len(db.session.scalars(scope.family_ids()).all())
    assert seen["koordinator"] == demo.SIZE
    assert 0 < seen["specialist"] < demo.SIZE
    assert 0 < seen["kdn"] < demo.SIZE
    assert seen["admin"] == seen["auditor"] == seen["region"] == seen["sosed"] == 0
    assert rows(HomeTerritory)


def test_the_coordinator_of_the_demo_signs_papers_by_position(demo_bank: None) -> None:
    demo_accounts.create()
    user = db.session.scalars(select(User).where(User.username == "koordinator")).one()
    with access.acting_as(scopes.scope_of(user, [terms.Role.COORDINATOR], TODAY)):
        by = signer.present()
    assert (by.position, by.name) == ("муниципальный координатор банка данных", "Кленовская Валентина Петровна")
    assert by.agency


def test_new_passwords_replace_the_old_ones_of_demo_users_only(demo_bank: None, user_named: Any) -> None:
    first = {sign_in.username: sign_in.password for sign_in in demo_accounts.create()}
    others = user_named("anna").password
    second = {sign_in.username: sign_in.password for sign_in in demo_accounts.renew()}
    assert first.keys() == second.keys()
    for username, password in second.items():
        user = user_named(username)
        assert accounts.matches(user.password, password)
        assert not accounts.matches(user.password, first[username])
    assert user_named("anna").password == others


def test_the_demo_is_large_enough_for_every_reason_and_category(demo_bank: None) -> None:
    known = {row.name for row in rows(RelationshipKind)}
    assert {member.role.name for member in rows(Member)} <= known
    assert len({stay.removal_reason_id for stay in rows(Registration)} - {None}) >= 8
    assert len(rows(RemovalReason)) >= 8
    used = {category.code for family in rows(Family) for category in family.categories}
    assert {"1", "2", "3", "4", "5", "9", "10", "12", "13"} <= used
    assert used <= {category.code for category in rows(FamilyCategory)}


def test_the_command_shows_the_sign_ins_once_and_then_how_to_renew_them(app: Any) -> None:
    def run(*options: str) -> Any:
        return app.test_cli_runner().invoke(args=["bank", "demo", "--families", "12", *options])

    first = run("--if-empty", "--port", "8123")
    assert first.exit_code == 0, first.output
    assert "http://127.0.0.1:8123/" in first.output
    assert all(role.value in first.output for role in terms.Role)
    assert list(papers.faults(clock.now())) == []
    assert len(rows(Paper)) >= 6
    again = run("--if-empty")
    assert again.exit_code == 0
    assert "--new-passwords" in again.output
    assert "koordinator" not in again.output
    renewed = run("--new-passwords")
    assert "koordinator" in renewed.output
    refused = run()
    assert refused.exit_code == 1
    assert "уже есть семьи" in refused.output


def test_there_are_signal_cards_in_every_state_and_each_has_come_there_by_its_steps(demo_bank: None) -> None:
    cards = rows(SignalCard)
    assert {signals.state(card) for card in cards} == set(terms.CardState)
    assert {card.source for card in cards} == set(terms.SignalSource)
    assert {card.outcome.code for card in cards if card.outcome} >= {
        "placed", "attached", "redirected", "tzhs", "not_confirmed", "not_found", "emergency", "duplicate",
    }  # fmt: skip
    not_told = {terms.CardStepKind.GROUP_CALLED_OFF}
    assert {step.kind for card in cards for step in card.steps} == set(terms.CardStepKind) - not_told
    extended = [one for card in cards for one in card_clocks.running(card, DeadlinesInUse.read()) if one.extended]
    assert [one.due for one in extended] == [row.until for row in rows(CardExtension)]
    assert any(card.threat is terms.Threat.IMMEDIATE and card.closed_at is None for card in cards)
    assert any(child.name is None for card in cards for child in card.children)
    assert any(card.criteria for card in cards)
    moment = datetime(2026, 10, 12, 9, tzinfo=UTC)
    late = [moment - clock.in_utc(card.arrived_at) > 60 * MINUTE for card in cards if card.received_at is None]
    assert set(late) == {True, False}
    for card in cards:
        moments = [clock.in_utc(step.at) for step in card.steps]
        assert moments == sorted(moments)
        assert max(moments) <= moment
        assert card.detected_at <= card.sent_at <= card.arrived_at
        assert card.sent_on == clock.local(card.sent_at).date()
        assert {row.word for row in card.words} >= set(names.words(card.full_name, card.address))


def test_a_card_of_a_family_was_sent_by_who_reported_the_family(demo_bank: None) -> None:
    brought = [
        card for card in rows(SignalCard) if card.family and not (card.outcome and card.outcome.code == "attached")
    ]
    assert len(brought) == 2
    for card in brought:
        stay = card.family.registrations[-1]
        assert (card.agency, card.sent_on) == (stay.sender, stay.card_sent_on)
    form = quarterly.quarterly(periods.year_period(2026), ReportPlaces().tree.roots[0])
    wanted = by_hand.form(rows(Family), date(2026, 1, 1), date(2026, 12, 31), cards=rows(SignalCard))
    assert form.number("4") == wanted["Всего"]["4"]
    assert form.number("4") > len(rows(SignalCard))


def test_children_of_cards_bear_the_surname_of_their_sex(demo_bank: None) -> None:
    boys = {name for name, *_patronymics in invented.MEN}
    changed = {surname for surname in invented.SURNAMES if invented.feminine(surname) != surname}
    of_women = {invented.feminine(surname) for surname in changed}
    named = [child.name.split() for child in db.session.scalars(select(CardChild)) if child.name]
    assert {first in boys for _last, first, *_rest in named} == {True, False}
    for last, first, *_rest in named:
        for part in last.split("-"):
            assert part not in (of_women if first in boys else changed), (last, first)


def test_two_districts_see_a_card_that_went_from_one_to_the_other(demo_bank: None, user_named: Any) -> None:
    demo_accounts.create()
    with access.acting_as(scopes.scope_of(user_named("sosed"), [terms.Role.COORDINATOR], TODAY)):
        here = rows(SignalCard)
        gone = readings.sent_on()
    assert [(card.district.name, card.received_at) for card in here] == [("Приозёрный район", None)]
    assert [(one.to, one.state) for one in gone] == [("Заречное городское поселение", terms.CardState.RECEIVED)]


def test_the_specialist_of_the_demo_has_a_question_to_answer(demo_bank: None, user_named: Any) -> None:
    demo_accounts.create()
    with access.acting_as(scopes.scope_of(user_named("specialist"), [terms.Role.SPECIALIST], TODAY)):
        assert {signals.state(card) for card in rows(SignalCard)} >= {terms.CardState.ASKED, terms.CardState.CLOSED}


def test_rows_entered_by_people_go_on_after_the_demo(demo_bank: None) -> None:
    last = max(territory.id for territory in rows(Territory))
    root = db.session.scalars(select(Territory).where(Territory.parent_id.is_(None))).one()
    added = Territory(name="Дальний", name_key="дальний", kind=terms.TerritoryKind.DISTRICT, parent=root)
    db.session.add(added)
    db.session.flush()
    assert added.id > last


def test_bodies_are_asked_and_the_hospital_of_the_demo_reads_what_it_told_of_health(demo_bank: None) -> None:
    asked = rows(AgencyInquiry)
    assert {inquiries.state(inquiry) for inquiry in asked} == set(terms.InquiryState)
    assert [inquiry.agency.kind.code for inquiry in asked if inquiries.is_overdue(inquiry, TODAY)] == ["5.3"]
    demo_accounts.create()
    user = db.session.scalars(select(User).where(User.username == demo_accounts.OF_HEALTH)).one()
    assert accounts.held_by(user.id) == ([terms.Role.SPECIALIST], True)
    with access.acting_as(scopes.scope_of(user, [terms.Role.SPECIALIST], TODAY, special=True)):
        db.session.expire_all()
        assert {finding.special for finding in rows(AgencyFinding)} == {True, False}
        assert {finding.agency.kind.code for finding in rows(AgencyFinding)} == {"5.5"}


def test_surveys_have_acts_in_two_editions_at_a_closed_door_and_twice_of_one_family(demo_bank: None) -> None:
    acts = [act for act in rows(SurveyAct) if act.is_current]
    assert {act.access for act in acts} == {terms.SurveyAccess.TOOK_PLACE, terms.SurveyAccess.REFUSED}
    assert any(act.edition == 2 and act.reason for act in acts)
    assert all(act.visited_on <= TODAY for act in acts)
    twice = [act for act in acts if act.group.family_id is not None and act.access is terms.SurveyAccess.TOOK_PLACE]
    assert len(twice) == 2
    assert len({act.group.family_id for act in twice}) == 1
    assert all(len(act.marks) == len(terms.SurveyHeading) for act in twice)
    assert any(act.group.card is not None and act.group.card.surveyed_on == act.visited_on for act in acts)
