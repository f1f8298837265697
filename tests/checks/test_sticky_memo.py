"""BLD002: answers that CMake code keeps in the cache."""

import pytest

from pitfalls.testing import examine

KEEP = 'set(_TRIPLE "${t}" CACHE INTERNAL "triple")\n'
ASK = (
    "if(DEFINED CACHE{_TRIPLE})\n  set(${out} $CACHE{_TRIPLE} PARENT_SCOPE)\n  return()\nendif()\n"
)
READ = 'set(t "")\nif(DEFINED Rust_TARGET)\n  set(t "${Rust_TARGET}")\nendif()\n'
BLOCK = 'if(NOT MY_TOOL OR NOT EXISTS "${MY_TOOL}")\n'


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"function(triple out)\n{ASK}{READ}{KEEP}endfunction()\n", ["warn"]),
        (f"function(triple out)\n{READ}{ASK}{KEEP}endfunction()\n", ["pass"]),
        (f"function(triple out)\n{READ}{KEEP}endfunction()\n", []),
        (f"function(a)\n{ASK}endfunction()\nfunction(b)\n{READ}{KEEP}endfunction()\n", []),
        (
            f"{BLOCK}  if(TOOL_PATH)\n    set(found \"${{TOOL_PATH}}\")\n  endif()\n"
            "  set(MY_TOOL \"${found}\" CACHE INTERNAL \"\")\nendif()\n", ["warn"],
        ),
        (
            f"{BLOCK}  if(DEFINED ENV{{TOOL_PATH}})\n    set(found $ENV{{TOOL_PATH}})\n  endif()\n"
            "  set(MY_TOOL \"${found}\" CACHE INTERNAL \"\")\nendif()\n", ["warn"],
        ),
        (  # a probe that nobody can tell anything
            f"{BLOCK}  execute_process(COMMAND cc -v OUTPUT_VARIABLE found)\n"
            "  if(found MATCHES clang)\n    set(found \"${found}\")\n  endif()\n"
            "  set(MY_TOOL \"${found}\" CACHE INTERNAL \"\")\nendif()\n", [],
        ),
        (  # the user's own cache variable is no kept answer
            f"{BLOCK}  if(TOOL_PATH)\n    set(found \"${{TOOL_PATH}}\")\n  endif()\n"
            "  set(MY_TOOL \"${found}\" CACHE FILEPATH \"\")\nendif()\n", [],
        ),
        (  # the question asks for the input itself
            "if(NOT MY_TOOL OR TOOL_PATH)\n if(TOOL_PATH)\n  set(f \"${TOOL_PATH}\")\n  endif()\n"
            "  set(MY_TOOL \"${f}\" CACHE INTERNAL \"\")\nendif()\n", ["pass"],
        ),
    ],
)  # fmt: skip
def test_a_kept_answer_gives_way_to_what_the_user_sets(code: str, expected: list[str]) -> None:
    """The cache is asked after -D and the environment, not before."""
    result = examine("BLD002", {"cmake/tool.cmake": code})
    assert not result.traceback
    assert [f.verdict.value for f in result.findings if f.rule == "BLD002.sticky-memo"] == expected
