"""Firmware that is emulated with a network: its polling loops, and what lets its CPU rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from pitfalls.formats import idle_code
from pitfalls.formats.idle_code import IdleCode, IdleUse, PollLoop
from pitfalls.model import Place
from pitfalls.source import Located, Selection, Source, View
from pitfalls.views.firmware_crates import FirmwareCrates
from pitfalls.views.layout import Layout
from pitfalls.views.networked_guests import Emulated, NetworkedGuests
from pitfalls.views.routines import TEST_CODE
from pitfalls.views.rust_modules import is_live

_code = partial(Selection, type=IdleCode)
RUST = _code(
    name="idle code in Rust", parse=idle_code.parse_rust, names=("*.rs",),
    needles=(
        b"spin_once", b"spin_some", b"smoltcp_poll", b"do_poll", b"network_poll", b"set_idle",
        b"_wfi", b"spin_loop", b"init_hardware", b"Interface::new(", b"iface.poll(",
        b"interface.poll(", b"enable_idle", b"register_idle", b"install_idle",
    ),
)  # fmt: skip
C = _code(
    name="idle code in C", parse=idle_code.parse_c, names=("*.c",),
    needles=(
        b"spin_some", b"spin_once", b"zp_read", b"MX_LWIP_Process", b"ethernetif_input",
        b"sys_check_timeouts", b"network_poll",
    ),
)  # fmt: skip

PREEMPTIVE = frozenset({"freertos", "zephyr", "nuttx", "threadx", "esp-idf", "posix"})
"""Platforms on which a call that blocks lets another task, and then the idle task, run."""


@dataclass(frozen=True)
class Spin:
    """A polling loop of a target; ``installed`` is the call that gives the target an idle
    callback, None without one; ``armed`` the word that arms an interrupt, for a loop that needs
    one."""

    loop: PollLoop
    place: Place
    subject: str
    platform: str
    emulated: Emulated
    installed: Place | None
    armed: str = ""

    @property
    def needs_interrupt(self) -> bool:
        """Whether it rests by a WFI on bare metal, which an interrupt has to end."""
        return self.loop.rest.strip("_").lower() == "wfi" and self.platform not in PREEMPTIVE

    @property
    def asks(self) -> bool:
        """Whether it calls an idle callback that nothing in sight installs."""
        return self.loop.rest.lower().startswith("idle") and self.installed is None

    @property
    def rests(self) -> str:
        """What lets the CPU rest in it, empty for nothing."""
        if self.loop.rest:
            return self.loop.rest
        if self.platform in PREEMPTIVE and self.loop.blocks:
            return f"{self.loop.call}() blocks with a timeout"
        return "an idle callback" if self.installed is not None else ""


@dataclass(frozen=True)
class Board:
    """A crate that brings its hardware up at ``place`` and links ``installer``; ``use`` is the
    call that installs the callback, ``arms`` the word that arms an interrupt."""

    place: Place
    subject: str
    platform: str
    emulated: Emulated
    installer: tuple[Place, str]
    use: tuple[Place, IdleUse] | None
    arms: str


class IdleGuests(View):
    """``spins``: the polling loops; ``boards`` that link an installer of an idle callback."""

    uses = (RUST, C, FirmwareCrates, NetworkedGuests, Layout)

    def __init__(self, spins: Iterable[Spin], boards: Iterable[Board]) -> None:
        self.spins = tuple(spins)
        self.boards = tuple(boards)

    @classmethod
    def build(cls, source: Source) -> Self:
        """From the code of every crate and C target whose platform is launched."""
        layout, guests = source.view(Layout), source.view(NetworkedGuests)
        if not guests.launches:
            return cls((), ())
        rust = [f for f in source.facts(RUST) if _is_firmware(f.path, layout)]
        rust = [f for f in rust if is_live(f.path, source.read)]
        reader = _Reader(rust, source)
        c = [f for f in source.facts(C) if _is_firmware(f.path, layout)]
        return cls([*reader.spins(), *_c_spins(c, guests, source)], reader.boards())


def _is_firmware(path: str, layout: Layout) -> bool:
    return layout.is_evidence(path) and not TEST_CODE.search(path) and "/build.rs" not in path


def _c_spins(
    files: list[Located[IdleCode]], guests: NetworkedGuests, source: Source
) -> Iterator[Spin]:
    layout = source.view(Layout)
    for file in files:
        platform = layout.platform_of(file.path)
        emulated = guests.of(platform, file.path)
        if emulated is not None:
            for loop in file.facts.loops:
                if loop.kind == "wait" and platform in PREEMPTIVE:
                    continue
                spin = Spin(
                    loop, Place(file.path, loop.line), layout.subject_of(file.path), platform,
                    emulated, None,
                )  # fmt: skip
                yield replace(spin, armed=_arms_c(source)) if spin.needs_interrupt else spin


def _arms_c(source: Source) -> str:
    """The word by which some C file arms an interrupt: what a C target links is not known."""
    files = (path for path in source.paths if path.endswith((".c", ".h", ".S", ".s")))
    words = (idle_code.arming_word(source.read(path) or b"") for path in files)
    return next((word for word in words if word), "")


class _Reader:
    def __init__(self, files: list[Located[IdleCode]], source: Source) -> None:
        crates = self.crates = source.view(FirmwareCrates)
        self.guests, self.layout = source.view(NetworkedGuests), source.view(Layout)
        self.source = source
        self.files: dict[str, list[Located[IdleCode]]] = {}
        for file in files:
            self.files.setdefault(crates.crate_of(file.path), []).append(file)
        self.installers = {
            name: (Place(f.path, line), name)
            for f in files for name, line in f.facts.installers
        }  # fmt: skip
        own = {name for f in files for name, _ in f.facts.installers}
        self.installing = {
            crate for crate, held in self.files.items()
            if any(f.facts.installers for f in held)
        }  # fmt: skip
        self.uses = {
            crate: [
                (Place(f.path, use.line), use) for f in held for use in f.facts.uses
                if use.name in own and use.function not in own
            ]
            for crate, held in self.files.items()
        }  # fmt: skip

    def emulated(self, crate: str) -> tuple[str, Emulated | None]:
        """The platform of a crate, and its networked launches."""
        platform = self.crates.platform_of(crate)
        if not self.crates.is_emulated(crate):
            return platform, None
        return platform, self.guests.of(platform, self.crates.links.folders.get(crate, ""))

    def use_of(self, crate: str) -> tuple[Place, IdleUse] | None:
        """The call in the crate, or in one that it links, that installs an idle callback."""
        linked = self.crates.links.closure(crate) or {crate}
        return next((use for name in sorted(linked) for use in self.uses.get(name, ())), None)

    def spins(self) -> Iterator[Spin]:
        """The loops of crates that are launched, and waiting loops of crates that they link."""
        for crate, files in sorted(self.files.items()):
            platform, emulated = self.emulated(crate)
            if not crate:
                continue
            shared = emulated is None
            if shared:
                platform, emulated = self._user(crate)
            if emulated is None:
                continue
            use = self.use_of(crate)
            for file in files:
                for loop in file.facts.loops:
                    is_wait = loop.kind == "wait"
                    if (shared and not is_wait) or (is_wait and platform in PREEMPTIVE):
                        continue
                    spin = Spin(
                        loop, Place(file.path, loop.line), self.layout.subject_of(file.path),
                        platform, emulated, use[0] if use is not None else None,
                    )  # fmt: skip
                    if spin.needs_interrupt and not shared:
                        linked = self.crates.links.closure(crate)
                        spin = replace(spin, armed=self._arms(linked))
                    yield spin

    def _user(self, crate: str) -> tuple[str, Emulated | None]:
        """The platform of a launched bare-metal crate that links ``crate``."""
        for user in self.crates.links.users(crate):
            platform, emulated = self.emulated(user)
            if emulated is not None and platform and platform not in PREEMPTIVE:
                return platform, emulated
        return "", None

    def _arms(self, linked: set[str]) -> str:
        """The word by which some file of the crates arms an interrupt."""
        folders = tuple(f"{self.crates.links.folders[c]}/".lstrip("/") for c in sorted(linked))
        files = (p for p in self.source.paths if p.endswith(".rs") and p.startswith(folders))
        words = (idle_code.arming_word(self.source.read(path) or b"") for path in files)
        return next((word for word in words if word), "")

    def boards(self) -> Iterator[Board]:
        """Crates that bring hardware up and link an installer that is not their own alone."""
        for crate, files in sorted(self.files.items()):
            starts = [(f.path, line) for f in files for line in f.facts.starts]
            linked = self.crates.links.closure(crate)
            known = sorted((linked & self.installing) - {crate})
            platform, emulated = self.emulated(crate)
            if not starts or not known or emulated is None or platform in PREEMPTIVE:
                continue
            installer = next(
                (Place(f.path, line), name) for c in known for f in self.files[c]
                for name, line in f.facts.installers
            )  # fmt: skip
            use = self.use_of(crate)
            path, line = starts[0]
            yield Board(
                Place(path, line), self.layout.subject_of(path), platform, emulated, installer,
                use, self._arms(linked) if use is not None else "",
            )  # fmt: skip
