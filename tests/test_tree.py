"""Target trees: a folder, a checkout, a revision; nothing leads out, nothing is run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pitfalls.git import Git, forge_url
from pitfalls.git_tree import GitTree
from pitfalls.tree import TreeError, open_tree
from tests.conftest import Write, commit_all, git


def test_a_plain_folder_is_walked_without_build_output(write: Write) -> None:
    """Without git, dependency folders and CMake build folders are left out."""
    root = write(
        {
            "src/main.c": "int x;\n",
            "node_modules/a.js": "",
            "target/debug/a.rs": "",
            "out/CMakeCache.txt": "",
            "out/gen.c": "",
        }
    )
    assert list(open_tree(root).files()) == ["src/main.c"]


def test_a_checkout_uses_git_s_listing(write: Write) -> None:
    """Ignored files are out, untracked ones are in, deleted ones are gone."""
    root = write({".gitignore": "*.o\n", "a.c": "1", "gone.c": "2", "a.o": "3"})
    commit_all(root)
    (root / "new.c").write_text("4")
    (root / "gone.c").unlink()
    assert list(open_tree(root).files()) == [".gitignore", "a.c", "new.c"]


def test_a_folder_inside_a_checkout_is_a_target(write: Write) -> None:
    """Paths are relative to the folder, as a working tree and at a revision."""
    root = write({"apps/one/prj.conf": "A=1\n", "other.c": ""})
    commit_all(root)
    folder = root / "apps"
    assert list(open_tree(folder).files()) == ["one/prj.conf"]
    tree = open_tree(folder, "HEAD")
    assert list(tree.files()) == ["one/prj.conf"]
    assert tree.read("one/prj.conf") == b"A=1\n"
    tree.close()


def test_a_revision_is_read_without_checking_out(write: Write) -> None:
    """An old revision of a bare repository has its own files and contents."""
    root = write({"a.c": "old"})
    first = commit_all(root)
    write({"a.c": "new", "b.c": "b"})
    commit_all(root)
    bare = root.parent / "bare.git"
    git(root, "clone", "-q", "--bare", ".", str(bare))
    old, new = open_tree(bare, first), open_tree(bare)
    assert (list(old.files()), old.read("a.c"), old.revision) == (["a.c"], b"old", first)
    assert (list(new.files()), new.read("a.c")) == (["a.c", "b.c"], b"new")
    assert old.read("nothing.c") is None
    old.close()
    new.close()


def test_absent_submodules_are_recorded(write: Write) -> None:
    """A gitlink without content is known, in a folder and at a revision."""
    inner = write({"x.c": "x"})
    commit_all(inner)
    outer = inner.parent / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "lib/x")
    git(outer, "commit", "-q", "-m", "state")
    with_submodule = open_tree(outer)
    assert with_submodule.absent == ()
    assert "lib/x/x.c" in with_submodule.files()
    assert open_tree(outer, "HEAD").absent == ("lib/x",)
    shutil.rmtree(outer / "lib/x")
    assert open_tree(outer).absent == ("lib/x",)


def test_links_never_lead_out(write: Write) -> None:
    """A link inside the tree can be read by name, one that leaves it cannot."""
    root = write({"a/real.x": "MEMORY"})
    secret = root.parent / "secret.x"
    secret.write_text("secret")
    (root / "in.x").symlink_to("a/real.x")
    (root / "out.x").symlink_to("../secret.x")
    (root / "loop.x").symlink_to("loop.x")
    commit_all(root)
    for tree in (open_tree(root), open_tree(root, "HEAD")):
        assert "out.x" not in tree.files()
        assert tree.read("in.x") == b"MEMORY"
        assert tree.read("out.x") is None
        assert tree.read("loop.x") is None
        assert tree.read("../secret.x") is None
        tree.close()


def test_a_repository_cannot_make_git_run_a_program(write: Write) -> None:
    """Programs named in the target's own git configuration are not started."""
    root = write({"a.c": "1", ".gitattributes": "*.c filter=evil\n"})
    commit_all(root)
    mark = root.parent / "ran"
    script = root.parent / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "core.pager"):
        git(root, "config", key, str(script))
    (root / "a.c").write_text("2")
    tree = open_tree(root)
    assert tree.dirty
    assert list(tree.files()) == [".gitattributes", "a.c"]
    assert not mark.exists()


def test_a_clean_checkout_is_not_dirty(write: Write) -> None:
    """Without changes the revision alone describes the tree."""
    root = write({"a.c": "1"})
    revision = commit_all(root)
    tree = open_tree(root)
    assert (tree.revision, tree.dirty) == (revision, False)


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("https://github.com/a/b.git", "https://github.com/a/b/blob/REV/{path}#L{line}-L{end_line}"),
        ("git@github.com:a/b.git", "https://github.com/a/b/blob/REV/{path}#L{line}-L{end_line}"),
        ("ssh://git@gitlab.com/g/s/b", "https://gitlab.com/g/s/b/-/blob/REV/{path}#L{line}-{end_line}"),
        ("https://user:token@github.com/a/b", "https://github.com/a/b/blob/REV/{path}#L{line}-L{end_line}"),
        ("https://git.example.org/a/b", ""),
        ("/some/where", ""),
    ],
)  # fmt: skip
def test_links_to_known_forges_only(remote: str, url: str) -> None:
    """The web address is made from the remote without secrets, and not guessed for other hosts."""
    assert forge_url(remote, "REV") == url


def test_no_such_target_or_revision_is_an_error(write: Write) -> None:
    """The message names what is missing."""
    root = write({"a.c": ""})
    with pytest.raises(TreeError, match="no such folder"):
        open_tree(root / "nothing")
    with pytest.raises(TreeError, match="not a git repository"):
        open_tree(root, "HEAD")
    commit_all(root)
    for rev in ("v9", "--output=x"):
        with pytest.raises(TreeError, match="no such revision"):
            open_tree(root, rev)


def test_names_that_are_not_utf8_are_read(write: Write) -> None:
    """A path is bytes; one that is no UTF-8 is listed and read all the same."""
    root = write({"a.c": "1"})
    name = b"caf\xe9.c".decode("utf-8", "surrogateescape")
    Path(root, name).write_text("2")
    commit_all(root)
    tree = GitTree(root, Git(root), "HEAD")
    assert tree.read(name) == b"2"
    tree.close()
    assert open_tree(root).read(name) == b"2"


def test_a_path_in_conflict_is_listed_once_and_odd_names_are_kept(write: Write) -> None:
    """During a merge the index holds a path three times; a tab in a name is part of it."""
    root = write({"a.c": "int a;\n"})
    commit_all(root)
    for name, text in (("one", "int b;\n"), ("two", "int c;\n")):
        git(root, "checkout", "-q", "-b", name, "HEAD~0" if name == "one" else "one~1")
        (root / "a.c").write_text(text)
        git(root, "commit", "-q", "-a", "-m", name)
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "-q", "one")
    (root / "odd\tname.c").write_text("")
    assert list(open_tree(root).files()) == ["a.c", "odd\tname.c"]
