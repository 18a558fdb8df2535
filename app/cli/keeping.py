"""`flask bank backup`, `restore`: what keeps the bank from being lost."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app

from app import words
from app.cli.group import bank, work
from app.domain.refusal import Refusal
from app.words import counted


@bank.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Папка; без неё – папка копий.")
def backup(out: Path | None) -> None:
    """Сделать зашифрованную копию банка, восстановить её на пробу и напечатать имя файла.

    Пароль – в переменной BACKUP_PASSPHRASE или в файле BACKUP_PASSPHRASE_FILE, либо ключи хранителей BACKUP_KEEPERS.
    """
    from app.backup import making, noting

    with work():
        made = noting.make(by="командная строка", out=out, told=_told)
        for text in made.warnings:
            click.echo(text, err=True)
        if made.faults:
            raise Refusal(making.NOT_PROVED.format(said=" ".join(made.faults[:5])))
    click.echo(f"Восстановимо: да, {made.seconds} с, {_families(made.families)}.", err=True)
    click.echo(str(made.path))


@bank.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), help="Файл закрытого ключа хранителя (AGE-SECRET-KEY-…).")
@click.option("--yes", is_flag=True, help="Не спрашивать, заменять ли банк.")
def restore(file: Path, key: Path | None, yes: bool) -> None:
    """Восстановить банк из копии FILE. Прежний банк не удаляется: он остаётся рядом под другим именем.

    Пароль – в BACKUP_PASSPHRASE или BACKUP_PASSPHRASE_FILE; если их нет, он спрашивается.
    """
    from app.backup import restoring

    with work():
        identity = _read_key(key) if key is not None else ""
        phrase = "" if identity else _passphrase(file)
        with restoring.prepared(file, phrase=phrase, identity=identity) as copy:
            made_at = copy.about["made_at"][:16].replace("T", " ")
            click.echo(f"Копия от {made_at}: {_families(copy.manifest['families'])}, проверена.")
            if copy.replaces is not None:
                click.echo(f"Сейчас в банке: {_families(copy.replaces)}. Он останется рядом под другим именем.")
                if not yes and not _agrees("Заменить банк копией?"):
                    raise Refusal("Ничего не изменено.")
            done = restoring.put_in_place(copy)
    click.echo(f"Банк восстановлен: {_families(done.families)}.")
    for place in done.aside:
        click.echo(f"Прежнее осталось здесь: {place}")
    if done.settings:
        click.echo(f"Настройки, с которыми работал банк копии: {done.settings}")
    click.echo("Все входы завершены: войдите заново. Проверьте банк: flask --app run bank doctor")


@bank.command("upgrade")
def upgrade_bank() -> None:
    """Обновить базу до этой версии программы: проверенная копия, миграции, проверка – или всё остаётся как было."""
    from app.backup import upgrading

    with work():
        done = upgrading.upgrade(lambda text: click.echo(text, err=True))
    click.echo(done)


@bank.command("destroy-again")
def destroy_again() -> None:
    """Снова уничтожить дела, которые вернулись с базой старше их актов: по записи актов рядом с банком и копиями."""
    from app import acts
    from app.backup import restoring, stores
    from app.services import destruction

    with work(writes=True):
        folders = [Path(current_app.instance_path), *destruction.folders_of_copies()]
        count = restoring.destroyed_again(destruction.read_record(folders))
        acts.commit()
        if count:
            stores.written_anew()
    click.echo(f"Выполнено актов: {count}.")


@bank.command("reset-second")
@click.argument("username")
def reset_second(username: str) -> None:
    """Сбросить второй шаг входа пользователя USERNAME: когда телефон и резервные коды потеряны."""
    from app import acts
    from app.services import accounts, second_step

    with work(writes=True):
        user = accounts.find(username)
        if user is None:
            raise Refusal("Такого пользователя нет.")
        second_step.reset(user)
        accounts.end_sessions(user)
        acts.commit()
    click.echo("Второй шаг сброшен: вход по паролю.")


def _families(number: int) -> str:
    return f"{words.number(number)} {counted(number, 'семья', 'семьи', 'семей').split(' ', 1)[1]}"


def _told(stage: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{stage}…", nl=False, err=True)


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"Файл ключа {path} не читается.") from error


def _agrees(question: str) -> bool:
    """Whether the person at the keyboard says yes; anything else is no."""
    answer = click.prompt(f"{question} да или нет", default="нет", show_default=False)
    return str(answer).strip().lower() in {"да", "д", "yes", "y"}


def _passphrase(file: Path) -> str:
    from app.backup import restoring, sealing

    if not restoring.needs_passphrase(file):
        raise Refusal(sealing.OF_KEEPERS)
    config = current_app.config
    if config["BACKUP_PASSPHRASE"] or config["BACKUP_PASSPHRASE_FILE"]:
        return sealing.keys_of(config).passphrase
    if not sys.stdin.isatty():
        raise Refusal("Пароль копии не задан: передайте его в BACKUP_PASSPHRASE или в файле BACKUP_PASSPHRASE_FILE.")
    return str(click.prompt("Пароль копии", hide_input=True))
