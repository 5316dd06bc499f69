"""Takes for the key of a list of goods what names each of its rows, and no other code of goods."""

import re
from collections.abc import Mapping, Sequence

from retail_brain.ingest.look.evidence import Evidence
from retail_brain.ingest.look.words import bare_name

_BARCODE = r"(?:^|_)(?:gtin|ean|upc|isbn|bar_?code|条码|条形码)(?:_|\d|$)"
"""Names of codes that makers give, which some goods of a list lack."""


def key_of_list(
    roles: dict[str, str], seen: Mapping[str, Evidence], alternatives: Mapping[str, list[str]], ids: Sequence[str]
) -> None:
    """A list of goods has a row each: neither the code of a model nor a barcode that some lack is a key of it.

    Args:
        roles: of the columns; changed in place.
        seen: the columns.
        alternatives: role -> further columns that fit it.
        ids: columns called `id` or `code` whose role no other file says.
    """
    if "product" not in roles or {"moment", "receipt", "units"} & roles.keys():
        return
    code = roles["product"]
    if seen[code].distinct < 1:
        further = alternatives.get("product", ())
    elif seen[code].filled < 1 and re.search(_BARCODE, bare_name(code)):
        further = [*alternatives.get("product", ()), *ids]
    else:
        return
    keys = (name for name in further if seen[name].distinct == seen[name].filled == 1)
    roles["product"] = next((name for name in keys if name not in roles.values()), code)
