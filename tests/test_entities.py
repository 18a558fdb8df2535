"""What must know of every entity does: by the mapper, or by a list whose gap is named here in a sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from app.screens import lookup
from tests.places_of_entities import PLACES, ROOT, entities, forgotten

RECIPE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_no_place_forgets_an_entity():
    faults = [sentence for entity in entities() for sentence in forgotten(entity)]
    assert not faults, "\n".join(faults)


def test_no_excuse_outlives_its_cause():
    for place in PLACES:
        for name in place.excused:
            entity = next((one for one in entities() if one.__name__ == name), None)
            assert entity is not None, f"{place.path}: there is no {name}"
            assert place.concerns(entity), f"{place.path} need not know {name}"
            assert not place.knows(name), f"{place.path} knows {name}: take its excuse out"


def test_the_recipe_of_an_entity_names_every_place_and_no_other():
    recipe = RECIPE.partition("**An entity.**")[2].partition("\n**")[0]
    named = set(re.findall(r"`((?:app|tests|migrations)/[\w/]+(?:\.py)?|config\.py)`", recipe))
    for path in named:
        assert (ROOT / path).exists(), f"CONTRIBUTING names {path}, which is not there"
    missing = {place.path for place in PLACES} - named
    assert not missing, f"add to the recipe of an entity in CONTRIBUTING.md: {sorted(missing)}"


def test_an_entity_that_was_only_declared_is_named_by_every_place_and_kept_by_the_mapper(tmp_path):
    """An invented entity walks through the program: in a process of its own, for a mapper cannot be taken back."""
    command = [sys.executable, "-W", "error", "-m", "tests.declare_an_entity", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert {sentence.partition(":")[0] for sentence in told["forgotten"]} == {place.path for place in PLACES}
    assert len(told["forgotten"]) == len(PLACES)
    assert told["seen by Anna"] == 1
    assert told["seen by a stranger"] == 0
    assert told["pages"] == {"list": 200, "show": 200, "xlsx": 200, "edit": 200, "add": 200}
    assert told["entry"] == ["created", told["family"]]
    assert told["annulled with the family"] is True
    assert told["moved by a merge"] is told["moved back"] is True


def test_every_long_list_can_be_searched_as_one_types():
    assert {entity.__name__ for entity in entities() if entity.LONG} == set(lookup.SOURCES), "add it to lookup.SOURCES"


def test_the_glossary_calls_every_entity_as_its_screens_do(app):
    """One word, one thing: a line of docs/glossary.md for each entity, and no two entities with one title."""
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    called = dict(
        reversed(line) for line in re.findall(r"^\| ([А-ЯЁ][^|]*) \| `(\w+)` \|", glossary, flags=re.MULTILINE)
    )
    with app.test_request_context():
        titles = {entity.__name__: str(entity.TITLE) for entity in entities()}
    assert called == titles
    assert len(set(titles.values())) == len(titles)
