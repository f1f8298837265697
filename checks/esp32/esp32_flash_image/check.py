"""QEMU's Espressif machines boot a whole flash image: merged, padded, and for their chip."""

from collections.abc import Iterator

from pitfalls import Finding, FindingMaker, Place, Related, fail, ok, rule, unknown, warn
from pitfalls.views.flash_images import FlashImages, FlashLaunch, Producer
from pitfalls.views.flash_inputs import Input
from pitfalls.views.packing_skips import PackingSkips

SIZES = (2, 4, 8, 16)
"""Lengths in MiB of a flash that QEMU's Espressif machines accept."""

CHIPS_OF_TARGET = {
    "riscv32imc-": ("esp32c2", "esp32c3"),
    "riscv32imac-": ("esp32c5", "esp32c6", "esp32c61", "esp32h2"),
    "riscv32imafc-": ("esp32p4",),
    "xtensa-esp32-": ("esp32",),
    "xtensa-esp32s2-": ("esp32s2",),
    "xtensa-esp32s3-": ("esp32s3",),
}


@rule(
    level="fail",
    tag="seed",
    fix="espflash save-image --chip esp32c3 --merge ELF IMAGE, or esptool merge-bin with"
    " --fill-flash-size; give QEMU that file.",
)
def not_merged(images: FlashImages) -> Iterator[Finding]:
    """The flash that QEMU boots holds bootloader, partition table and application: no ELF, no
    application alone, no hex or uf2."""
    for launch in images.launches:
        make, message = _judge_content(launch)
        yield _of_launch(make, launch, message)


@rule(
    level="fail", fix="Let espflash pad, or pass --fill-flash-size 4MB (--pad-to-size) to esptool."
)
def size(images: FlashImages) -> Iterator[Finding]:
    """A merged image is padded to 2, 4, 8 or 16 MiB."""
    for launch in images.launches:
        steps = [p.step for p in launch.producers if p.step.merged]
        if not steps:
            continue
        last = steps[-1]
        name = last.output.rpartition("/")[2]
        if last.size is None:
            make, message = unknown, f"the size that {last.tool} is given would decide"
        elif last.size == 0:
            make, message = fail, f"{last.tool} leaves {name} unpadded"
        else:
            make = ok if last.size in SIZES else fail
            message = f"{last.tool} makes {name} {last.size:g} MiB long"
        yield _of_producer(make, launch.producers[-1], message, launch)


@rule(level="fail", fix="Name one chip: in --chip, in -machine, and in the target of the build.")
def chip(images: FlashImages) -> Iterator[Finding]:
    """The chip of the image, the machine and the target of the executable are the same."""
    for launch in images.launches:
        for producer in launch.producers:
            named = producer.step.chip.replace("-", "")
            if not named or "$" in named or not launch.machine:
                continue
            wrong = [i for i in producer.inputs if named not in _chips_of(i.triple, named)]
            if named != launch.machine:
                text = f"the image is for {named}, and QEMU runs {launch.machine}"
                yield _of_producer(fail, producer, text, launch)
            elif wrong:
                text = f"the image is for {named}, and {wrong[0].name} is built for"
                yield _of_producer(fail, producer, f"{text} {wrong[0].triple}", launch)
            else:
                yield _of_producer(ok, producer, f"image and machine are {named}", launch)


@rule(level="warn", fix="End with an error when the tool is absent: nothing was packed.")
def soft_skip(skips: PackingSkips) -> Iterator[Finding]:
    """An absent packer ends the script with an error, instead of a message and success."""
    for skip in skips.skips:
        if skip.ignored:
            message = f"a failure of {skip.tool} is thrown away: the old image stays, or none"
        elif skip.fails:
            message = f"without {skip.tool} this ends with an error"
        else:
            message = f"without {skip.tool} this says so and succeeds, with the old image or none"
        yield (ok if skip.fails else warn)(
            skip.place,
            message,
            subject=skip.subject,
            platform="esp32-c3",
            related=skip.related,
        )


@rule(
    level="warn",
    fix="Pack the name that the package's [[bin]] has, from the profile it is built in.",
)
def missing_input(images: FlashImages) -> Iterator[Finding]:
    """The executable that is packed is one that its package produces, in the profile that is
    built."""
    for producer in images.producers:
        for one in producer.inputs:
            make, message = _judge_input(one)
            yield make(
                producer.place,
                message,
                subject=producer.subject,
                platform="esp32-c3",
                related=[Related(one.manifest, f"produces {', '.join(one.produced)}")],
            )


def _judge_content(launch: FlashLaunch) -> tuple[FindingMaker, str]:
    """What the file is that QEMU gets as flash."""
    shown = launch.file.removeprefix("${").removesuffix("}") if launch.lists else launch.file
    if launch.lists:
        if launch.builds is not None and "merge" not in shown:
            return fail, f"`{shown}` picks the application that idf.py build leaves"
        return unknown, f"which file `{shown}` picks would decide"
    if launch.producers:
        return _judge_steps(launch.producers, shown)
    if shown.endswith((".elf", ".axf")) or _is_executable(shown):
        return fail, f"{shown} is an executable, not a flash image"
    if launch.builds is not None and "/build/" in f"/{shown}" and "merge" not in shown:
        return fail, f"{shown} is the application that idf.py build leaves"
    return unknown, f"the command that makes {shown} would decide"


def _judge_steps(producers: tuple[Producer, ...], shown: str) -> tuple[FindingMaker, str]:
    """The commands that make one file; the first that is no padding decides."""
    steps = [p.step for p in producers if p.step.tool != "truncate"]
    if not steps:
        return unknown, f"what {shown} holds before it is padded would decide"
    last = steps[-1]
    if last.merged:
        return ok, f"{last.tool} merges {shown}"
    if last.format not in ("raw", "elf"):
        return fail, f"{last.tool} writes {shown} as {last.format}, which is no raw image"
    return fail, f"{last.tool} writes the application alone into {shown}"


def _is_executable(path: str) -> bool:
    """``target/<triple>/<profile>/name`` without an ending."""
    parts = path.split("/")
    return len(parts) > 3 and parts[-4].startswith("target") and "." not in parts[-1]


def _chips_of(triple: str, named: str) -> tuple[str, ...]:
    """The chips that a Rust target is for; any for a target that is not known."""
    known = (chips for start, chips in CHIPS_OF_TARGET.items() if triple.startswith(start))
    return next(known, (named,))


def _judge_input(one: Input) -> tuple[FindingMaker, str]:
    if one.name not in one.produced:
        return warn, f"no target of the package produces {one.name}"
    known = one.profile in ("debug", "release") and one.built in ("debug", "release")
    if known and one.profile != one.built:
        return warn, f"{one.name} is built as {one.built} and packed from {one.profile}"
    return ok, f"{one.name} is a target of the package"


def _of_launch(make: FindingMaker, launch: FlashLaunch, message: str) -> Finding:
    return make(
        Place(launch.launch.place.path, launch.drive.place.line),
        message,
        subject=launch.launch.subject,
        platform=launch.launch.platform or "esp32-c3",
        related=launch.related,
    )


def _of_producer(
    make: FindingMaker, producer: Producer, message: str, launch: FlashLaunch
) -> Finding:
    return make(
        producer.place,
        message,
        subject=launch.launch.subject,
        platform=launch.launch.platform or "esp32-c3",
        related=[Related(launch.launch.place, "QEMU boots it here")],
    )
