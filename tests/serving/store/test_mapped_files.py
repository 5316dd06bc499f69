"""A mapped file that is cut short is noticed; one that is replaced or removed whole is no harm."""

from pathlib import Path

from serving.store.mapped_files import MappedFiles


def test_only_the_file_that_is_mapped_can_be_cut(tmp_path: Path) -> None:
    names = ["cut", "grown", "removed", "replaced"]
    for name in names:
        (tmp_path / name).write_bytes(b"12345")
    mapped = MappedFiles(tmp_path, names)
    assert mapped.cut() == []
    with (tmp_path / "cut").open("r+b") as opened:
        opened.truncate(2)
    (tmp_path / "grown").write_bytes(b"123456")
    (tmp_path / "removed").unlink()
    (tmp_path / "other").write_bytes(b"1")
    (tmp_path / "other").replace(tmp_path / "replaced")
    assert mapped.cut() == ["cut"]
