"""How the calls read that make a test hold something: which test files are worth a syntax tree."""

from __future__ import annotations

from collections.abc import Sequence

from pitfalls.formats.rust_claims import Claim
from pitfalls.formats.rust_tests import Call, Function


def claiming_calls(functions: Sequence[Function]) -> frozenset[bytes]:
    """Calls of helpers that claim something, themselves or through the helpers they call, as far
    as claims are followed (:data:`pitfalls.views.test_resources.MAX_CALLS`); parameters that ask
    for a fixture, too."""
    claiming = {_called(f) for f in functions if any(map(_is_passed_on, f.claims))}
    for _ in range(3):
        methods = {b"." + called.rpartition(b"::")[2] for called in claiming if b"::" in called}
        known = claiming | methods
        claiming |= {_called(f) for f in functions if any(_written(c, f) in known for c in f.calls)}
    fixtures = {_called(f)[:-1] for f in functions if f.fixture} & {c[:-1] for c in claiming}
    asked = {form % name for name in fixtures for form in (b"%b:", b"from(%b)")}
    return frozenset(claiming | asked)


def _is_passed_on(claim: Claim) -> bool:
    """Whether callers hold what a helper claims: not port 0, nor its own DDS participants (for
    those only a test that names a DDS itself counts)."""
    return claim.kind != "domain" and (claim.kind, claim.expression) != ("port", "0")


def _called(function: Function) -> bytes:
    """How a call of the function reads: ``Router::start(`` or ``boot(``."""
    name = function.name.rpartition("::")[2]
    return (f"{function.owner}::{name}(" if function.owner else f"{name}(").encode()


def _written(call: Call, caller: Function) -> bytes:
    """The same of a call, whatever modules its path names."""
    *path, name = call.callee.split("::")
    owner = path[-1] if path else ""
    owner = caller.owner if owner == "Self" else owner
    return (f"{owner}::{name}(" if owner[:1].isupper() else f"{name}(").encode()
