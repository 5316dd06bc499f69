"""The field `names` of an answer: the page takes what it holds for names of products."""

import re
from pathlib import Path

from serving.http import handlers
from serving.http.messages.common import Names
from serving.http.routes import ROUTES

OF_PRODUCTS = re.compile(r'product_names\(|\.products\b|"product_id", "product_name"')


def test_names_are_texts_by_id() -> None:
    kinds = [field.annotation for route in ROUTES if (field := route.response.model_fields.get("names"))]
    assert len(kinds) > 10
    assert all(kind == Names for kind in kinds)


def test_every_handler_takes_them_from_the_products() -> None:
    texts = {path.name: path.read_text("utf-8") for path in Path(handlers.__file__).parent.glob("*.py")}
    said = [(file, text, line) for file, text in texts.items() for line in text.splitlines() if '"names":' in line]
    assert len(said) > 8
    made_above = "    names = product_names("
    others = [
        (file, line.strip())
        for file, text, line in said
        if not OF_PRODUCTS.search(line) and not (re.search(r'"names": names[,}]', line) and made_above in text)
    ]
    assert others == []
