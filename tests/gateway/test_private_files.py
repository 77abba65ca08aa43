"""Contact lists are for the gateway's own eyes."""

import stat
from pathlib import Path

import pytest

from gateway.private_files import copy, new_file


def test_only_its_owner_may_read_a_file_and_its_folder(tmp_path: Path) -> None:
    (tmp_path / "given.csv").write_text("phone\n1\n")
    copy(tmp_path / "given.csv", tmp_path / "uploads" / "u1.csv")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("uploads", "uploads/u1.csv")]

    assert modes == [0o700, 0o600]
    assert (tmp_path / "uploads" / "u1.csv").read_text() == "phone\n1\n"


def test_nothing_is_left_of_a_file_that_was_not_written_to_its_end(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="cut off"), new_file(tmp_path / "u1.csv"):
        raise RuntimeError("cut off")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "u1.csv").write_text("kept")
    with pytest.raises(FileExistsError), new_file(tmp_path / "u1.csv"):
        pass

    assert (tmp_path / "u1.csv").read_text() == "kept"
