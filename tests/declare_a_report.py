"""Puts a report that counts no families into the catalogue, and tells as JSON what the program makes of it.

Run as a process: `python -m tests.declare_a_report FOLDER`; the folder takes its database.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import config
from app import access, create_app, models, reports
from tests import settings
from tests.reports.workload import WORKLOAD

QUESTION = "from=2026-07-01&to=2026-09-30"


def application(folder: Path) -> Any:
    """The catalogue and the roles are all that the author of a report writes for the screens and the command."""
    config.FAB_ROLES["Координатор"].append(["^Workload$", "^can_.*$"])
    reports.CATALOGUE = (*reports.CATALOGUE, WORKLOAD)
    return create_app(settings.of_test(folder))


def fill() -> None:
    """The people of the tests, and one more of a body who works in the whole district, where no family lives."""
    from app.extensions import db
    from app.services import installation
    from tests import factories
    from tests.conftest import PASSWORD

    models.Model.metadata.create_all(db.engine)
    installation.install()
    factories.make_cast(PASSWORD)
    cast = factories.Cast()
    factories.assignment(factories.employee(cast.agency("5.4")), date(2026, 6, 1), place=cast.district)
    db.session.commit()


def opened(app: Any, name: str) -> dict[str, Any]:
    """How the pages of the report answer a person: the status, and what is written."""
    from tests.conftest import PASSWORD, Person

    app.test_client_class = Person
    client = app.test_client()
    client.post("/login/", data={"username": name, "password": PASSWORD})
    urls = {
        "show": f"?{QUESTION}",
        "list": f"behind?figure=assigned&{QUESTION}",
        "workbook": f"behind/file?figure=assigned&{QUESTION}",
        **{kind: f"file/{kind}?{QUESTION}" for kind in ("json", "xlsx", "pdf", "html")},
    }
    answers = {page: client.get(f"/reports/workload/{url}") for page, url in urls.items()}
    return {
        "answers": {page: answer.status_code for page, answer in answers.items()},
        "page": answers["show"].get_data(as_text=True),
        "list": answers["list"].get_data(as_text=True),
    }


def commanded(app: Any, out: Path) -> Any:
    """What the command of the report writes."""
    question = ["--from", "2026-07-01", "--to", "2026-09-30", "--territory", "Тестовый район"]
    done = app.test_cli_runner().invoke(args=["bank", "report", "workload", *question, "--as", "json", str(out)])
    return json.loads(out.read_text(encoding="utf-8")) if done.exit_code == 0 else done.output


def main(folder: Path) -> dict[str, Any]:
    app = application(folder)
    with app.app_context(), access.unrestricted():
        fill()
        told = {name: opened(app, name) for name in ("anna", "galina", "oleg")}
        return {**told, "command": commanded(app, folder / "out.json")}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
