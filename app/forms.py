"""Fields of forms as people here fill them in, and forms made from an entity's columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from flask import flash, request, url_for
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import Date, DateTime, Enum, Integer, Select, String, Text, select
from sqlalchemy.orm import RelationshipProperty, class_mapper
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import Choice, SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import NumberInput, TextInput

from app import access, tree, words
from app.domain import names, writing
from app.domain.terms import Term
from app.extensions import LARGEST_KEY, db
from app.models import (
    Criterion,
    Dictionary,
    Money,
    Territory,
)

AREA_FROM = 300  # a text that may be longer is given several lines
LONGEST_TEXT = 20_000  # characters of a text without a limit of its own
REQUIRED = InputRequired(_("Fill in this field."))
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
NAMED_IN_WORKBOOKS = ("territory", "agency")
PERSON_NAMES = ("last_name", "first_name", "middle_name")


def no_longer(longest: int) -> Length:
    """A text within the length of its column: the browser is told, and who types more is."""
    return Length(max=longest, message=_("No longer than %(max)d characters."))


def parse_date(text: str) -> date | None:
    """A date written as дд.мм.гггг or гггг-мм-дд; None if it is neither."""
    for form in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None


def offered(pairs: Iterable[tuple[str, Any]], *, blank: bool = True) -> list[SelectChoice]:
    """What a select offers: values with their labels, after an empty line unless one must be chosen."""
    return [SelectChoice(value, label) for value, label in ([("", "")] if blank else []) + list(pairs)]


class DayInput(TextInput):
    """A line for дд.мм.гггг whatever the language of the browser; the script hangs a calendar on `data-day`."""

    def __call__(self, field: Field, **kwargs: Any) -> Markup:
        day = {"data_day": True, "placeholder": str(_("DD.MM.YYYY")), "inputmode": "numeric", "autocomplete": "off"}
        return cast(Markup, super().__call__(field, **day | kwargs))


class DayField(Field):
    """A date typed as дд.мм.гггг or chosen from a calendar; what cannot be read stays in the field."""

    widget = DayInput()

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else words.day(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = parse_date(text) if text else None
        if text and self.data is None:
            is_day = re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{4}", text)
            raise ValueError(str(_("There is no such day.") if is_day else _("Write the date as DD.MM.YYYY.")))
        if self.data and self.data < EARLIEST:
            raise ValueError(str(_("The year is before 1900.")))
        if self.data and self.data > LATEST:
            raise ValueError(str(_("The year is after 2100.")))

    @property
    def given(self) -> date:
        """The day of a field that must be filled in, once its form is found valid."""
        if self.data is None:
            raise ValueError(f"{self.name} is empty: is the form valid, and the field required?")
        return self.data


class ClockInput(TextInput):
    """A line for чч:мм: what a browser offers for a time shows «PM» wherever its own language is another one."""

    def __call__(self, field: Field, **kwargs: Any) -> Markup:
        clock = {"data_time": True, "placeholder": str(_("HH:MM")), "inputmode": "numeric", "autocomplete": "off"}
        return cast(Markup, super().__call__(field, **clock | kwargs))


class ClockField(Field):
    """A time of day by the municipality's clock, typed as 14:30, 14.30 or 1430; what cannot be read stays in it."""

    widget = ClockInput()

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else f"{self.data:%H:%M}" if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        read = re.fullmatch(r"([0-9]{1,2})[:.\- ]?([0-9]{2})", text)
        try:
            self.data = time(int(read[1]), int(read[2])) if read else None
        except ValueError:  # 25:00
            self.data = None
        if self.data is None:
            raise ValueError(str(_("Write the time as HH:MM.")))

    @property
    def given(self) -> time:
        """The time of a field that must be filled in, once its form is found valid."""
        if self.data is None:
            raise ValueError(f"{self.name} is empty: is the form valid, and the field required?")
        return self.data


