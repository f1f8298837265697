"""Filtersets of nextest."""

import pytest

from pitfalls.formats import FormatError, filterset
from pitfalls.formats.filterset import And, Not, Or, Predicate


def test_and_binds_tighter_than_or() -> None:
    """``a or b and c`` is ``a or (b and c)``."""
    a, b, c = (Predicate("binary", "#", name) for name in "abc")
    assert filterset.parse("binary(a) or binary(b) and binary(c)") == Or(a, And(b, c))


def test_signs_are_operators() -> None:
    """``!``, ``&``, ``-``, ``+`` and ``|`` read as their words; ``-`` is ``and not``."""
    text = "!binary(a) & binary(b) - binary(c) + all() | none()"
    words = "(((not binary(a) and binary(b)) and not binary(c)) or all()) or none()"
    assert filterset.parse(text) == filterset.parse(words)


def test_default_matchers_follow_the_nextest_book() -> None:
    """test() contains, package() and binary() are globs, kind() is equality."""
    assert filterset.parse("test(x)") == Predicate("test", "~", "x")
    assert filterset.parse("package(x*)") == Predicate("package", "#", "x*")
    assert filterset.parse("kind(lib)") == Predicate("kind", "=", "lib")
    assert filterset.parse("test(=a::b)") == Predicate("test", "=", "a::b")


def test_a_regular_expression_may_hold_parentheses_and_slashes() -> None:
    """``/…/`` ends at the slash before the closing parenthesis."""
    predicate = filterset.parse(r"test(/^a(b|c)\/d$/)")
    assert isinstance(predicate, Predicate)
    assert predicate.matches("ab/d")
    assert not predicate.matches("ad/d")


def test_a_broken_regular_expression_matches_nothing() -> None:
    """A pattern that does not compile is no crash."""
    assert not Predicate("test", "/", "(").matches("x")


def test_a_filter_may_go_over_lines() -> None:
    """Line ends and their backslashes are white space."""
    expression = filterset.parse("\n  binary(a) \\\n  or binary(b) \\\n")
    assert [p.value for p in filterset.predicates(expression)] == ["a", "b"]


def test_negation_is_kept() -> None:
    """``not`` applies to what follows."""
    assert filterset.parse("not test(a)") == Not(Predicate("test", "~", "a"))


@pytest.mark.parametrize(
    "text",
    ["", "binary(a", "binary(a) or", "and", "binary(a) binary(b)", "(binary(a)", "nonsense(a)",
     "binary(a))", "not " * 5000 + "all()", "(" * 5000],
)  # fmt: skip
def test_what_nextest_refuses_is_an_error(text: str) -> None:
    """Text that is no filterset raises FormatError, however it is broken."""
    with pytest.raises(FormatError):
        filterset.parse(text)
