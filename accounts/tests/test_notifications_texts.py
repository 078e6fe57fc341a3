"""Every text people are told in has its Spanish, and the compiled catalogue is the written one."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from django.conf import settings

from accounts.notices import kinds

CATALOGUE = Path(settings.BASE_DIR) / "locale" / "es" / "LC_MESSAGES"
PYTHON = [Path(settings.BASE_DIR) / "accounts" / "listeners.py"]
NOTICES = Path(settings.BASE_DIR) / "accounts" / "notices"
LETTERS = Path(settings.BASE_DIR) / "templates" / "accounts" / "mail"
MARKED = re.compile(r'{%\s*translate "(.+?)"\s*%}|{%\s*blocktranslate[^%]*%}(.+?){%\s*endblocktranslate', re.DOTALL)


def written() -> dict[str, str]:
    """The entries of the .po file: ours are short and have neither contexts nor plurals of their own."""
    entries: dict[str, str] = {}
    for block in (CATALOGUE / "django.po").read_text().split("\n\n"):
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            match = re.match(r'(?:(msgid|msgstr)\s+)?(".*")$', line)
            if match:
                name = match[1] or name
                parts[name] = parts.get(name, "") + ast.literal_eval(match[2])
        if parts.get("msgid") and "fuzzy" not in block:
            entries[parts["msgid"]] = parts.get("msgstr", "")
    return entries


def compiled() -> dict[str, str]:
    with (CATALOGUE / "django.mo").open("rb") as file:
        catalogue: dict[object, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {key: text for key, text in catalogue.items() if isinstance(key, str) and key}


def marked_in_code() -> Iterator[str]:
    for path in [*PYTHON, *NOTICES.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            is_marked = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if is_marked and node.func.id in ("_", "gettext"):  # type: ignore[attr-defined]
                yield ast.literal_eval(node.args[0])  # type: ignore[attr-defined]


def marked_in_letters() -> Iterator[str]:
    for path in LETTERS.iterdir():
        for plain, block in MARKED.findall(path.read_text()):
            yield plain or re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", block)


def texts_of_all_kinds() -> Iterator[str]:
    """Those of the apps above, too."""
    for kind in kinds.known():
        yield from (str(text) for text in (kind.label, kind.title, kind.body))


def test_every_marked_text_has_its_spanish() -> None:
    marked = {*marked_in_code(), *marked_in_letters()}
    assert len(marked) > 20
    assert sorted(text for text in marked if not compiled().get(text)) == []


def test_every_kind_can_be_told_in_spanish() -> None:
    assert sorted(text for text in texts_of_all_kinds() if not compiled().get(text)) == []


def test_the_compiled_catalogue_is_up_to_date() -> None:
    ours = {*marked_in_code(), *marked_in_letters(), *texts_of_all_kinds()}
    text, binary = written(), compiled()
    assert {key: text.get(key) for key in ours} == {key: binary.get(key) for key in ours}


@pytest.mark.parametrize(("english", "spanish"), sorted(compiled().items()))
def test_a_translation_names_the_same_facts(english: str, spanish: str) -> None:
    assert facts_in(english) == facts_in(spanish)


def facts_in(text: str) -> set[str]:
    braces = {name for _, name, _, _ in Formatter().parse(text) if name}
    return braces | set(re.findall(r"%\((\w+)\)", text))
