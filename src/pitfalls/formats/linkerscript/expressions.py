"""Expressions of linker scripts: parsed to postfix order, evaluated without recursion.

The elements of an :data:`Expression` are ``"64"`` (a number), ``"$name"`` (a symbol, ``"$."`` the
location counter), ``"origin:RAM"``, ``"length:RAM"``, ``"defined:name"``, ``"call:NAME/arity"``,
``"u-"``, ``"u~"``, ``"u!"``, ``"?"`` (three operands) and the binary operators as written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pitfalls.formats import FormatError
from pitfalls.formats.linkerscript.facts import Expression
from pitfalls.formats.linkerscript.tokens import Scanner, Token

MAX_DEPTH = 60
"""Parentheses and prefix operators nested deeper are refused."""

MAX_LENGTH = 2000
"""Elements of one expression."""

_PRECEDENCE = {
    operator: level
    for level, operators in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %")
    )
    for operator in operators.split()
}
_MASK = (1 << 64) - 1
# Functions whose arguments are names of sections or regions, not expressions.
_OF_A_NAME = frozenset({"ADDR", "LOADADDR", "SIZEOF", "ALIGNOF", "CONSTANT", "SEGMENT_START"})
_REGION_FUNCTIONS = {"ORIGIN": "origin", "org": "origin", "LENGTH": "length", "len": "length"}
_SUFFIXES = {"k": 1024, "m": 1024 * 1024}


def number(text: str) -> int:
    """The value of a literal: ``0x10``, ``64K``, ``2M``, ``0FFh``, ``010`` (octal), ``1UL``."""
    plain = text.rstrip("uUlL")
    if plain.startswith("$"):
        return int(plain[1:], 16)
    if plain[-1] in "hH":
        return int(plain[:-1], 16)
    factor = _SUFFIXES.get(plain[-1].lower(), 1)
    digits = plain[:-1] if factor > 1 else plain
    if digits[:2].lower() == "0x":
        return int(digits, 16) * factor
    octal = digits.startswith("0") and digits.isdigit() and not set(digits) & {"8", "9"}
    return int(digits, 8 if octal else 10) * factor


def parse_expression(scanner: Scanner, depth: int = 0) -> Expression:
    """The expression at the scanner's position. Raises :class:`FormatError`."""
    output: list[str] = []
    _ternary(scanner, output, depth)
    if len(output) > MAX_LENGTH:
        raise FormatError("an expression is too long to read", scanner.line)
    return tuple(output)


def _ternary(scanner: Scanner, output: list[str], depth: int) -> None:
    while True:
        _binary(scanner, output, 0, depth)
        if not scanner.accept("?"):
            return
        if depth > MAX_DEPTH:
            raise FormatError("an expression is nested too deeply to read", scanner.line)
        _ternary(scanner, output, depth + 1)
        scanner.expect(":")
        _ternary(scanner, output, depth + 1)
        output.append("?")
        return


def _binary(scanner: Scanner, output: list[str], lowest: int, depth: int) -> None:
    _operand(scanner, output, depth)
    while True:
        operator = scanner.peek()
        level = _PRECEDENCE.get(operator.text) if operator.kind == "operator" else None
        if level is None or level < lowest:
            return
        scanner.take()
        _binary(scanner, output, level + 1, depth)
        output.append(operator.text)


