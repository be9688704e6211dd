"""The docs point at things that exist."""

import re

import pytest

from tests.architecture.source import ROOT

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*[a-z])\b")
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)


def page_id(page):
    return page.relative_to(ROOT).as_posix()


def headings(page):
    """Anchors of a page's headings, as a renderer makes them."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_to_a_file_leads_somewhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), f"{page_id(page)} links to {target}"
        assert not anchor or anchor in headings(found), f"{page_id(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_make_command_in_the_docs_exists(page):
    targets = set(
        re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    code = " ".join("".join(parts) for parts in CODE.findall(page.read_text(encoding="utf-8")))

    assert set(MAKE.findall(code)) <= targets


def test_every_decision_is_listed():
    pages = {page.name for page in (ROOT / "docs" / "decisions").glob("0*.md")}
    listed = set(LINK.findall((ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")))

    assert pages == listed


def test_every_page_is_reached_from_the_index():
    """Following links from docs/README.md leads to every page."""
    seen, waiting = set(), [ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = [one.partition("#")[0] for one in LINK.findall(page.read_text(encoding="utf-8"))]
        waiting += [(page.parent / one).resolve() for one in targets if one and "://" not in one]

    assert set((ROOT / "docs").rglob("*.md")) - seen == set()
