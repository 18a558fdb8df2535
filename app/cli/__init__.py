"""`flask bank …`: what is done with the installation from a command line."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app import access, acts
from app.cli import keeping  # noqa: F401  its commands are added by being read
from app.cli.group import bank
from app.cli.group import work as _work
from app.domain.terms import Role
from app.extensions import begin_writing, look_at_contents
from app.reports import CATALOGUE, files
from app.reports.report import Report

MOST_FAULTS = 50  # sentences of one probe that are printed


def init_app(app: Flask) -> None:
    """Add the group to the application's commands."""
    app.cli.add_command(bank)


def _hand_over(out: Path, content: bytes, row: dict[str, Any]) -> None:
    """Write a file; what the journal says of it is stored before the file is there whole."""
    from app import journal

    part = out.with_name(f"{out.name}.part")
    try:
        part.write_bytes(content)
        begin_writing()
        journal.write([row])
        acts.commit()
        part.replace(out)
    except OSError as error:
        raise click.ClickException(f"Файл не записан: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


@bank.command()
def install() -> None:
    """Создать или обновить базу: таблицы, роли, справочники. Повторный вызов ничего не портит."""
    from app.services import installation

    os.umask(0o077)  # what is made here is read by its owner alone
    upgrade()
    with _work(writes=True):
        installation.install()
        acts.commit()
    click.echo("База готова.")


@bank.command()
@click.option("--families", default=60, show_default=True, type=click.IntRange(1, 1_000_000), help="Сколько семей.")
@click.option("--seed", default=1, show_default=True, help="Одно и то же число даёт один и тот же банк.")
@click.option("--if-empty", is_flag=True, help="Если семьи уже есть, ничего не делать.")
@click.option("--new-passwords", is_flag=True, help="Только новые пароли для демонстрационных входов.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, help="Порт в адресе, который печатается.")
def demo(families: int, seed: int, if_empty: bool, new_passwords: bool, port: int) -> None:
    """Заполнить пустой банк вымышленными семьями и завести по одному входу на роль."""
    from app import clock
    from app.demo import accounts as demo_accounts
    from app.demo import bank as demo_bank
    from app.demo import papers as demo_papers

    with _work(writes=True):
        if new_passwords:
            made = demo_accounts.renew()
            if not made:
                raise click.ClickException("Демонстрационных входов в этой базе нет.")
        elif if_empty and not demo_bank.is_empty():
            if demo_accounts.exist():
                click.echo("Демонстрационный банк уже есть; входы и пароли были показаны при первом запуске.")
                click.echo("Новые пароли: flask --app run bank demo --new-passwords")
            return
        else:
            demo_bank.fill(clock.today(), families=families, seed=seed, now=clock.now())
            demo_papers.attach(clock.today())
            made = demo_accounts.create()
        look_at_contents()
        acts.commit()
    click.echo(f"Адрес: http://127.0.0.1:{port}/")
    click.echo("Входы показаны один раз: запишите их.")
    for sign_in in made:
        click.echo(f"  {sign_in.role.value:<27}{sign_in.username:<14}{sign_in.password}")


@bank.command()
def doctor() -> None:
    """Проверить базу, диск, часы, справочники, роли, записи, карты, сканы и журнал; код 1, если что-то не так."""
    from app import clock
    from app import doctor as healer

    total = 0
    with access.unrestricted():
        for probe, found in groupby(healer.ailments(clock.today()), key=lambda ailment: ailment.probe):
            click.echo(f"{probe.name}. {probe.remedy}")
            count = 0
            for count, ailment in enumerate(found, start=1):
                if count <= MOST_FAULTS:
                    click.echo(f"  {ailment.text}")
            if count > MOST_FAULTS:
                click.echo(f"  … и ещё {count - MOST_FAULTS}")
            total += count
    if total:
        raise click.ClickException(f"Найдено ошибок: {total}.")
    click.echo("Ошибок нет.")


@bank.command()
def refresh() -> None:
    """Пересчитать краткие имена семей, ключи сортировки и слова поиска там, где они разошлись с записями."""
    from app import clock
    from app.services import family_keys

    with _work(writes=True):
        count = family_keys.refresh_all(family_keys.live_ids(), clock.today())
        acts.commit()
    click.echo(f"Исправлено семей: {count}.")


@bank.command()
def record() -> None:
    """Занести в журнал то, что изменено в базе мимо программы: чтобы журнал снова давал каждую запись."""
    from app import journal

    with _work(writes=True):
        count = journal.write_differences()
        acts.commit()
    click.echo(f"Занесено записей: {count}.")


@bank.command()
@click.option("--beside", type=int, help="Номер процесса, вместе с которым закончить.")
@click.option("--once", is_flag=True, help="Выполнить то, что ждёт, и закончить.")
def work(beside: int | None, once: bool) -> None:
    """Выполнять фоновые задания (загрузки, выгрузки, паспорта), пока не остановят. Сервер запускает это сам."""
    from app.work import worker

    if once:
        click.echo(f"Выполнено заданий: {worker.do_all()}.")
        return
    gc.collect()
    gc.freeze()  # the program itself is no garbage, and is not looked through again at each long task
    worker.work(current_app._get_current_object(), beside=beside)  # type: ignore[attr-defined]  # of the proxy itself


DISTRICT = click.option("--district", help="Район, если карта с таким номером есть в нескольких.")
OUT_PDF = click.argument("out", type=click.Path(dir_okay=False, path_type=Path))


@bank.command()
@click.argument("number")
@OUT_PDF
@DISTRICT
def passport(number: str, out: Path, district: str | None) -> None:
    """Социальный паспорт семьи NUMBER в файл OUT (PDF)."""
    from app.documents import passport as paper
    from app.services import papers

    _print_of_family(number, district, out, "Социальный паспорт семьи", partial(paper.pdf, read=papers.content))


@bank.command()
@click.argument("number")
@OUT_PDF
@DISTRICT
def card(number: str, out: Path, district: str | None) -> None:
    """Карта учета семьи NUMBER в файл OUT (PDF)."""
    from app.documents import passport as paper

    _print_of_family(number, district, out, "Карта учета семьи", paper.card_pdf)


def _print_of_family(number: str, district: str | None, out: Path, what: str, make: Callable[..., bytes]) -> None:
    """Make a paper of one family, note the print in the journal, then write the file."""
    from app import clock, journal
    from app.domain.terms import Act
    from app.render.html_pdf import PrintError
    from app.services import families

    with _work():
        family = families.by_number(number, district)
        try:
            content = make(family.id, made_by="командная строка", made_at=clock.now(), today=clock.today())
        except PrintError as error:
            raise click.ClickException("Документ не удалось сформировать.") from error
        row = journal.entry(Act.PRINTED, entity="Family", entity_id=family.id, family_id=family.id,
                            summary=f"{what}: {family.title}", records=1)  # fmt: skip
        _hand_over(out, content, row)
    click.echo(f"{what} № {number}: {out}")


@bank.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "applying", is_flag=True, help="Записать в банк; без этого только показать, что изменится.")
@click.option("--answer", "answers", multiple=True, metavar="ВОПРОС=ОТВЕТ",
              help="Ответ на вопрос, который задан при показе; можно повторить.")  # fmt: skip
@click.option("--reason", default="", metavar="ПРИЧИНА", help="Почему строки вносятся в период, отчёт за который сдан.")
def import_workbook(file: Path, applying: bool, answers: tuple[str, ...], reason: str) -> None:
    """Загрузить книгу FILE (.xlsx, .xls, .ods, .csv): показать ошибки или что изменится, с --apply записать.

    Сомнительное спрашивается: под номером другая семья, исправлен ли человек. Ответ: --answer family-2=other.
    Строки сданного периода записываются с причиной: --reason "реестр поселения сдан позже".
    """
    from app import clock
    from app.exchange import apply, closed_rows, preview, sources
    from app.services import closed

    with _work():
        given = _answers(answers)
        source = sources.read(file.read_bytes(), file.name, given)
        make = partial(source.plan, clock.today(), given)
        try:
            prepared = apply.PreparedLoad(make, clock.today()) if applying else None
            planned = prepared.held() if prepared is not None else make()
        except sources.UnclearBookError as waits:
            for line in preview.lines_of_book(waits.understood):
                click.echo(line)
            raise SystemExit(1) from waits
        for line in preview.lines(planned):
            click.echo(line)
        if planned.faults:
            raise SystemExit(1)
        if prepared is not None and (planned.does_something or planned.unanswered):
            if warning := closed_rows.warning(planned, reason):
                raise click.ClickException(f"{warning} Причина: --reason ПРИЧИНА.")
            with closed.because(reason):
                number = prepared.write().id
            look_at_contents()
            acts.commit()
            click.echo(f"Загружено, загрузка № {number}.")
        elif applying:
            click.echo("Всё уже записано в банке: загружать нечего.")


def _answers(given: tuple[str, ...]) -> dict[str, str]:
    """Answers to the questions of a load: question=answer."""
    pairs = [answer.partition("=") for answer in given]
    if any(not sign for _, sign, _ in pairs):
        raise click.BadParameter("Ответ пишется как ВОПРОС=ОТВЕТ, например family-2=other.", param_hint="--answer")
    return {question.strip(): chosen.strip() for question, _, chosen in pairs}


@bank.command(name="export")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--on", "day", metavar="ДАТА", help="На какую дату (ДД.ММ.ГГГГ или ГГГГ-ММ-ДД); обычно сегодня.")
@click.option("--district", "district_name", metavar="РАЙОН", help="Район; обычно тот, где семей больше всего.")
@click.option("--territory", metavar="НАЗВАНИЕ", help="Только семьи этой территории района.")
def export_workbook(out: Path, day: str | None, district_name: str | None, territory: str | None) -> None:
    """Выгрузить банк района книгой обмена OUT.xlsx."""
    from app import clock, journal
    from app.domain.terms import Act
    from app.exchange import cells, export

    with _work():
        try:
            on = (cells.day(day) if day else None) or clock.today()
            district, within = export.chosen(district_name, territory)
            moment = clock.local(clock.now())
            written = export.write(district, on, made_by="командная строка", made_at=moment, within=within)
        except cells.CellError as error:
            raise click.BadParameter(str(error), param_hint="--on") from error
        row = journal.entry(Act.EXPORTED, entity="Family", summary=written.summary, records=written.families)
        _hand_over(out, written.content, row)
    click.echo(f"{written.summary}: {out}")


@bank.command("create-user")
@click.argument("username")
@click.option("--last-name", required=True, prompt="Фамилия", help="Фамилия.")
@click.option("--first-name", required=True, prompt="Имя и отчество", help="Имя и отчество.")
@click.option("--role", "roles", multiple=True, help="Название роли; можно повторить. Без неё — первый администратор.")
@click.option("--territory", "places", multiple=True, help="Территория координатора; можно повторить.")
def create_user(
    username: str, last_name: str, first_name: str, roles: tuple[str, ...], places: tuple[str, ...]
) -> None:
    """Завести пользователя USERNAME и показать одноразовый пароль; так заводят первого администратора."""
    from app.services import accounts

    with _work(writes=True):
        if not roles and accounts.administrators():
            raise click.ClickException("Администратор уже есть: назовите роль параметром --role.")
        user, password = accounts.create_user(
            username=username, last_name=last_name, first_name=first_name,
            roles=accounts.roles_named(roles or (Role.ADMINISTRATOR.value,)),
            territories=accounts.territories_named(places),
        )  # fmt: skip
        name = user.username
        acts.commit()
    click.echo(f"Пользователь {name}. Одноразовый пароль (72 часа, меняется при первом входе): {password}")


@bank.command()
@click.argument("username")
def unlock(username: str) -> None:
    """Снять блокировку входа пользователя USERNAME."""
    from app.services import accounts

    with _work(writes=True):
        user = accounts.find(username)
        if user is None:
            raise click.ClickException("Такого пользователя нет.")
        accounts.unlock(user)
        acts.commit()
    click.echo("Вход разблокирован.")


@bank.group(invoke_without_command=True)
@click.option("--list", "listing", is_flag=True, help="Напечатать имена отчётов.")
@click.option("--verify", "code", help="Найти сданный отчёт по его коду и сказать, цел ли он.")
@click.pass_context
def report(context: click.Context, listing: bool, code: str | None) -> None:
    """Отчёты."""
    if code is not None:
        from app.services import submissions

        with _work():
            said, faults = submissions.told(code)
        click.echo(said)
        if faults:
            raise click.ClickException(" ".join(faults))
        context.exit()
    if listing:
        for one in CATALOGUE:
            click.echo(f"{one.name:<20}{one.title}")
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _report_command(one: Report[Any]) -> click.Command:
    """The command of a report of the catalogue: a period, a territory, its own options, a file."""

    def write(start: datetime, end: datetime, kind: str, name: str | None, out: Path, known_on: datetime | None,
              **options: str) -> None:  # fmt: skip
        _write_report(one, (start.date(), end.date()), kind, name, out, options, known_on and known_on.date())

    days = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])
    return click.Command(
        one.name,
        callback=with_appcontext(write),
        help=f"{one.title} за период в файл OUT.",
        params=[
            click.Option(["--from", "start"], required=True, type=days, help="Первый день."),
            click.Option(["--to", "end"], required=True, type=days, help="Последний день."),
            click.Option(["--as", "kind"], required=True, type=click.Choice(list(files.KINDS)), help="Вид файла."),
            click.Option(["--territory", "name"], help="Район или поселение; без него: район, где больше всего семей."),
            click.Option(["--known-on"], type=days, help="По данным на конец этого дня: что банк знал тогда."),
            *(
                click.Option([f"--{option}"], type=click.Choice(list(known.values)), default=known.usual,
                             show_default=True, help=known.help)
                for option, known in one.options.items()
            ),
            click.Argument(["out"], type=click.Path(dir_okay=False, path_type=Path)),
        ],
    )  # fmt: skip


