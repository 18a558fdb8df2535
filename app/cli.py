"""`flask bank …`: what is done with the installation from a command line."""

from __future__ import annotations

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
