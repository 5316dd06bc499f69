"""Texts and ids on disk."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serving.store.texts import CodedTexts, Texts, sorted_ids, write_coded, write_texts

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=40)


@given(texts=TEXTS)
def test_texts_come_back_as_they_were(tmp_path_factory: object, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("texts")  # type: ignore[attr-defined]
    write_texts(folder, "t", texts)
    held = Texts.open(folder, "t")
    assert [held[row] for row in range(len(held))] == texts
    assert held.take(np.arange(len(texts))) == texts


@given(texts=TEXTS, wanted=st.text(max_size=4))
def test_ids_are_found_where_a_dictionary_says_they_are(
    tmp_path_factory: object, texts: list[str], wanted: str
) -> None:
    folder = tmp_path_factory.mktemp("ids")  # type: ignore[attr-defined]
    ids = sorted_ids(texts)
    write_texts(folder, "i", ids)
    held, known = Texts.open(folder, "i"), {text: row for row, text in enumerate(ids)}
    assert [held.find(text) for text in ids] == list(range(len(ids)))
    assert held.find(wanted) == known.get(wanted, -1)


def test_ids_of_any_language_and_none_at_all(tmp_path: Path) -> None:
    write_texts(tmp_path, "i", sorted_ids(["门店", "store", "Ω", "😀", "store"]))
    held = Texts.open(tmp_path, "i")
    assert len(held) == 4
    assert held[held.find("门店")] == "门店"
    assert held.find("门") == held.find("门店 ") == held.find("") == -1
    write_texts(tmp_path, "nothing", [])
    assert Texts.open(tmp_path, "nothing").find("x") == -1


def test_texts_that_repeat_are_kept_once(tmp_path: Path) -> None:
    write_coded(tmp_path, "c", ["甲", "乙", "甲", "甲"])
    held = CodedTexts.open(tmp_path, "c")
    assert held.take(np.array([3, 1, 0])) == ["甲", "乙", "甲"]
    write_coded(tmp_path, "many", ["甲" * 100, "乙" * 100] * 500)
    assert (tmp_path / "many.arrow").stat().st_size < 1000 * 4 + 2 * 300 + 2000


def test_texts_of_version_0_1_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "t.offsets.npy", np.array([0, 3, 3, 6]))
    np.save(tmp_path / "t.bytes.npy", np.frombuffer("甲乙".encode(), np.uint8))
    np.save(tmp_path / "t.codes.npy", np.array([2, 0, 1, 2], np.int32))
    texts = Texts.open(tmp_path, "t")
    assert texts.take(np.arange(3)) == ["甲", "", "乙"]
    assert len(texts) == 3
    assert CodedTexts.open(tmp_path, "t").take(np.arange(4)) == ["乙", "甲", "", "乙"]
