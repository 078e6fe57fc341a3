"""Every text of this app that people read has its Spanish."""

from __future__ import annotations

import gettext

from orders.tests.test_texts import CATALOGUE, ROOT, marked_in


def test_every_marked_text_has_its_spanish() -> None:
    code = [path for path in (ROOT / "analytics").rglob("*.py") if "tests" not in path.parts]
    texts = {text for path in code for text in marked_in(path)}
    with CATALOGUE.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    assert len(texts) > 15
    assert sorted(text for text in texts if text not in catalogue) == []
