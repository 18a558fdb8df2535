"""What only a person knows of a hand-made book: a few questions on one page, each with its best guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_EACH = 3  # words of one kind that are asked about one by one; of more, one question is asked for all
MOST_ROLES = 6  # of the words for members of a family: one answer for all of them would make a daughter of a father
MOST_SHOWN = 8
AS_TEXT = "-"  # the answer of a word: it stays text

KINDS = {
    "role": "роль в семье", "category": "категория семьи", "criterion": "критерий (основание постановки)",
    "agency_kind": "орган, который выявил семью", "education": "обучение", "document": "вид документа",
    "supervision": "вид учёта", "reason": "причина снятия",
    "aid_kind": "вид помощи",
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """An answer: `value` for the machine, `text` for the person."""

    value: str
    text: str


@dataclass
class BookQuestion:
    """One question. chosen: the answer, or what is offered; None: nothing goes on before it is answered.

    more: every other answer, for a list; typed: the answer is typed, a day of the calendar; named: another answer than
    those offered may be typed, a name;
    words: the keys of the words that are asked about at once.
    """

    key: str
    text: str
    choices: list[Choice]
    chosen: str | None = None
    hint: str = ""
    more: list[Choice] = field(default_factory=list)
    typed: bool = False
    named: bool = False
    words: tuple[str, ...] = ()
    number: int = 0

    @property
    def values(self) -> set[str]:
        return {choice.value for choice in (*self.choices, *self.more)}


@dataclass
class Asking:
    """The questions of one book and the answers to them."""

    answers: Mapping[str, str]
    questions: dict[str, BookQuestion] = field(default_factory=dict)

    def ask(self, question: BookQuestion) -> str | None:
        """Put a question once; gives the answer of the person, or what is offered."""
        if question.key not in self.questions:
            said = self.answers.get(question.key)
            if said is not None and (question.typed or question.named or said in question.values):
                question.chosen = said
            self.questions[question.key] = question
        return self.questions[question.key].chosen

    @property
    def numbered(self) -> list[BookQuestion]:
        """The questions in the order of a page, each with its number: those without an answer first."""
        ordered = sorted(self.questions.values(), key=lambda question: question.chosen is not None)
        for number, question in enumerate(ordered, start=1):
            question.number = number
        return ordered

    @property
    def unanswered(self) -> list[BookQuestion]:
        return [question for question in self.questions.values() if question.chosen is None]
