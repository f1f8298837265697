"""What a GNU ld script says, as plain data. Lines count from 1, addresses and lengths are bytes.

An item is ``conditional`` when it stands in an arm of a C-preprocessor ``#if`` that the script
alone does not decide: it may or may not be there.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Expression: TypeAlias = tuple[str, ...]
"""An expression in postfix order; see :mod:`.expressions`. Empty for one that is not there."""


class Region(msgspec.Struct, frozen=True, tag=True):
    """One line of ``MEMORY``."""

    name: str
    attributes: str
    origin: Expression
    length: Expression
    line: int
    conditional: bool = False


class Assignment(msgspec.Struct, frozen=True, tag=True):
    """``symbol = value;`` with any assignment operator; also an object-like ``#define``.

    ``weak`` is a PROVIDE, ``macro`` a ``#define``; ``section`` is the output section in which it
    stands, where a plain number would be an offset.
    """

    name: str
    value: Expression
    line: int
    operator: str = "="
    weak: bool = False
    macro: bool = False
    section: str = ""
    conditional: bool = False


class InputPattern(msgspec.Struct, frozen=True):
    """``KEEP(*(EXCLUDE_FILE(x.o) .text .text.*))``: which sections of which files."""

    files: str
    sections: tuple[str, ...]
    line: int
    excluded: tuple[str, ...] = ()
    keep: bool = False
    conditional: bool = False


class OutputSection(msgspec.Struct, frozen=True, tag=True):
    """One output section. ``region`` is the name after ``>``, empty where there is none;
    ``kind`` is ``NOLOAD`` or the like; ``/DISCARD/`` is an output section too."""

    name: str
    inputs: tuple[InputPattern, ...]
    line: int
    end_line: int
    region: str = ""
    load_region: str = ""
    kind: str = ""
    address: Expression = ()
    conditional: bool = False


class Include(msgspec.Struct, frozen=True, tag=True):
    """``INCLUDE file`` (``inside`` is empty, ``MEMORY``, ``SECTIONS`` or an output section's name)
    or, with ``macro``, a C-preprocessor ``#include``."""

    path: str
    line: int
    inside: str = ""
    macro: bool = False
    conditional: bool = False


class RegionAlias(msgspec.Struct, frozen=True, tag=True):
    """``REGION_ALIAS("alias", region)``."""

    alias: str
    region: str
    line: int
    conditional: bool = False


class Insert(msgspec.Struct, frozen=True, tag=True):
    """``INSERT AFTER section``: the script adds to another one instead of replacing it."""

    position: str
    section: str
    line: int


class Command(msgspec.Struct, frozen=True, tag=True):
    """Any other command with its arguments as text: ``ENTRY``, ``ASSERT``, etc."""

    name: str
    arguments: str
    line: int
    conditional: bool = False


class Problem(msgspec.Struct, frozen=True):
    """A statement that could not be read and was passed over."""

    message: str
    line: int


Item: TypeAlias = Region | Assignment | OutputSection | Include | RegionAlias | Insert | Command


class LinkerScript(msgspec.Struct, frozen=True):
    """One script, in the order of its text."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()
    has_memory: bool = False
    has_sections: bool = False
