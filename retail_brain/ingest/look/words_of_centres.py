"""Words for the centres of costs that documents are booked to."""

from typing import Final

CENTRES: Final = (
    r"(?:^|[_/])(?:(?:cost|profit)_?)?cent(?:re|er)(?:$|[_/])|kostenstelle|kostnadsstalle|kostenplaats|omkostningssted"
    r"|centro_(?:de_|di_)?cost|centre_de_cout|miejsce_powstawania|(?:^|[_/])mpk(?:$|[_/])|masraf_merkezi|мвз|цфо|成本中心"
)
"""A word for the centre that a document is booked to, as shops of chains are: of several columns it may be the shop."""