def _operand(scanner: Scanner, output: list[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FormatError("an expression is nested too deeply to read", scanner.line)
    token = scanner.take()
    if token.kind == "number":
        output.append(str(number(token.text)))
    elif token.kind == "operator" and token.text in "-+~!" and token.text:
        _operand(scanner, output, depth + 1)
        if token.text != "+":
            output.append("u" + token.text)
    elif token.text == "(":
        _ternary(scanner, output, depth + 1)
        scanner.expect(")")
    elif token.kind in ("name", "string"):
        _named(scanner, output, token, depth)
    else:
        shown = repr(token.text) if token.text else "the end of the file"
        raise FormatError(f"a value expected, found {shown}", token.line)


def _named(scanner: Scanner, output: list[str], token: Token, depth: int) -> None:
    name = token.text.strip('"')
    if not scanner.accept("("):
        output.append("$" + name)
    elif name in _REGION_FUNCTIONS:
        region = scanner.take("name").text.strip('"')
        scanner.expect(")")
        output.append(f"{_REGION_FUNCTIONS[name]}:{region}")
    elif name in ("DEFINED", "defined"):
        output.append("defined:" + scanner.take("name").text.strip('"'))
        scanner.expect(")")
    else:
        count = _arguments(scanner, output, name, depth)
        output.append(f"call:{name}/{count}")


def _arguments(scanner: Scanner, output: list[str], name: str, depth: int) -> int:
    """The arguments of a function, appended; the number of those that are expressions."""
    if name in _OF_A_NAME:
        scanner.take("name")
        if scanner.accept(","):
            _ternary(scanner, [], depth + 1)
        scanner.expect(")")
        return 0
    count = 0
    while not scanner.accept(")"):
        if scanner.peek().kind == "string":
            scanner.take()
        else:
            _ternary(scanner, output, depth + 1)
            count += 1
        if not scanner.accept(","):
            scanner.expect(")")
            break
    return count


def evaluate(
    expression: Expression,
    symbols: Mapping[str, int],
    region: Callable[[str], tuple[int | None, int | None]] = lambda _: (None, None),
) -> int | None:
    """The value in 64 bits, or None when something in it is not known.

    ``symbols`` holds the known symbols, ``region`` answers (origin, length) of a region.
    """
    stack: list[int | None] = []
    for element in expression:
        if element.isdigit():
            stack.append(int(element) & _MASK)
        elif element.startswith("$"):
            stack.append(symbols.get(element[1:]))
        elif element.startswith("origin:"):
            stack.append(region(element[7:])[0])
        elif element.startswith("length:"):
            stack.append(region(element[7:])[1])
        elif element.startswith("defined:"):
            stack.append(1 if element[8:] in symbols else None)
        elif element.startswith("call:"):
            _call(stack, element[5:])
        elif element == "?":
            no, yes, condition = stack.pop(), stack.pop(), stack.pop()
            stack.append(None if condition is None else yes if condition else no)
        elif element.startswith("u"):
            value = stack.pop()
            stack.append(None if value is None else _UNARY[element](value) & _MASK)
        else:
            right, left = stack.pop(), stack.pop()
            stack.append(_apply(element, left, right))
    return stack[-1] if stack else None


def _call(stack: list[int | None], call: str) -> None:
    name, _, arity = call.rpartition("/")
    count = int(arity)
    given = [stack.pop() for _ in range(count)][::-1]
    values = [value for value in given if value is not None]
    result: int | None = None
    if len(values) == count:
        if name in ("MAX", "MIN") and count == 2:
            result = max(values) if name == "MAX" else min(values)
        elif name == "ALIGN" and count == 2 and values[1] > 0:
            result = -(-values[0] // values[1]) * values[1] & _MASK
        elif name == "ABSOLUTE" and count == 1:
            result = values[0]
        elif name == "LOG2CEIL" and count == 1:
            result = max(values[0] - 1, 0).bit_length()
    stack.append(result)


_UNARY: dict[str, Callable[[int], int]] = {
    "u-": lambda value: -value,
    "u~": lambda value: ~value,
    "u!": lambda value: int(not value),
}
_BINARY: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b if b < 64 else 0,
    ">>": lambda a, b: a >> b if b < 64 else 0,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "&&": lambda a, b: int(bool(a) and bool(b)),
    "||": lambda a, b: int(bool(a) or bool(b)),
}


def _apply(operator: str, left: int | None, right: int | None) -> int | None:
    if left is None or right is None or (operator in "/%" and right == 0):
        return None
    return _BINARY[operator](left, right) & _MASK
