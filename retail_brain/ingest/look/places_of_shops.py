"""Writes the names, regions and places on the map of a list of shops."""

import re
from typing import Final

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.words import bare_name, role_scores

_NAME: Final = (
    r"(?:^|_)(?:name|naam|nom|nombre|nome|nazwa|nazev|nazov|naziv|navn|namn|nimi|denumire|ad[i]|ten|nama)(?:_|$)|[a-z]name$"
    r"|названи|наименование|назва|名称|名$|이름|점명|매장명"
)
"""A word in the name of a column of what shops are called."""
_REGION: Final = (
    r"region[ey]?|(?:bundes)?land(?:kreis)?|wojewodztwo|kraj|provin(?:ce|cia|cie)|departement|regione|regiao|estado|regija|judet"
    r"|megye|il|lan|fylke|maakunta|область|регион|область_регион|省份?|都道府県|시도|tinh"
)
_PLACE: Final = {
    "latitude": (
        r"lat(?:itude?)?|latitud[eo]?|breite(?:ngrad)?|(?:szerokosc|sirka|sirina)(?:_geogr[a-z]*)?|latitudine|enlem|широта"
        r"|纬度|緯度|위도"
    ),
    "longitude": (
        r"l(?:on|ng)g?(?:itude?)?|longitud[eo]?|lange(?:ngrad)?|(?:dlugosc|delka|duzina)(?:_geogr[a-z]*)?|longitudine|boylam|долгота"
        r"|经度|経度|경도"
    ),
}
"""Canonical column -> plain names of it."""
_MOST: Final = {"latitude": 90.0, "longitude": 180.0}
"""Degrees beyond which a column of numbers is no place on the map."""


def write_places(made: Proposal, found: Columns) -> None:
    """Writes what shops are called and where they are, as far as columns without another use say it.

    Args:
        made: a list of shops; gets `name`, `region`, `latitude` and `longitude`.
        found: roles of its columns.
    """
    shop = found.roles["store"]
    names = {name: bare_name(name) for name, seen in found.seen.items() if seen.filled and name != shop}
    if "name" not in made.columns:
        called = [
            name
            for name, bare in names.items()
            if re.search(_NAME, bare) and role_scores(name).keys() & {"store", "product_name"}
        ]
        if called and not found.seen[called[0]].numbers:
            made.columns["name"] = quoted(called[0])
    if "region" not in made.columns:
        region = next((name for name, bare in names.items() if re.fullmatch(_REGION, bare)), None)
        if region is not None:
            made.columns["region"] = quoted(region)
    places = {ours: _degrees(found, names, ours) for ours in _PLACE}
    if all(places.values()):  # one of both is no place
        for ours, theirs in places.items():
            made.columns[ours] = number_key(made, found, str(theirs), ours)


def _degrees(found: Columns, names: dict[str, str], ours: str) -> str | None:
    """The column of degrees; one with numbers that no degree has is another."""
    for name, bare in names.items():
        if re.fullmatch(_PLACE[ours], bare) and found.seen[name].numbers:
            seen = [re.sub(r"[^\d.,-]", "", one).replace(",", ".") for one in found.seen[name].examples]
            if all(re.fullmatch(r"-?\d+(?:\.\d+)?", one) and abs(float(one)) <= _MOST[ours] for one in seen):
                return name
    return None
