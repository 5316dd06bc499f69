"""What the page is made of: headers, texts in two languages, no markup out of data, nothing from elsewhere."""

import ast
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retail_brain.ingest import checking, days_to_come, repeated_rows, spreadsheet_ids
from retail_brain.sample_chain import prices
from retail_brain.sample_chain.seasons import FESTIVALS
from retail_brain.tables import TABLES
from serving.page.app import STATIC, content_version, needed_modules

SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
TEXTS = {language: json.loads((STATIC / "i18n" / f"{language}.json").read_text("utf-8")) for language in ("zh", "en")}
LANDINGS = ("overview", "marketing", "guide", "orders", "jobs")
"""Views whose files a first load brings: those of the landings, and of two addresses that are sent around."""
MOST_BYTES = 110_000
PLACEHOLDER = re.compile(r"\{(\w+)")


@pytest.fixture
def client(served: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address) as client:
        yield client


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    assert list(TEXTS["zh"]) == list(TEXTS["en"])
    for key, chinese in TEXTS["zh"].items():
        fields = {language: set(PLACEHOLDER.findall(TEXTS[language][key])) for language in TEXTS}
        assert fields["zh"] == fields["en"], key
        assert chinese or key == "sentence.space", key
        assert TEXTS["en"][key], key


def test_every_text_that_a_script_names_exists() -> None:
    code = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
    named = set(re.findall(r"\bt\(\s*\"([a-z_.]+)\"", code))
    prefixes = set(re.findall(r"\bt\(`([a-z_]+)\.\$", code)) | set(re.findall(r"\bcode\(\"([a-z_]+)\"", code))
    assert len(named) > 150
    assert {key for key in named if key not in TEXTS["en"]} == set()
    assert {prefix for prefix in prefixes if not any(key.startswith(f"{prefix}.") for key in TEXTS["en"])} == {"fact"}


