"""Whatever an address asks, by whichever method and whoever asks: no page fails, leads elsewhere or tells of others."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.routing import AnyConverter

from tests import factories, scans
from tests.test_routes import STATIC
from tests.test_stranger import HERS, hers, mine

pytestmark = pytest.mark.one_database("what an address asks is read before the database is asked")

__all__ = ["hers", "mine"]

EXAMPLES = 150
READ_BY_DISTRICT = ("anna", "boris", "gleb")  # of all others no word of Galina's is hidden: they read no families
METHODS = ("get", "get", "get", "head", "options", "post", "put", "delete")
VALUES = [
    "", "0", "1", "2", "-1", "abc", "\x00", "31.02.2026", "0001-01-01", "9999-12-31", "2026-03-03", "9" * 400, "²",
    "٣", "1e5", "NaN", "'\"<>%_\\", "ё" * 201, "../../etc", "//evil.example", "{{7*7}}", "\r\nX: y", "\u2028", "\u202e",
    "asc", "desc", "id", "password", "25", "1000000", "2026-Q3", "2026-Q9", "2026", "own", "xlsx", "on-record",
    "children", "Family", "Member", "SearchWord", "User",
]  # fmt: skip
COMMON = ["q", "page", "next", "family", "member", "territory", "district", "on", "period", "year", "quarter", "from",
          "to", "figure", "at", "person", "act", "since", "until", "form_key", "confirmed", "version",
          "nosuch"]  # fmt: skip


def asked_of(app: Flask, rule: Any) -> list[str]:
    """The names that may stand in the address of a page: those of its list, and those of all pages."""
    view = next((view for view in app.appbuilder.baseviews if rule.endpoint.startswith(f"{view.endpoint}.")), None)
    columns = getattr(view, "search_columns", None) or ()
    name = getattr(view, "endpoint", "")
    of_list = [f"_flt_{place}_{column}" for column in columns for place in (0, 1, 7)]
    return [*COMMON, *of_list, *(f"{prefix}_{name}" for prefix in ("_oc", "_od", "psize", "page") if columns)]


@pytest.mark.long
def test_no_address_fails_or_tells_of_others(app, mine, hers, sign_in):
    browsers = {name: sign_in(name) for name in factories.CAST if name != "galina"}
    rules = sorted(
        (rule for rule in app.url_map.iter_rules() if rule.endpoint not in STATIC | {"SignIn.logout", "SignIn.login"}),
        key=lambda rule: (rule.endpoint, rule.rule),
    )
    keys = sorted({1, 2, 2**31 - 1, *(row.id for row in hers.values())})
    words = [*VALUES, *(str(key) for key in keys)]
    adapter = app.url_map.bind("localhost")

    @settings(phases=[Phase.generate], max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        name, rule = data.draw(st.sampled_from(sorted(browsers))), data.draw(st.sampled_from(rules))
        method = data.draw(st.sampled_from(METHODS))
        values = {
            each: data.draw(st.sampled_from(_offered(rule._converters[each], keys, words)))
            for each in sorted(rule.arguments)
        }
        pairs = st.tuples(st.sampled_from(asked_of(app, rule)), st.sampled_from(words))
        query = data.draw(st.lists(pairs, max_size=3))
        address = adapter.build(rule.endpoint, values, method=next(iter(sorted(rule.methods))))
        sent = {"data": dict(query)} if method == "post" else {}
        answer = getattr(browsers[name], method)(address, query_string=query, **sent)
        said = f"{name} {method} {address} {query}: {answer.status_code}"
        assert answer.status_code < 500, said
        assert not answer.headers.get("Location", "").startswith(("//", "http")), said
        if name in READ_BY_DISTRICT:
            asked = " ".join(map(str, (address, *query)))
            text = scans.told(answer)
            told = [word for word in HERS if word in text and word not in asked]
            assert not told, f"{said} tells {told}"

    ask()


def _offered(converter: Any, keys: list[Any], words: list[Any]) -> list[Any]:
    """What may stand in a place of an address."""
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)
    return keys if "Key" in type(converter).__name__ else words[1:]
