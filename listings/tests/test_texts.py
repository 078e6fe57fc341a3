"""Every text of this app that staff or people read has its Spanish."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale" / "es" / "LC_MESSAGES" / "django.mo"
MARKED = re.compile(r'{%\s*translate "(.+?)"')
MARKS = ("_", "gettext", "gettext_lazy")


def marked_in_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            yield ast.literal_eval(node.args[0])


def marked() -> set[str]:
    code = [*(ROOT / "listings").glob("*.py"), *(ROOT / "listings" / "admin").glob("*.py")]
    texts = {text for path in [*code, ROOT / "marketplace" / "admin_theme.py"] for text in marked_in_code(path)}
    templates = (ROOT / "templates" / "admin" / "listings").glob("*.html")
    return texts | {text for path in templates for text in MARKED.findall(path.read_text())}


@pytest.fixture(scope="module")
def spanish() -> gettext.GNUTranslations:
    with CATALOGUE.open("rb") as file:
        return gettext.GNUTranslations(file)


def test_every_marked_text_has_its_spanish(spanish: gettext.GNUTranslations) -> None:
    texts = marked()
    assert len(texts) > 60
    assert sorted(text for text in texts if text not in spanish._catalog) == []  # type: ignore[attr-defined]