class MoneyField(Field):
    """Roubles with a comma or a point; spaces between thousands are welcome."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:.2f}".replace(".", ",") if self.data is not None else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = "".join((valuelist[0] if valuelist else "").split()).replace(",", ".")
        self.data = None
        if not text:
            return
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValueError(str(_("Write the amount in figures, for example 1500,50."))) from None
        if not value.is_finite() or value < 0 or value >= 10**12:
            raise ValueError(str(_("The amount is out of bounds.")))
        if value != (whole := value.quantize(Decimal("0.01"))):
            raise ValueError(str(_("Kopecks are two figures: 1500,50.")))
        self.data = whole


def person_name(_form: Any, field: Field) -> None:
    """A part of a person's name, as the exchange of workbooks takes it too."""
    if field.data and (fault := names.fault(field.data)):
        raise ValidationError(fault)


def something_said(_form: Any, field: Field) -> None:
    """A name by which a workbook knows a place or a body: «-» or «нет» would be read as nothing."""
    if field.data and writing.is_nothing(field.data):
        raise ValidationError(str(_("Fill in this field.")))


class CleanString(StringField):
    """A line of text as `domain.writing` reads it; an empty one, or «нет» where nothing is asked for, is nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = _cleaned(self, writing.line, valuelist)


class CleanText(TextAreaField):
    """Text of several lines; an empty one, or «нет» where nothing is asked for, is nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = _cleaned(self, writing.lines, valuelist)


def _cleaned(field: Field, read: Callable[[Any], str | None], valuelist: list[str]) -> str | None:
    """What was typed, cleaned; words whose letters were turned are told, for nobody sees the difference."""
    typed = valuelist[0] if valuelist else ""
    for told in writing.turned(typed):
        flash(told, "info")
    found = read(typed)
    if found and writing.is_error(found):
        raise ValueError("Это ошибка Excel, а не значение: впишите само значение.")
    if typed and found is None and field.flags.required:  # spaces alone say nothing
        raise ValueError(str(_("Fill in this field.")))
    return found if field.flags.required else writing.known(found)


class TermField(SelectField):
    """One of a closed list (app.domain.terms)."""

    def __init__(
        self, label: Any = None, validators: Any = None, *, terms: type[Term], blank: bool = True, **kwargs: Any
    ):
        self.terms = terms
        choices = offered([(term.value, term.title_ru) for term in terms], blank=blank)
        super().__init__(label, validators, choices=choices, coerce=self._coerce, **kwargs)

    def _coerce(self, value: Any) -> Any:
        if value in ("", None) or isinstance(value, self.terms):
            return value or None
        if (found := self.terms.of(value)) is None:
            raise ValueError(f"{value!r} is not of the list")
        return found

    def _choices_generator(self, choices: Any) -> Any:
        chosen = self.data.value if self.data else ""
        for value, title, *_rest in choices:
            yield (value, title, value == chosen, {})

    def pre_validate(self, form: Any) -> None:
        """The value came through `_coerce`: it is of the list or it was refused."""


class CodeField(SelectField):
    """A code of the forms of the law, chosen by its words; one of other words that a row bears already stays in it."""

    def __init__(self, label: Any = None, validators: Any = None, *, said: Mapping[str, str], blank: bool = True,
                 **kwargs: Any):  # fmt: skip
        self.said = said
        choices = offered(said.items(), blank=blank)
        super().__init__(label, validators, choices=choices, coerce=lambda value: value or None, **kwargs)

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        if value and value not in self.said:
            self.choices = offered([*self.said.items(), (value, value)])


