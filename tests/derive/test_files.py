"""Files that a user names: what is read, what is refused, and how they are replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from derive import files
from derive.errors import InputError
from derive.files import read, write
from derive.notation import load
from derive.words.catalogue import load as load_words


def test_byte_order_marks_and_line_ends_of_other_systems_are_no_text(tmp_path):
    (tmp_path / "text").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert read(tmp_path / "text") == "one\ntwo\nthree\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_or_a_device_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path / "pipe.toml", Path("/dev/zero")):
        with pytest.raises(InputError, match="no regular file"):
            read(path)
    with pytest.raises(InputError, match="no regular file"):
        load(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="no regular file"):
        load_words(str(tmp_path / "pipe.toml"))


def test_a_file_that_is_too_large_is_refused_before_it_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 10)
    (tmp_path / "text").write_text("é" * 5)
    assert read(tmp_path / "text") == "é" * 5
    (tmp_path / "text").write_text("é" * 6)
    with pytest.raises(InputError, match="the limit is 10 bytes"):
        read(tmp_path / "text")


@pytest.mark.parametrize("name", ["missing", "folder", "binary", "nul\0"])
def test_what_cannot_be_read_is_refused_in_one_line(name, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read") as refusal:
        read(tmp_path / name)
    assert str(refusal.value).isprintable()


def test_a_file_that_is_replaced_keeps_its_permissions_and_a_link_its_target(tmp_path):
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "link").symlink_to("old")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "old").read_text() == "new"
    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "old"]


def test_a_link_that_waits_under_the_temporary_name_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "urandom", bytes)
    (tmp_path / f".deltarule-{os.getpid()}-00000000").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write(tmp_path / "file", "text")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_device_is_named():
    with pytest.raises(OSError, match="No space left") as error:
        write(Path("/dev/full"), "text")
    assert error.value.filename == "/dev/full"
