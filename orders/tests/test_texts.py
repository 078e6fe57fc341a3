"""Every text of this app that operators or people read has its Spanish."""

from __future__ import annotations

import ast
import gettext
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale" / "es" / "LC_MESSAGES" / "django.mo"
MARKS = ("_", "_t", "gettext", "gettext_lazy")


def marked_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            yield ast.literal_eval(node.args[0])


def test_every_marked_text_has_its_spanish() -> None:
    code = [path for path in (ROOT / "orders").rglob("*.py") if "tests" not in path.parts]
    texts = {text for path in code for text in marked_in(path)}
    with CATALOGUE.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    assert len(texts) > 100
    assert sorted(text for text in texts if text not in catalogue) == []
