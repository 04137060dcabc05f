"""The text form of regions, `shape == heart & (scale > 0.6 | posX in (0.1, 0.2))`, read by a small parser, never by eval.

    region    = each { ("|" | "or") each }
    each      = one { ("&" | "and") one }
    one       = ("~" | "not") one | "(" region ")" | condition
    condition = factor ("==" | "!=" | "<" | "<=" | ">" | ">=") value
              | value ("<" | "<=") factor ("<" | "<=") value      (and with > and >=)
              | factor ["not"] "in" "(" value { "," value } ")"
              | factor "between" value "and" value
    value     = number | word | 'quoted'                          (words may hold # and -: C#, light-blue)

Unlike in Python, comparisons bind tighter than & and |, so that no brackets are needed around them.
"""

from __future__ import annotations

import re

from factorhub.errors import InputError, cut, must_be, reading
from factorhub.regions.region import PLAIN_WORD, WORDS, And, Condition, Not, Or, Region, Value

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
MISTAKES = {  # of other languages and of typing, the longest first
    "===": "==", "=<": "<=", "=>": ">=", "=!": "!=", "<>": "!=", "&&": "&", "||": "|",
    "≤": "<=", "≥": ">=", "≠": "!=", "¬": "~", "∧": "&", "∨": "|", "∈": "in", "!": "~", "=": "==", ":": "==",
}  # fmt: skip
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
TOKEN = re.compile(
    rf"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w#]))
          |(?P<word>{PLAIN_WORD.pattern})
          |(?P<quoted>"[^"]*"|'[^']*')
          |(?P<sign><=|>=|==|!=|[<>&|~(),]))""",
    re.VERBOSE,
)


def parse(text: str) -> Region:
    """The region that `text` describes; `str(region)` gives equal text back.

    Raises:
        InputError: says where the text stops making sense and what was expected there.

    >>> parse("0.6 < scale <= 0.8 & ~(shape in (square, ellipse))")
    And(parts=(Condition(factor='scale', operator='>', value=0.6), Condition(factor='scale', operator='<=', value=0.8), \
Not(part=Condition(factor='shape', operator='in', value=('square', 'ellipse')))))
    """
    must_be("the text of a region", text, str, "a text such as 'shape == heart & scale > 0.6'")
    with reading("the region", text):
        reader = _Reader(text)
        region = reader.region()
        if reader.kind != "end":
            raise reader.expected("& or | or the end")
        return region


class _Reader:
    """A recursive-descent reader with one token in hand."""

    def __init__(self, text: str) -> None:
        self.text, self.start, self.end = text, 0, 0
        self.kind, self.token = "", ""
        self.advance()

    def advance(self) -> str:
        """Go to the next token, and give back the one left behind."""
        left = self.token
        found = TOKEN.match(self.text, self.end)
        if found is None:
            rest = self.text[self.end :].strip()
            self.start = len(self.text) - len(self.text[self.end :].lstrip())
            self.kind, self.token, self.end = ("bad", rest[:1], self.end) if rest else ("end", "", len(self.text))
            return left
        self.kind = found.lastgroup or ""
        self.token, self.start, self.end = found[self.kind], found.start(self.kind), found.end()
        if self.kind == "word" and self.token in WORDS:
            self.kind, self.token = "sign", WORDS[self.token]
        return left

    def expected(self, what: str) -> InputError:
        got = f"'{self.token}' at character {self.start + 1}" if self.token else "the end"
        hint = f"; did you mean {meant}?" if (meant := self.meant()) else ""
        return InputError(f"cannot read the region '{cut(self.text, 200)}': expected {what}, got {got}{hint}")

    def meant(self) -> str:
        """What a person may have meant by the signs at the token in hand; empty where nothing is known."""
        number = re.compile(r"(\d+),(\d+)")
        for found in number.finditer(self.text):
            if found.end(1) == self.start:
                return f"{found[1]}.{found[2]}"
        for wrong, right in MISTAKES.items():
            if any(self.text.startswith(wrong, at) for at in range(max(self.start - len(wrong) + 1, 0), self.start + 1)):
                return f"'{right}'"
        return ""

    def take(self, sign: str) -> None:
        if (self.kind, self.token) != ("sign", sign):
            raise self.expected(f"'{sign}'" if sign != "&" else "'and'")
        self.advance()

    def at(self, *signs: str) -> bool:
        return self.kind == "sign" and self.token in signs

    def region(self) -> Region:
        parts = [self.each()]
        while self.at("|"):
            self.advance()
            parts.append(self.each())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def each(self) -> Region:
        parts = [self.one()]
        while self.at("&"):
            self.advance()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self) -> Region:
        if self.at("~"):
            self.advance()
            return Not(self.one())
        if self.at("("):
            self.advance()
            region = self.region()
            self.take(")")
            return region
        if self.kind == "number":
            return self.chained()
        if self.kind != "word":
            raise self.expected("a factor's name, '~' or '('")
        return self.condition(self.advance())

    def condition(self, factor: str) -> Region:
        if self.at("~"):
            self.advance()
            if not self.at("in"):
                raise self.expected("'in'")
            return Not(self.condition(factor))
        if self.at("in"):
            self.advance()
            self.take("(")
            values = [self.value()]
            while self.at(","):
                self.advance()
                if self.at(")"):
                    break
                values.append(self.value())
            self.take(")")
            return Condition(factor, "in", tuple(values))
        if self.at("between"):
            self.advance()
            low = self.value()
            self.take("&")
            return Condition(factor, "between", (low, self.value()))
        if not self.at(*COMPARISONS):
            raise self.expected(f"{', '.join(COMPARISONS)}, in, not in or between")
        return Condition(factor, self.advance(), self.value())

    def chained(self) -> Region:
        first = self.value()
        if not self.at(*MIRRORED):
            raise self.expected(f"{', '.join(MIRRORED)} between a number and a factor")
        sign = self.advance()
        if self.kind != "word":
            raise self.expected("a factor's name")
        factor = self.advance()
        left = Condition(factor, MIRRORED[sign], first)
        return And((left, Condition(factor, self.advance(), self.value()))) if self.at(*MIRRORED) else left

    def value(self) -> Value:
        if self.kind == "number":
            token = self.advance()
            return int(token) if token.lstrip("+-").isdigit() else float(token)
        if self.kind == "quoted":
            return self.advance()[1:-1]
        if self.kind == "word":
            return self.advance()
        raise self.expected("a number or a label")