for each in CATALOGUE:
    report.add_command(_report_command(each))


def _write_report(one: Report[Any], days: tuple[date, date], kind: str, name: str | None, out: Path,
                  options: dict[str, str], known_on: date | None) -> None:  # fmt: skip
    from app import clock, journal, known
    from app.domain import periods
    from app.domain.terms import Act
    from app.reports.places import ReportPlaces

    with _work():
        period = periods.given(*days)
        periods.check_begun(period, clock.today())
        said = files.of_days_to_come(one, period, clock.today())
        said = said if known_on is None else files.as_known(said, known_on)
        with nullcontext() if known_on is None else known.as_of(known_on):
            tree = ReportPlaces(one.sources)
            place = tree.named(name) if name else tree.default()
            if place is None:
                raise click.ClickException(f"Территории «{name}» нет." if name else "В банке ещё нет территорий.")
            form = one.count(period, place, tree, **options)
            made_at = clock.local(clock.now())
            content, _mime = files.written(said, form, kind, made_by="командная строка", made_at=made_at)
        told = (one.title, place.name, period.title, files.known_on(known_on) if known_on else "", kind)
        summary = ", ".join(filter(None, told))
        _hand_over(out, content, journal.entry(Act.EXPORTED, entity=one.view, summary=summary, records=len(form.rows)))
    click.echo(f"{summary}: {out}")
