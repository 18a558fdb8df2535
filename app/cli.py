"""`flask bank …`: what is done with the installation from a command line."""

from __future__ import annotations

import os

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import upgrade

from app import access
from app.extensions import db

bank = AppGroup("bank", help="Банк данных семей.")


def init_app(app: Flask) -> None:
    """Add the group to the application's commands."""
    app.cli.add_command(bank)


@bank.command()
def install() -> None:
    """Создать или обновить базу: таблицы, роли, справочники. Повторный вызов ничего не портит."""
    from app.services import installation

    upgrade()
    with access.unrestricted():
        installation.install()
        db.session.commit()
    click.echo("База готова.")


@bank.command()
@click.option("--families", default=60, show_default=True, type=click.IntRange(1, 1_000_000), help="Сколько семей.")
@click.option("--seed", default=1, show_default=True, help="Одно и то же число даёт один и тот же банк.")
@click.option("--if-empty", is_flag=True, help="Если семьи уже есть, ничего не делать.")
@click.option("--new-passwords", is_flag=True, help="Только новые пароли для демонстрационных входов.")
def demo(families: int, seed: int, if_empty: bool, new_passwords: bool) -> None:
    """Заполнить пустой банк вымышленными семьями и завести по одному входу на роль."""
    from app import clock
    from app.domain.refusal import Refusal
    from app.services import demo as demo_bank
    from app.services import demo_accounts

    with access.unrestricted():
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
            try:
                demo_bank.fill(clock.today(), families=families, seed=seed)
            except Refusal as refusal:
                raise click.ClickException(refusal.text) from refusal
            made = demo_accounts.create()
        db.session.commit()
    click.echo(f"Адрес: http://127.0.0.1:{os.environ.get('PORT', '8000')}/")
    click.echo("Входы показаны один раз: запишите их.")
    for sign_in in made:
        click.echo(f"  {sign_in.role.value:<27}{sign_in.username:<14}{sign_in.password}")
