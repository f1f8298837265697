"""How a stack's depth reaches the kernel: through a 16-bit type, or in the wrong unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pitfalls.model import Place
from pitfalls.source import Source, View, parents
from pitfalls.views.freertos_config import FreeRTOSConfig
from pitfalls.views.freertos_ports import FreeRTOSPorts
from pitfalls.views.layout import Layout
from pitfalls.views.task_makers import Task
from pitfalls.views.task_values import Scope
from pitfalls.views.tasks import MENTIONS, TargetTasks, TaskReader, TaskTargets

Width = Literal["cast", "type", "wide", "unknown"]

WIDE = 65536
"""Words that no 16-bit number holds."""

DEPTH_TYPE = "configSTACK_DEPTH_TYPE"
_CAST = re.compile(r"\(\s*(?:uint16_t|unsigned\s+short(?:\s+int)?|u16_t|UINT16|portSHORT|u16)\s*\)")
# FreeRTOS's own naming: the variable has 16 bits already.
_SHORT = re.compile(r"\bus[A-Z]\w*")
_KERNELS_OWN = frozenset({"prvIdleTask", "prvTimerTask"})
_BYTES = re.compile(r"\b\w*bytes\w*\b", re.IGNORECASE)
_WORDS = re.compile(r"\b\w*words\w*\b", re.IGNORECASE)
_DIVIDES = re.compile(r"/|>>|sizeof|bytes_?(?:to|2)_?words", re.IGNORECASE)
_MULTIPLIES = re.compile(r"\*|<<|sizeof|words_?(?:to|2)_?bytes", re.IGNORECASE)


@dataclass(frozen=True)
class Depth:
    """The depth of one task. ``number`` counts words before any cast, None when unknown; ``width``
    tells what it passes: a 16-bit ``cast``, a 16-bit ``type``, nothing (``wide``). ``handed``: the
    cast stands in a function that is given any depth."""

    task: Task
    number: int | None
    width: Width
    place: Place
    text: str
    slip: str
    handed: bool
    subject: str
    platform: str


class StackDepths(View):
    """Every FreeRTOS or ThreadX task of the tree."""

    uses = (TaskTargets, *TaskReader.USES)

    def __init__(self, depths: Iterable[Depth]) -> None:
        self.depths = tuple(depths)

    @classmethod
    def build(cls, source: Source) -> Self:
        """The targets' tasks, and calls in files that belong to no target."""
        reader, ports = source.view(TaskTargets).reader, source.view(FreeRTOSPorts)
        targets = [reader.read(config) for config in reader.configs]
        known_types = {_narrow(target.config, ports) for target in targets}
        everywhere = known_types.pop() if len(known_types) == 1 else None
        found: dict[Place, Depth] = {}
        for target in (*targets, *_elsewhere(source, reader)):
            # Code that several targets share is compiled with their configurations.
            narrow = _narrow(target.config, ports) if target.config.macros else everywhere
            for task in target.tasks:
                depth = _depth(target, task, narrow)
                if not target.config.macros and _is_esp_component(source, task.place.path):
                    continue  # ESP-IDF's depths are bytes
                if task.entry in _KERNELS_OWN and (depth.number or 0) < WIDE:
                    continue  # a cast in a copy of the kernel is the kernel's affair
                known = found.get(depth.place)
                if known is None or _weight(depth) > _weight(known):
                    found[depth.place] = depth
        return cls(found.values())


def _weight(depth: Depth) -> int:
    """The call that says most about a wrapper: too deep, else unknown, else the deepest."""
    return (
        WIDE + (depth.number or 0)
        if (depth.number or 0) >= WIDE
        else (WIDE - 1 if depth.number is None else depth.number)
    )


def _elsewhere(source: Source, reader: TaskReader) -> Iterator[TargetTasks]:
    """Folders with calls that no configuration's folders hold."""
    layout = source.view(Layout)
    known = [folder for config in reader.configs for folder in reader.folders(config)]
    groups: dict[str, str] = {}
    for file in source.facts(MENTIONS):
        makes = any(name.startswith(("xTaskCreate", "tx_thread")) for name in file.facts.calls)
        inside = any(not d or file.path.startswith(d + "/") for d in known)
        if makes and not inside and layout.is_evidence(file.path):
            groups.setdefault(layout.subject_of(file.path), file.path)
    for subject, path in groups.items():
        folder = "" if subject == "." else subject
        platform = layout.platform_of(path)
        # ESP-IDF's depths are bytes, and the host has its own stacks.
        if platform not in ("posix", "esp-idf", "esp32-c3"):
            yield reader.read(FreeRTOSConfig(path, folder, platform, {}, (), ()))


def _is_esp_component(source: Source, path: str) -> bool:
    """Whether a file belongs to a component of ESP-IDF, by the CMake call that registers one."""
    for folder in parents(path):
        listing = f"{folder}/CMakeLists.txt" if folder else "CMakeLists.txt"
        if source.exists(listing):
            return b"idf_component_register" in (source.read(listing) or b"")
    return False


def _narrow(config: FreeRTOSConfig, ports: FreeRTOSPorts) -> bool | None:
    """Whether the kernel's type for a depth has 16 bits; None when that is not told."""
    macro = config.get(DEPTH_TYPE)
    if macro is not None and macro.state != "undefined":
        return macro.text.strip() in ("uint16_t", "unsigned short")
    release = ports.release(config)
    return release.number < (11, 1, 0) if release is not None else None


def _depth(target: TargetTasks, task: Task, narrow: bool | None) -> Depth:
    texts = task.stack_texts
    inner = texts[-1] if texts else ""
    cast = next((t for t in texts if _CAST.search(t) and not _SHORT.search(t)), None)
    number = task.stack.number
    width: Width = "wide"
    if task.unit == "words" and task.api.startswith("xTaskCreate"):
        width = "type" if narrow else "unknown" if narrow is None else "wide"
    if cast is not None:
        width = "cast"
        plain = _CAST.sub("", texts[0])
        number = target.resolver.value(plain, _scope(task)).number
        if len(texts) > 1 and number is None:
            number = None if _CAST.search(texts[0]) else task.stack.number
    return Depth(
        task, number, width, (task.depth_place if cast == inner else None) or task.place,
        cast or inner, _slip(task), cast == inner and len(texts) > 1, target.config.subject,
        target.config.platform,
    )  # fmt: skip


def _scope(task: Task) -> Scope:
    return Scope(task.place.path, task.place.line)


def _slip(task: Task) -> str:
    """The name that tells of the other unit than the API's, with nothing that converts."""
    text = " ".join((*task.stack_texts, *(hop.message for hop in task.stack.chain)))
    if task.unit == "words" and (named := _BYTES.search(text)) and not _DIVIDES.search(text):
        return named[0]
    if task.unit == "bytes" and (named := _WORDS.search(text)) and not _MULTIPLIES.search(text):
        return named[0]
    return ""
