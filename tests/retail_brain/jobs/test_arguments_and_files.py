"""What a job may be started with, and the files that may be sent: nothing names a path of this machine."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError, RetailBrainError, UsageError
from retail_brain.jobs import uploads
from retail_brain.jobs.kinds import check_arguments, command_of
from retail_brain.jobs.uploads import (
    SEEN_FORM,
    dataset_of_upload,
    forget_every_upload,
    forget_old_uploads,
    forget_upload,
    keep_seen,
    new_upload_id,
    old_uploads,
    store_part,
    upload_folder,
)
from retail_brain.settings import JobSettings, Settings
from retail_brain.workspace import Workspace

SETTINGS = Settings(jobs=JobSettings(sources={"tills": "/data/tills", "odd": "-x"}))


def command(home: Path, kind: str, **arguments: str) -> list[str]:
    words, hidden = command_of(kind, arguments, SETTINGS, Workspace(home))
    assert not hidden
    return words


def test_the_words_of_each_verb(tmp_path: Path) -> None:
    assert command(tmp_path, "ingest", source="tills") == ["ingest", "--json", "--", "/data/tills"]
    assert command(tmp_path, "check", source="odd") == ["ingest", "--check", "--json", "--", "-x"]
    assert command(tmp_path, "train_demand", preset="full", as_of="2025-02-28") == [
        *("train", "demand", "--json", "--as-of", "2025-02-28", "--preset", "full"),
    ]
    assert command(tmp_path, "collect_events") == ["events", "collect", "--json"]
    assert command(tmp_path, "publish") == ["publish", "--json"]
    assert command(tmp_path, "promote_demand") == ["promote", "demand", "--no-publish", "--json"]
    out = str(Workspace(tmp_path).measured_orders)
    assert command(tmp_path, "measure_orders") == ["orders", "measure", "--json", "--out", out]


def test_an_address_with_a_secret_is_in_no_list_of_processes_and_not_kept(tmp_path: Path) -> None:
    address = "mytill://token@store-7?key=abc"
    settings = Settings(jobs=JobSettings(sources={"till": address}))
    words, hidden = command_of("ingest", {"source": "till"}, settings, Workspace(tmp_path))
    assert words == ["ingest", "--json", "--", f"env:{next(iter(hidden))}"]
    assert list(hidden.values()) == [address]
    with pytest.raises(UsageError, match="mytill://store-7 has a user") as refused:
        check_arguments("ingest", {"dataset": address}, settings, Workspace(tmp_path))
    assert "token" not in str(refused.value)


def test_a_variable_that_is_not_set_is_refused_at_once_unless_a_worker_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = JobSettings(sources={"till": "env:TILL"})
    for arguments in ({"dataset": "env:TILL"}, {"source": "till"}):
        with pytest.raises(UsageError, match=r"TILL is not set here.*`jobs work` runs") as refused:
            check_arguments("ingest", arguments, Settings(jobs=jobs), Workspace(tmp_path))
        assert refused.value.details == {"problem": "variable_not_set", "variable": "TILL"}
        worker = Settings(jobs=jobs.model_copy(update={"runner": "worker"}))
        check_arguments("ingest", arguments, worker, Workspace(tmp_path))
    monkeypatch.setenv("TILL", "mytill://token@store-7")
    check_arguments("ingest", {"source": "till"}, Settings(jobs=jobs), Workspace(tmp_path))


@pytest.mark.parametrize(
    ("kind", "arguments", "error", "says"),
    [
        ("simulate", {}, UsageError, "no kind of job 'simulate'"),
        ("ingest", {}, UsageError, "name what to load"),
        ("ingest", {"source": "tills", "dataset": "x"}, UsageError, "name what to load"),
        ("ingest", {"source": "other"}, NotFoundError, "the settings name tills, odd"),
        ("ingest", {"source": "/etc"}, NotFoundError, "no source '/etc'"),
        ("ingest", {"upload": "../../etc"}, UsageError, "no id of files"),
        ("ingest", {"upload": "up_0123456789abcdef"}, NotFoundError, "are not here"),
        ("features", {"preset": "fast"}, UsageError, "takes no preset; wanted as_of"),
        ("train_demand", {"preset": "slow"}, UsageError, "wanted fast or full"),
        ("publish", {"as_of": "2025-02-30"}, UsageError, "not a day"),
        ("publish", {"as_of": "20250228"}, UsageError, "not a day"),
    ],
)
def test_what_cannot_be_run_is_refused(
    tmp_path: Path, kind: str, arguments: dict[str, str], error: type[RetailBrainError], says: str
) -> None:
    with pytest.raises(error, match=says):
        check_arguments(kind, arguments, SETTINGS, Workspace(tmp_path))


def sent(home: Path, name: str, offset: int, content: bytes, upload: str, most: int = 100) -> int:
    return store_part(Workspace(home), upload, name, offset, content, most_bytes=most)


def test_parts_come_in_their_order_and_twice_changes_nothing(tmp_path: Path) -> None:
    upload = new_upload_id()
    assert sent(tmp_path, "销售.csv", 0, b"abc", upload) == 3
    assert sent(tmp_path, "销售.csv", 0, b"abc", upload) == 3
    assert sent(tmp_path, "销售.csv", 3, b"de", upload) == 5
    with pytest.raises(ConflictError, match="Go on at 5") as gap:
        sent(tmp_path, "销售.csv", 9, b"x", upload)
    assert gap.value.details["size"] == 5
    folder = upload_folder(Workspace(tmp_path), upload)
    assert (folder / "销售.csv").read_bytes() == b"abcde"
    with pytest.raises(ImpossibleError, match="more than 100 bytes"):
        sent(tmp_path, "more.csv", 0, b"x" * 96, upload)


def test_files_that_a_job_reads_take_no_part_and_another_file_asks_for_another_look(tmp_path: Path) -> None:
    upload, place = new_upload_id(), Workspace(tmp_path)
    sent(tmp_path, "a.csv", 0, b"abc", upload)
    keep_seen(place, upload, "[tables]")
    with pytest.raises(ConflictError, match="a job reads the files"):
        store_part(place, upload, "b.csv", 0, b"x", most_bytes=9, in_use={upload})
    assert dataset_of_upload(place, upload, SEEN_FORM).endswith("seen.toml")
    sent(tmp_path, "b.csv", 0, b"x", upload)
    with pytest.raises(ImpossibleError, match="nothing is known yet"):
        dataset_of_upload(place, upload, SEEN_FORM)


def test_a_part_that_found_no_room_is_not_half_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = new_upload_id()
    sent(tmp_path, "a.csv", 0, b"12345", upload)

    def half(path: Path, *_: object) -> Any:
        path.write_bytes(b"12345678")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("retail_brain.jobs.uploads._append", half)
        with pytest.raises(OSError, match="No space"):
            sent(tmp_path, "a.csv", 5, b"67890", upload)
    assert sent(tmp_path, "a.csv", 5, b"67890", upload) == 10
    assert (upload_folder(Workspace(tmp_path), upload) / "a.csv").read_bytes() == b"1234567890"


def test_no_more_than_some_loads_lie_here_and_a_refused_part_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_LOADS", 2)
    first, other, refused = (new_upload_id() for _ in range(3))
    for upload in (first, other):
        sent(tmp_path, "a.csv", 0, b"abc", upload)
    with pytest.raises(ImpossibleError, match="2 loads of files"):
        sent(tmp_path, "a.csv", 0, b"x", refused)
    assert not upload_folder(Workspace(tmp_path), refused).exists()
    assert sent(tmp_path, "a.csv", 3, b"d", first) == 4
    assert forget_every_upload(Workspace(tmp_path)) == 2
    with pytest.raises(ImpossibleError, match="more than 2 bytes"):
        sent(tmp_path, "a.csv", 0, b"abc", refused, most=2)
    assert not upload_folder(Workspace(tmp_path), refused).exists()


def test_a_part_that_is_sent_again_while_it_is_written_is_stored_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, opened, behind = new_upload_id(), Path.open, threading.Barrier(2)

    def late(path: Path, *given: str) -> object:
        with suppress(threading.BrokenBarrierError):
            behind.wait(0.3)  # a second writer that is let in has found the same length by now
        return opened(path, *given)

    monkeypatch.setattr(Path, "open", late)
    with ThreadPoolExecutor(2) as pool:
        sizes = list(pool.map(lambda _: sent(tmp_path, "sales.csv", 0, b"abc", upload), range(2)))
    monkeypatch.undo()
    assert sizes == [3, 3]
    assert (upload_folder(Workspace(tmp_path), upload) / "sales.csv").read_bytes() == b"abc"


@pytest.mark.parametrize(
    "name",
    ["../x.csv", "a/b.csv", "a\\b.csv", ".x.csv", "-x.csv", "m.toml", "x.csv\n", "x", "a\0.csv"],
)
def test_a_name_that_is_no_plain_data_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name of a data file"):
        sent(tmp_path, name, 0, b"x", new_upload_id())


def test_a_name_of_more_bytes_than_a_file_system_takes_is_impossible(tmp_path: Path) -> None:
    with pytest.raises(ImpossibleError, match="has 284 bytes; wanted at most 250"):
        sent(tmp_path, "é" * 140 + ".csv", 0, b"x", new_upload_id())


def test_more_files_than_a_load_may_have_are_refused(tmp_path: Path) -> None:
    upload = new_upload_id()
    for number in range(50):
        sent(tmp_path, f"{number}.csv", 0, b"x", upload)
    with pytest.raises(ImpossibleError, match="more than 50"):
        sent(tmp_path, "50.csv", 0, b"x", upload)


def test_files_are_read_as_tables_by_a_ready_mapping_or_as_a_look_found(tmp_path: Path) -> None:
    workspace, upload = Workspace(tmp_path), new_upload_id()
    sent(tmp_path, "sales.csv", 0, b"x", upload)
    folder = str(upload_folder(workspace, upload))
    assert dataset_of_upload(workspace, upload, "tables") == folder
    assert dataset_of_upload(workspace, upload, "dsfinv-k") == f"dsfinv-k://{folder}"
    with pytest.raises(NotFoundError, match="cannot be read as 'mytill'"):
        dataset_of_upload(workspace, upload, "mytill")
    with pytest.raises(ImpossibleError, match="Look at them first"):
        dataset_of_upload(workspace, upload, "seen")
    keep_seen(workspace, upload, "[tables]\n")
    assert dataset_of_upload(workspace, upload, "seen") == f"{folder}/seen.toml"
    # a look is at the files whatever form was chosen
    assert command_of("check", {"upload": upload, "form": "dsfinv-k"}, SETTINGS, workspace)[0][-1] == folder
    forget_upload(workspace, upload)
    with pytest.raises(NotFoundError, match="Send them again"):
        dataset_of_upload(workspace, upload, "tables")


def test_files_that_nobody_loads_go_after_days(tmp_path: Path) -> None:
    workspace, old, new = Workspace(tmp_path), new_upload_id(), new_upload_id()
    before = datetime.now(UTC) - timedelta(days=2)
    assert forget_old_uploads(workspace, before=before) == 0
    for upload in (old, new):
        sent(tmp_path, "sales.csv", 0, b"x", upload)
    os.utime(upload_folder(workspace, old), (0, 0))
    assert forget_old_uploads(workspace, before=before, needed=lambda: {old}) == 0  # a job reads them
    assert forget_old_uploads(workspace, before=before) == 1
    assert upload_folder(workspace, new).exists()
    assert not upload_folder(workspace, old).exists()


def test_a_load_that_goes_while_old_ones_are_looked_for_is_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    uploads = workspace.root / "uploads"
    uploads.mkdir(parents=True)
    (uploads / new_upload_id()).symlink_to(tmp_path / "gone")  # named in the folder, and not there any more
    assert old_uploads(workspace, before=datetime.now(UTC)) == []
