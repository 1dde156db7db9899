"""The Google Ads Query Language, the part that reports need: SELECT, FROM, WHERE, ORDER BY, LIMIT, PARAMETERS.

Source: "Google Ads Query Language: Grammar". A value is a number, a quoted string, an enum's name, or a list of those.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any


class QueryError(ValueError):
    """The query is malformed; `code` is the API's QueryError."""

    def __init__(self, message: str, code: str = "UNEXPECTED_INPUT") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Condition:
    field: str
    operator: str
    value: Any


@dataclass
class Query:
    fields: list[str]
    resource: str
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None


_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|"""
    r"""(?P<word>[A-Za-z_][\w.]*)|(?P<sign><=|>=|!=|[=<>(),]))"""
)
_OPERATORS = ("=", "!=", "<", ">", "<=", ">=", "LIKE", "NOT LIKE", "IN", "NOT IN", "BETWEEN", "DURING", "IS NULL",
              "IS NOT NULL")  # fmt: skip
_CLAUSES = ("WHERE", "ORDER", "LIMIT", "PARAMETERS")


def parse(text: str) -> Query:
    """A query from its text. Raises `QueryError`."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        position, text = 0, text.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise QueryError(f"Error in query: unexpected input {text[position : position + 20]}.")
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind]))
            position = match.end()
        self.at = 0

    def query(self) -> Query:
        self.expect("SELECT")
        fields = self.names()
        self.expect("FROM")
        query = Query(fields, self.name())
        if self.take("WHERE"):
            query.conditions.append(self.condition())
            while self.take("AND"):
                query.conditions.append(self.condition())
        if self.take("ORDER"):
            self.expect("BY")
            while True:
                name = self.name()
                down = self.take("DESC")
                if not down:
                    self.take("ASC")
                query.order.append((name, down))
                if not self.take(","):
                    break
        if self.take("LIMIT"):
            value = self.value()
            if not isinstance(value, int) or value < 1:
                raise QueryError("Limit must be a positive integer.", "INVALID_LIMIT")
            query.limit = value
        if self.take("PARAMETERS"):
            self.at = len(self.tokens)
        if self.at < len(self.tokens):
            raise QueryError(f"Error in query: unexpected input {self.tokens[self.at][1][:40]}.")
        return query

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, word: str) -> bool:
        if self.peek().upper() != word or self.tokens[self.at][0] == "string":
            return False
        self.at += 1
        return True

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise QueryError(f"Error in query: expected {word} but found {self.peek()[:40] or 'the end'}.")

    def name(self) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != "word":
            raise QueryError(f"Error in query: unexpected input {self.peek()[:40] or 'at the end'}.")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def names(self) -> list[str]:
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        return found

    def condition(self) -> Condition:
        name = self.name()
        operator = self.peek().upper()
        self.at += 1
        if operator in ("NOT", "IS"):
            while self.peek().upper() in ("NOT", "NULL", "IN", "LIKE"):
                operator += " " + self.peek().upper()
                self.at += 1
        if operator not in _OPERATORS:
            raise QueryError(f"Error in query: unexpected operator {operator[:40]}.", "INVALID_OPERATOR"
                             if operator else "UNEXPECTED_END_OF_QUERY")  # fmt: skip
        if operator.endswith("NULL"):
            return Condition(name, operator, None)
        if operator == "BETWEEN":
            low = self.value()
            self.expect("AND")
            return Condition(name, operator, (low, self.value()))
        if operator == "DURING":
            return Condition(name, operator, self.name())
        if operator.endswith("IN"):
            self.expect("(")
            values = [self.value()]
            while self.take(","):
                values.append(self.value())
            self.expect(")")
            return Condition(name, operator, values)
        return Condition(name, operator, self.value())

    def value(self) -> Any:
        if self.at >= len(self.tokens):
            raise QueryError("Error in query: unexpected end of the query.", "UNEXPECTED_END_OF_QUERY")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "string":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "word":
            return text
        raise QueryError(f"Error in query: unexpected input {text}.")


DURING: dict[str, tuple[int, int]] = {
    "TODAY": (0, 0), "YESTERDAY": (1, 1), "LAST_7_DAYS": (7, 1), "LAST_14_DAYS": (14, 1), "LAST_30_DAYS": (30, 1),
}  # fmt: skip


def date_range(query: Query, today: date) -> tuple[date, date]:
    """The days the conditions on `segments.date` leave; everything up to today without one."""
    since, until = date(2000, 1, 1), today
    for condition in query.conditions:
        if condition.field != "segments.date":
            continue
        try:
            first, last = _days(condition, today)
        except (TypeError, ValueError):
            message = f"Invalid date literal supplied for filtering: {condition.value}."
            raise QueryError(message, "INVALID_VALUE_WITH_BETWEEN_OPERATOR") from None
        since, until = max(since, first), min(until, last)
    return since, until


def _days(condition: Condition, today: date) -> tuple[date, date]:
    value, one = condition.value, timedelta(days=1)
    if condition.operator == "DURING":
        if value not in DURING:
            raise ValueError
        first, last = DURING[value]
        return today - first * one, today - last * one
    if condition.operator == "BETWEEN":
        return date.fromisoformat(value[0]), date.fromisoformat(value[1])
    at = date.fromisoformat(value)
    bounds = {
        "=": (at, at),
        ">=": (at, date.max),
        "<=": (date.min, at),
        ">": (at + one, date.max),
        "<": (date.min, at - one),
    }
    if condition.operator not in bounds:
        raise ValueError
    return bounds[condition.operator]


def fits(condition: Condition, have: Any) -> bool:
    """Whether a field's value meets a condition; numbers compare as numbers, the rest as text."""
    want = condition.value
    match condition.operator:
        case "IS NULL":
            return have is None
        case "IS NOT NULL":
            return have is not None
        case "IN":
            return any(_compare(have, item, lambda a, b: a == b) for item in want)
        case "NOT IN":
            return not any(_compare(have, item, lambda a, b: a == b) for item in want)
        case "BETWEEN":
            return _compare(have, want[0], lambda a, b: a >= b) and _compare(have, want[1], lambda a, b: a <= b)
        case "LIKE" | "NOT LIKE":
            pattern = ".*".join(re.escape(part) for part in str(want).split("%"))
            found = re.fullmatch(pattern, str(have or ""), re.IGNORECASE | re.DOTALL) is not None
            return found == (condition.operator == "LIKE")
    return _compare(have, want, _SIGNS.get(condition.operator, lambda a, b: False))


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def _compare(have: Any, want: Any, test: Callable[[Any, Any], bool]) -> bool:
    if have is None:
        return False
    if isinstance(want, (int, float)) and not isinstance(have, bool):
        try:
            return test(float(have), float(want))
        except (TypeError, ValueError):
            return False
    return test(str(have), str(want))