class KnownField(SelectField):
    """Yes, no, or not known."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        choices = offered([("", _("not known")), ("1", _("yes")), ("0", _("no"))], blank=False)
        super().__init__(label, validators, choices=choices, coerce=self._coerce, **kwargs)

    @staticmethod
    def _coerce(value: Any) -> bool | None:
        if isinstance(value, bool) or value is None:
            return value
        return None if value == "" else value == "1"

    def _choices_generator(self, choices: Any) -> Any:
        chosen = {None: "", True: "1", False: "0"}[self.data if isinstance(self.data, bool) else None]
        for value, title, *_rest in choices:
            yield (value, title, value == chosen, {})

    def pre_validate(self, form: Any) -> None:
        """Anything else reads as «no»."""


class RowField(SelectField):
    """A row of a short list: a dictionary, a territory. Retired rows are offered only where they stand already."""

    def __init__(self, label: Any = None, validators: Any = None, *, entity: type, **kwargs: Any) -> None:
        self.entity = entity
        super().__init__(label, validators, choices=[], coerce=lambda value: value, validate_choice=False, **kwargs)

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        key = valuelist[0] if valuelist else ""
        self.data = _as_it_was(self.object_data, key) or find_row(self.entity, key)
        if key and self.data is None:
            raise ValueError(str(_("There is no such record.")))

    def iter_choices(self) -> Iterable[Choice]:
        yield Choice("", "", self.data is None, {})
        for row in kept_list(self.entity, self.data):
            yield Choice(str(row.id), _indented(row), row is self.data, {})

    def pre_validate(self, form: Any) -> None:
        """The row was looked up: there is one or there is none."""


class RowsField(SelectMultipleField):
    """Several rows of a short list."""

    def __init__(self, label: Any = None, validators: Any = None, *, entity: type, **kwargs: Any) -> None:
        self.entity = entity
        super().__init__(label, validators, choices=[], coerce=lambda value: value, validate_choice=False, **kwargs)

    def process_data(self, value: Any) -> None:
        self.data = list(value or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = _rows_of(self, self.entity, valuelist)

    def iter_choices(self) -> Iterable[Choice]:
        """What is in use, and what stands in the row though it is no longer used: else saving would drop it."""
        rows, chosen = short_list(self.entity, None), self.data or []
        for row in [*(row for row in chosen if row not in rows), *rows]:
            yield Choice(str(row.id), _indented(row), row in chosen, {})

    def pre_validate(self, form: Any) -> None:
        """The rows were looked up: all of them are there."""


def plain_fields(field: Any) -> Iterable[Any]:
    """A field, or the fields that it is made of, down to those that a person fills in."""
    if isinstance(field, FormField):
        parts = iter(field.form)
    elif isinstance(field, FieldList):
        parts = iter(field.entries)
    else:
        return [field]
    return [plain for part in parts for plain in plain_fields(part)]


def limits_of(row: Any) -> dict[int, list[str]]:
    """The labels of the texts of a row by how many characters they may have: said once for all rows of a form."""
    found: dict[int, list[str]] = {}
    for field in plain_fields(row):
        if field.flags.maxlength:
            found.setdefault(field.flags.maxlength, []).append(str(field.label.text))
    return found


def is_typed(field: Any) -> bool:
    """Whether a form that was sent has anything in a field, or in any field of a part of it."""
    return any(str(text).strip() for plain in plain_fields(field) for text in plain.raw_data or ())


def find_row(entity: type[Any], key: str) -> Any:
    """The row with a key that came from a browser, if the person may see it."""
    number = key_of(key)
    return None if number is None else db.session.scalar(select(entity).where(entity.id == number))


def key_of(text: str) -> int | None:
    """The key of a row as an address or a field has it: plain digits, no longer than keys are."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_KEY else None


def _rows_of(field: Any, entity: type, keys: Iterable[str]) -> list[Any]:
    """The rows that a field names, in its order; none is left out without a word. Raises ValueError."""
    rows = [_as_it_was(field.object_data, key) or find_row(entity, key) for key in keys if key]
    if any(row is None for row in rows):
        raise ValueError(str(_("There is no such record.")))
    return rows


def _as_it_was(row: Any, key: str) -> Any:
    """The row that stood in a field already, if it is chosen still: it may be one that is not offered any more."""
    rows = row if isinstance(row, list) else [row]
    return next((each for each in rows if each is not None and str(each.id) == key), None)


def kept_list(entity: type, current: Any) -> list[Any]:
    """What a form offers: of territories only those that the person keeps, and the one that stands there."""
    rows = short_list(entity, current)
    if entity is not Territory:
        return rows
    keeps = access.scope().keeps_place
    return [row for row in rows if keeps(row.id) or row is current]


def short_list(entity: type, current: Any) -> list[Any]:
    """The rows of a dictionary in its order, retired ones left out unless current; territories as a tree."""
    if entity is Territory:
        return [place for place, _depth in tree.as_listed()]
    query: Select[Any] = select(entity)
    if issubclass(entity, Dictionary):
        query = query.order_by(entity.position, entity.id)  # type: ignore[attr-defined]  # each has an id
        return [row for row in db.session.scalars(query) if not row.retired or row is current]
    return sorted(db.session.scalars(query), key=str)


