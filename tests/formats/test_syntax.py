"""Walks and queries of syntax trees."""

from __future__ import annotations

from pitfalls.formats import syntax

CODE = b"fn a() { one(two(3)); if x { four() } }\nstruct S;\nfn b() { five().six(); }\n"


def test_a_walk_goes_in_source_order_and_stays_below_its_node() -> None:
    """Outer nodes come before the inner ones; a walk from one function does not reach the next."""
    root = syntax.parse("rust", CODE)
    calls = [syntax.text(node) for node in syntax.descend(root, "call_expression")]
    assert calls == ["one(two(3))", "two(3)", "four()", "five().six()", "five()"]
    first = next(syntax.descend(root, "function_item"))
    inside = [syntax.text(node) for node in syntax.descend(first, "call_expression")]
    assert inside == ["one(two(3))", "two(3)", "four()"]
    assert list(syntax.descend(first, "function_item")) == [first]


def test_collected_nodes_are_those_of_a_walk_in_its_order() -> None:
    """The query's own order changes from run to run; findings must not."""
    root = syntax.parse("rust", CODE * 20)
    kinds = ("call_expression", "function_item", "struct_item", "enum_item")
    nodes = syntax.collect("rust", root, *kinds)
    assert nodes == {kind: list(syntax.descend(root, kind)) for kind in kinds}
