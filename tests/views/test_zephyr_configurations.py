"""The effective Kconfig settings of Zephyr applications."""

from pathlib import Path

from pitfalls.cache import Cache
from pitfalls.config import Config
from pitfalls.index import Index
from pitfalls.model import Place
from pitfalls.source import Source, View, closure
from pitfalls.tree import FolderTree
from pitfalls.views.kconfig import Configuration, Value, ZephyrConfigurations


def view_of(folder: Path, files: dict[str, str]) -> ZephyrConfigurations:
    """The view over a small tree."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    index = Index(FolderTree(folder), Config(), Cache(None))
    views, selections = closure([ZephyrConfigurations])
    index.prepare(selections)
    built: dict[type[View], View] = {}
    for view in views:
        built[view] = view.build(Source(index, view, built))
    found = built[ZephyrConfigurations]
    assert isinstance(found, ZephyrConfigurations)
    return found


def only(configurations: tuple[Configuration, ...], board: str) -> Configuration:
    """The one configuration of a board."""
    (found,) = (c for c in configurations if c.board == board)
    return found


def test_board_file_wins(tmp_path: Path) -> None:
    """boards/<board>.conf is merged over prj.conf, and each value keeps its place."""
    view = view_of(
        tmp_path,
        {
            "app/prj.conf": "CONFIG_A=y\nCONFIG_B=1\n",
            "app/boards/qemu_x86.conf": "# board\nCONFIG_B=2\n",
        },
    )
    board = only(view.configurations, "qemu_x86")
    assert board.application == "app"
    assert board.is_on("A")
    assert board.get("B") == Value("2", Place("app/boards/qemu_x86.conf", 2))
    assert only(view.configurations, "").get("B") == Value("1", Place("app/prj.conf", 2))


def test_board_defconfig_is_lowest(tmp_path: Path) -> None:
    """A board that the tree defines gives defaults below prj.conf."""
    view = view_of(
        tmp_path,
        {
            "prj.conf": "CONFIG_A=n\n",
            "boards/mine.conf": "CONFIG_C=y\n",
            "boards/acme/mine/mine_defconfig": "CONFIG_A=y\nCONFIG_B=y\n",
        },
    )
    board = only(view.configurations, "mine")
    assert (board.application, board.is_on("A"), board.is_on("B")) == (".", False, True)


def test_suffix_takes_its_own_board_files(tmp_path: Path) -> None:
    """prj_debug.conf goes with boards/<board>_debug.conf."""
    view = view_of(
        tmp_path,
        {
            "prj_debug.conf": "CONFIG_A=y\n",
            "boards/b.conf": "CONFIG_A=n\n",
            "boards/b_debug.conf": "CONFIG_B=y\n",
        },
    )
    assert only(view.configurations, "b_debug").is_on("A")


def test_extra_files_are_alternatives(tmp_path: Path) -> None:
    """A further .conf beside prj.conf gives one more configuration, not a change of the plain
    one."""
    view = view_of(tmp_path, {"prj.conf": "CONFIG_A=y\n", "overlay-net.conf": "CONFIG_A=n\n"})
    assert [c.is_on("A") for c in view.configurations] == [True, False]


def test_shared_fragment(tmp_path: Path) -> None:
    """A .conf outside any application stands alone."""
    view = view_of(tmp_path, {"cmake/zephyr/mps2.conf": "CONFIG_A=y\n"})
    assert view.configurations == ()
    assert view.fragments[0].files == ("cmake/zephyr/mps2.conf",)


def test_vendored_zephyr_is_not_an_application(tmp_path: Path) -> None:
    """Samples inside a nested Zephyr are not the tree's own."""
    view = view_of(
        tmp_path,
        {
            "zephyr/kernel/sched.c": "",
            "zephyr/include/zephyr/kernel.h": "",
            "zephyr/samples/hello/prj.conf": "CONFIG_A=y\n",
        },
    )
    assert (view.configurations, view.fragments) == ((), ())