def _indented(row: Any) -> str:
    depth = 0
    if isinstance(row, Territory):
        depth = len(tree.upwards(row)) - 1
    elif isinstance(row, Criterion):
        depth = row.code.count(".") - 1
    return "\u2003" * depth + str(row)


class LookupWidget:
    """A select whose choices come from the server as one types (`/lookup/<Entity>`)."""

    def __call__(self, field: LookupField, **kwargs: Any) -> Markup:
        kwargs.setdefault("id", field.id)
        chosen = field.data if isinstance(field.data, list) else [field.data] if field.data is not None else []
        options = "".join(
            f'<option value="{row.id}" selected>{Markup.escape(field.title_of(row))}</option>' for row in chosen
        )
        attributes = {
            "id": kwargs["id"],
            "name": field.name,
            "data-lookup": url_for("Lookup.find", entity=field.entity.__name__),
            "data-lookup-with": field.within or None,
            "multiple": field.multiple,
            "required": bool(field.flags.required),
            "aria-describedby": kwargs.get("aria-describedby"),
        }
        text = " ".join(
            name if value is True else f'{name}="{Markup.escape(value)}"'
            for name, value in attributes.items()
            if value not in (None, False)
        )
        blank = "" if field.multiple else '<option value=""></option>'
        return Markup(f"<select {text}>{blank}{options}</select>")  # noqa: S704  every value above is escaped


class LookupField(Field):
    """A row of a long list: a family, a member, an agency. `within` names the field that narrows the search."""

    widget = LookupWidget()

    def __init__(self, label: Any = None, validators: Any = None, *, entity: type, within: str = "",
                 multiple: bool = False, **kwargs: Any) -> None:  # fmt: skip
        self.entity, self.within, self.multiple = entity, within, multiple
        super().__init__(label, validators, **kwargs)

    def title_of(self, row: Any) -> str:
        return str(row)

    def process_data(self, value: Any) -> None:
        self.data = list(value or []) if self.multiple else value

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [] if self.multiple else None
        rows = _rows_of(self, self.entity, valuelist)
        self.data = rows if self.multiple else (rows[0] if rows else None)


def _option(row: Any, chosen: bool) -> str:
    return f'<option value="{row.id}"{" selected" if chosen else ""}>{Markup.escape(_indented(row))}</option>'


class CriteriaWidget:
    """A row of selects; the first is the main criterion."""

    def __call__(self, field: CriteriaField, **kwargs: Any) -> Markup:
        rows = short_list(Criterion, None)
        parts = []
        for place in range(max(3, len(field.data) + 1)):
            chosen = field.data[place] if place < len(field.data) else None
            offered = rows if chosen is None or chosen in rows else [chosen, *rows]  # one that is no longer used stays
            options = "".join(_option(row, row is chosen) for row in offered)
            name = str(_("Main criterion")) if place == 0 else str(_("Further criterion"))
            key = field.id if place == 0 else f"{field.id}-{place}"
            parts.append(
                f'<select id="{key}" name="{field.name}" aria-label="{Markup.escape(name)}">'
                f'<option value=""></option>{options}</select>'
            )
        return Markup("".join(parts))  # noqa: S704  every value above is escaped


class CriteriaField(Field):
    """The criteria of a registration in their order."""

    widget = CriteriaWidget()

    def process_data(self, value: Any) -> None:
        self.data = [row.criterion for row in value or []]

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = list(dict.fromkeys(_rows_of(self, Criterion, valuelist)))


# How a column or relation of an entity becomes a field


def form_for(entity: type, columns: Sequence[str], within: dict[str, str],
             said: Mapping[str, Mapping[str, str]]) -> type[FlaskForm]:  # fmt: skip
    """A form with a field for each named column or relation of an entity.

    within: which field narrows the choice of another: {"decision": "family"}.
    said: what the codes of a column stand for: one of them is chosen.
    """
    fields = {
        name: _code_field(entity, name, said[name]) if name in said else field_of(entity, name, within.get(name, ""))
        for name in columns
    }
    if hasattr(entity, "version"):
        fields["version"] = HiddenField()
    return type(f"{entity.__name__}Form", (EntityForm,), fields)


