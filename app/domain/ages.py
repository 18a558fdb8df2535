"""Age in full years on a given day, and who counts as a minor on it."""

from __future__ import annotations

from datetime import date

MAJORITY = 18


def full_years(born_on: date, on: date) -> int:
    """Age in full years at the end of day `on`; someone born on 29 February has the birthday on 1 March."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def is_minor(born_on: date | None, on: date) -> bool:
    """Born on or before `on` and not yet eighteen on it. Without a birth date nobody is counted a child."""
    return born_on is not None and born_on <= on and full_years(born_on, on) < MAJORITY


def years_before(on: date, years: int) -> date:
    """The birth date from which one is younger than `years` on day `on`.

    full_years(born, on) < years  ⇔  born > years_before(on, years).
    """
    try:
        return on.replace(year=on.year - years)
    except ValueError:  # 29 February in a year that has none: whoever was born on the 28th is already that old
        return date(on.year - years, 2, 28)


def birthday(born_on: date, years: int) -> date:
    """The day on which one turns `years`; someone born on 29 February turns on 1 March of a year that has none."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:
        return date(born_on.year + years, 3, 1)
