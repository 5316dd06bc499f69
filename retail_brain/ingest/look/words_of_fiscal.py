"""Names of fields of fiscal receipts in XML by national schema: the Brazilian NF-e and NFC-e.

A letter before each says what it is: `cProd` is a code, `xProd` a text, `qCom` a quantity, `vProd` a value.
"""

import re
from collections.abc import Mapping
from typing import Final

_FIELDS: Final[Mapping[str, str]] = {
    "receipt": r"ch_?nfe",
    "moment": r"dh_?emi",
    "store": r"emit/cnpj",
    "customer": r"dest/(?:cpf|cnpj)",
    "product": r"c_?prod",
    "product_name": r"x_?prod",
    "units": r"q_?com",
    "price": r"v_?un_?com",
    "amount": r"prod/v_?prod",
    "discount": r"prod/v_?desc",
}
_OF_SCHEMA: Final = r"(?:^|/)(?:inf_?nfe|prot_?nfe)/"


def fiscal_scores(name: str) -> dict[str, float] | None:
    """Role of a field; none for other fields of the schema, and None for names that are not of it.

    >>> fiscal_scores("nfe/infnfe/det/prod/qcom"), fiscal_scores("nfe/infnfe/det/nitem"), fiscal_scores("price")
    ({'units': 1.0}, {}, None)
    """
    for role, pattern in _FIELDS.items():
        if re.search(rf"(?:^|/){pattern}$", name):
            return {role: 1.0}
    return {} if re.search(_OF_SCHEMA, name) else None