class EntityForm(FlaskForm):
    """A form of one entity; a rule that refuses puts its sentence beside the field it names."""

    def refuse(self, text: str, field: str | None) -> None:
        """Show a refusal beside its field, or above the form if there is no such field."""
        target = self._fields.get(field or "")
        if target is None or isinstance(target, HiddenField):
            self.form_errors.append(text)
        else:
            target.errors = [*target.errors, text]

    @classmethod
    def refresh(cls, obj: Any = None) -> FlaskForm:
        """FAB asks for a form by this name."""
        return cls(obj=obj)


def field_of(entity: type, name: str, within: str = "") -> Any:
    """The field of one column or relation of an entity, with its label and the limits of its column."""
    attribute = class_mapper(entity).attrs[name]
    if isinstance(attribute, RelationshipProperty):
        return _relation_field(attribute, within)
    return _column_field(attribute.columns[0])


def _code_field(entity: type, name: str, said: Mapping[str, str]) -> CodeField:
    column = class_mapper(entity).columns[name]
    needed = not column.nullable and column.default is None
    return CodeField(column.info["label"], [REQUIRED if needed else Optional()], said=said, blank=bool(column.nullable))


def _relation_field(relation: RelationshipProperty[Any], within: str) -> Any:
    target = relation.mapper.class_
    title = relation.info["label"]
    optional = relation.uselist or all(column.nullable for column in relation.local_columns)
    validators = [Optional()] if optional else [REQUIRED]
    if target.LONG:
        return LookupField(title, validators, entity=target, multiple=bool(relation.uselist), within=within)
    if relation.uselist:
        return RowsField(title, validators, entity=target)
    return RowField(title, validators, entity=target)


def _column_field(column: Any) -> Any:
    title, kind = column.info["label"], column.type
    needed = not column.nullable and column.default is None
    validators: list[Any] = [REQUIRED if needed else Optional()]
    if isinstance(kind, Enum):
        return TermField(title, validators, terms=cast(type[Term], kind.enum_class), blank=column.nullable)
    if isinstance(kind, Money):
        return MoneyField(title, validators)
    if isinstance(kind, Date | DateTime):
        return DayField(title, validators)
    if kind.python_type is bool:
        return KnownField(title) if column.nullable else BooleanField(title)
    if isinstance(kind, Integer):
        bounds = NumberRange(0, LARGEST_KEY, _("Write a whole number that is not negative."))
        return IntegerField(title, [*validators, bounds], widget=NumberInput(min=0))
    if isinstance(kind, Text):
        return CleanText(title, [*validators, no_longer(LONGEST_TEXT)])
    if isinstance(kind, String):
        longest = kind.length or 1000
        validators.append(no_longer(longest))
        if column.key in PERSON_NAMES:
            validators.append(person_name)
        if column.key == "name" and column.table.name in NAMED_IN_WORKBOOKS:
            validators.append(something_said)
        return (CleanText if longest > AREA_FROM else CleanString)(title, validators)
    raise TypeError(f"no field for {column}")


def prefill(form: FlaskForm) -> None:
    """Fill fields from the address: `?family=12` chooses the family, if the person may see it."""
    for name, field in form._fields.items():
        if isinstance(field, LookupField) and (key := request.args.get(name)):
            row = find_row(field.entity, key)
            field.data = [row] if field.multiple and row is not None else row


def check_version(form: FlaskForm, row: Any) -> bool:
    """Whether the form was filled in over the row as it is now."""
    field = form._fields.get("version")
    return field is None or not hasattr(row, "version") or str(field.data) == str(row.version)


__all__ = ["CleanString", "CleanText", "CriteriaField", "DayField", "EntityForm", "KnownField", "LookupField",
           "MoneyField", "RowField", "RowsField", "TermField", "ValidationError", "check_version", "field_of",
           "find_row", "form_for", "is_typed", "no_longer", "parse_date", "plain_fields", "prefill",
           "short_list"]  # fmt: skip
