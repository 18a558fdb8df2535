"""The unknown words of a hand-made book: each is asked about once, and of many one question is asked for all."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from app.domain import names
from app.exchange import cells
from app.exchange.handmade.asking import AS_TEXT, KINDS, MOST_EACH, MOST_ROLES, MOST_SHOWN, Asking, BookQuestion, Choice
from app.exchange.handmade.vocabulary import Vocabulary


@dataclass
class BookWords:
    """BookWords to codes, with what people have answered; the unknown ones are counted."""

    vocabulary: Vocabulary
    asking: Asking
    unknown: dict[str, Counter[str]] = field(default_factory=dict)

    def code(self, kind: str, text: str) -> str | None:
        """The code of a word; an unknown one is counted and asked about at the end."""
        code = self.vocabulary.find(kind, text)
        if code is not None:
            return code
        key = names.key(text)
        if not key:
            return None
        self.unknown.setdefault(kind, Counter())[re.sub(r"\s+", " ", text).strip()] += 1
        for said in (self.asking.answers.get(f"word:{kind}:{key}"), self.asking.answers.get(f"words:{kind}")):
            if said is not None:
                return said if said in self.vocabulary.codes[kind].ids else None
        return None

    def is_answered(self, kind: str, text: str) -> bool:
        """Whether a person has said what an unknown word is, be it that it stays text."""
        answers = self.asking.answers
        return f"word:{kind}:{names.key(text)}" in answers or f"words:{kind}" in answers

    def ask(self) -> None:
        """Ask about every unknown word once; of many, one question for all of them."""
        for kind, counted in self.unknown.items():
            distinct: dict[str, tuple[str, int]] = {}
            for text, count in counted.items():
                first, known = distinct.get(names.key(text), (text, 0))
                distinct[names.key(text)] = first, known + count
            if len(distinct) <= (MOST_ROLES if kind == "role" else MOST_EACH):
                for key, (text, count) in distinct.items():
                    self._ask_word(f"word:{kind}:{key}", kind, f"«{text}»", self.vocabulary.suggest(kind, text), count)
            else:
                said = sorted(distinct.values(), key=lambda each: -each[1])
                listed = ", ".join(f"«{text}»" for text, _ in said[:MOST_SHOWN])
                more = f" и ещё {len(said) - MOST_SHOWN}" if len(said) > MOST_SHOWN else ""
                likely = Counter(code for text, count in said for code in self.vocabulary.suggest(kind, text)[:2])
                self._ask_word(f"words:{kind}", kind, listed + more, [code for code, _ in likely.most_common(3)],
                               sum(count for _, count in said), tuple(distinct))  # fmt: skip

    def _ask_word(self, key: str, kind: str, listed: str, suggested: list[str], count: int,
                  words: tuple[str, ...] = ()) -> None:  # fmt: skip
        codes = self.vocabulary.codes[kind]
        choices = [Choice(code, _named(code, codes)) for code in suggested]
        choices.append(Choice(AS_TEXT, "Ни то ни другое: оставить текстом"))
        text = f"{listed} – что это? ({KINDS[kind]}, встретилось: {count})"
        self.asking.ask(BookQuestion(key, text, choices, more=all_of(codes), words=words))


def all_of(codes: cells.Codes) -> list[Choice]:
    return [Choice(code, _named(code, codes)) for code in codes.names]


def _named(code: str, codes: cells.Codes) -> str:
    name = codes.names[code]
    return f"{code} {name}" if "." in code else name