def named_steps(path: Path) -> Iterator[str]:
    """Names of the steps of a module, `*` for what is put into them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"step", "track"}:
            match node.args[0 if node.func.attr == "step" else 1]:
                case ast.Constant(str() as name):
                    yield name
                case ast.JoinedStr(parts):
                    yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)


def asked_for(name: str) -> set[str]:
    """The name and, with any one word of it as the part that is put in, what the page looks up."""
    words = name.split(" ")
    return {name, *(" ".join([*words[:at], "*", *words[at + 1 :]]) for at in range(len(words)))}


def test_every_step_of_a_job_has_words() -> None:
    root = STATIC.parents[2]
    folders = ("retail_brain/ingest", "features", "training", "serving/store/publishing")
    modules = [path for folder in folders for path in (root / folder).rglob("*.py")]
    steps = {name for path in modules for name in named_steps(path)}
    assert len(steps) > 30
    known = {key.removeprefix("job_step.").replace("_", " ") for key in TEXTS["en"] if key.startswith("job_step.")}
    assert {name for name in steps if known.isdisjoint(asked_for(name))} == set()


def test_every_table_has_a_name() -> None:
    assert {name for name in TABLES if f"data_table.{name}" not in TEXTS["en"]} == set()


def test_every_reason_of_a_row_that_was_set_aside_has_words() -> None:
    """They are written by the checks of an ingest, as `COLUMN: REASON`."""
    folder = STATIC.parents[2] / "retail_brain/ingest"
    wanted = {f"not {kind}" for kind in checking._KINDS.values()} | set(checking._RULES.values())
    wanted |= {repeated_rows.DUPLICATE, spreadsheet_ids.LOST, days_to_come._REASON}
    direct = re.findall(r'f"\{name\}: ([^"{]+)"', (folder / "checking.py").read_text("utf-8"))
    wanted |= {reason for reason in direct if reason.strip() != "not"}
    assert len(wanted) > 14
    assert {reason for reason in wanted if f"set_aside.{reason}" not in TEXTS["en"]} == set()


def known_names(table: str) -> list[list[str]]:
    found = re.search(
        rf"const {table} = (\[.*?\n\]);", (STATIC / "js" / "known_names.js").read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    rows: list[list[str]] = json.loads(re.sub(r",\n\]", "\n]", found[1]))
    return rows


@pytest.mark.parametrize(
    ("table", "sample"),
    [("FESTIVALS", {festival[0] for festival in FESTIVALS.values()}), ("PROMOTIONS", set(prices._MECHANICS))],
)
def test_the_samples_festivals_and_promotions_have_names_in_both_languages(table: str, sample: set[str]) -> None:
    rows = known_names(table)
    assert sample - {name for row in rows for name in row} == set()
    assert [row for row in rows if not re.search(r"[a-z]{3}", row[1]) and row[1] != row[0]] == []
    spellings = [name.casefold() for row in rows for name in row]
    assert {name for name in spellings if spellings.count(name) > 1} == set()


def test_every_view_has_a_name_and_says_what_it_is_for() -> None:
    found = re.search(r"VIEWS = \[([^]]+)\]", (STATIC / "js" / "route.js").read_text("utf-8"))
    assert found is not None
    views = re.findall(r"\w+", found[1])
    assert len(views) > 10
    wanted = {f"{kind}.{view}" for kind in ("nav", "view") for view in views} - {"view.overview"}
    assert wanted - set(TEXTS["en"]) == set()


def test_scripts_never_turn_text_into_markup_or_code() -> None:
    banned = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.cssText|setAttribute\(\"style"
    )
    found = [(path.name, banned.findall(path.read_text("utf-8"))) for path in SCRIPTS]
    assert [hit for hit in found if hit[1]] == []


def test_every_box_that_scrolls_sideways_can_be_reached_with_the_keyboard() -> None:
    # a sortable table holds buttons; every other one is made by scrollBox, which may be focused
    plain = [path.name for path in SCRIPTS if re.search(r"class: [\"`]table-scroll", path.read_text("utf-8"))]
    assert plain == ["dom.js", "table.js"]
    assert 'tabindex: "0", role: "group", "aria-label": label' in (STATIC / "js" / "dom.js").read_text("utf-8")


def test_no_file_of_ours_names_another_host() -> None:
    ours = [path for path in STATIC.rglob("*.*") if "vendor" not in path.parts]
    address = re.compile(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
    found = {path.name: address.findall(path.read_text("utf-8")) for path in ours}
    assert {name: hits for name, hits in found.items() if hits} == {
        "icon.svg": ["http://www.w3.org"],
        "dom.js": ["http://www.w3.org"],
    }


@pytest.mark.parametrize("path", sorted((STATIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_every_block_of_a_style_sheet_ends(path: Path) -> None:
    """An open one takes all that follows into itself, such as into a rule for paper."""
    depth = 0
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        depth += line.count("{") - line.count("}")
        assert depth == 0 or line.startswith((" ", "@media", ":root")) or not line.strip(), number
    assert depth == 0


def test_the_page_itself_has_no_script_or_style_inside() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page) == []


def needs(view: str) -> list[str]:
    """Every script that an address of a view brings."""
    return sorted({"js/main.js", view, *needed_modules(STATIC, "js/main.js"), *needed_modules(STATIC, view)})


def test_the_browser_is_told_of_every_module_at_once(client: httpx.Client) -> None:
    text = client.get("/ui/").text
    told = re.findall(r'rel="modulepreload" href="v/[0-9a-f]+/([^"]+)"', text)
    assert told == needed_modules(STATIC, "js/main.js")
    later = {name: content.split() for name, content in re.findall(r'name="needs:([^"]+)" content="([^"]+)"', text)}
    for path in (STATIC / "js" / "views").glob("*.js"):
        view = path.relative_to(STATIC).as_posix()
        assert sorted({"js/main.js", view, *told, *later.get(view, [])}) == needs(view), view


def test_every_view_has_its_script_and_none_comes_before_it_is_needed() -> None:
    code = (STATIC / "js" / "main.js").read_text("utf-8")
    files = dict(re.findall(r'(\w+): \["(\w+)", "\w+"\]', code))
    views = re.search(r"VIEWS = \[([^\]]+)\]", (STATIC / "js" / "route.js").read_text("utf-8"))
    assert views is not None
    assert set(re.findall(r'"(\w+)"', views[1])) == set(files) - {"marketing"}
    for view, file in files.items():
        assert f"export function {file}View" in (
            text := (STATIC / "js" / "views" / f"{file}.js").read_text("utf-8")
        ) or (re.search(rf"export (async function|const) {file}View\b", text)), view
    assert [path for path in needed_modules(STATIC, "js/main.js") if "/views/" in path] == []


@pytest.mark.parametrize("view", LANDINGS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_files_of_a_first_load_are_few_bytes(language: str, view: str, client: httpx.Client) -> None:
    """With the answers of a landing, some 15 kB; the chart's library comes with the chart."""
    files = [STATIC / "icon.svg", STATIC / "i18n" / f"{language}.json"]
    files += [STATIC / path for path in needs(f"js/views/{view}.js")]
    files += [*(STATIC / "css").glob("*.css"), *(STATIC / "vendor").rglob("*.css")]
    sent = [client.get("/ui/").content, *(path.read_bytes() for path in files)]
    assert sum(len(gzip.compress(content, 6)) for content in sent) < MOST_BYTES


def test_vendored_files_come_with_their_licence_and_version() -> None:
    notes = (STATIC / "vendor" / "README.md").read_text("utf-8")
    for folder in (path for path in (STATIC / "vendor").iterdir() if path.is_dir()):
        assert folder.name in notes
        assert "Permission is hereby granted" in (folder / "LICENSE").read_text("utf-8")


def test_headers_forbid_whatever_is_not_ours(client: httpx.Client) -> None:
    answer = client.get("/ui/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_files_are_asked_for_again_by_their_etag(client: httpx.Client) -> None:
    first = client.get("/ui/js/main.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/ui/js/main.js", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_files_named_by_their_content_may_be_kept_for_a_year(client: httpx.Client) -> None:
    first = client.get("/ui/")
    assert first.headers["cache-control"] == "no-cache"
    assert client.get("/ui/", headers={"if-none-match": first.headers["etag"]}).status_code == 304
    named = re.findall(r'(?:href|src)="([^"]+)"', first.text)
    assert len(named) > 20
    for address in named:
        answer = client.get(f"/ui/{address}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    missing = client.get(f"/ui/{named[0]}.none")
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-cache")


def test_the_worker_of_a_guides_phone_is_told_files_that_exist_and_is_asked_for_again(client: httpx.Client) -> None:
    answer = client.get("/ui/offline_worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    # its folder is what it may answer for: no route of the service lies there
    assert "service-worker-allowed" not in answer.headers
    told = dict(line.removesuffix(";").removeprefix("const ").split(" = ") for line in answer.text.splitlines()[:2])
    version, files = json.loads(told["VERSION"]), json.loads(told["FILES"])
    assert {path.split("/", 2)[1] for path in files} == {version}
    bare = {path.split("/", 2)[2] for path in files}
    assert bare >= {*needs("js/views/guide.js"), *needs("js/views/person.js"), "i18n/zh.json", "i18n/en.json"}
    assert [path for path in files if client.get(f"/ui/{path}").status_code != 200] == []
    again = client.get("/ui/offline_worker.js", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_one_policy_may_name_a_script_and_it_names_the_worker_alone(client: httpx.Client) -> None:
    policy = client.get("/ui/").headers["content-security-policy"]
    assert re.findall(r"trusted-types ([^;]+)", policy) == ["retail-brain-offline"]
    made = {
        path.name: text.count("createPolicy(")
        for path in SCRIPTS
        if "createPolicy(" in (text := path.read_text("utf-8"))
    }
    assert made == {"offline.js": 1}


def test_files_of_another_version_are_given_but_not_kept(client: httpx.Client) -> None:
    answer = client.get("/ui/v/0123456789abcdef/i18n/en.json")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_the_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1", "utf-8")
    before = content_version(tmp_path)
    assert content_version(tmp_path) == before
    (tmp_path / "a.js").write_text("2", "utf-8")
    changed = content_version(tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert len({before, changed, content_version(tmp_path)}) == 3


def test_the_address_without_its_slash_leads_to_the_page(client: httpx.Client) -> None:
    answer = client.get("/ui")
    assert answer.status_code == 307
    assert answer.headers["location"].endswith("ui/")


@pytest.mark.parametrize("path", ["/ui/..%2fapp.py", "/ui/%2e%2e/app.py", "/ui/js/", "/ui/none"])
def test_nothing_outside_the_files_is_handed_out(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_scripts_stay_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
