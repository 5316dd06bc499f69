"""Reads columns that an ERP system begins with its letters of the table, such as `GL_QTEFACT` or `D2_QUANT`."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from retail_brain.ingest.look.words import bare_name, role_scores

_LETTERS: Final = r"([A-Z][A-Z0-9]{1,2})_(?=[A-Za-z])(\w+)"
"""Two or three letters of a table, in capitals, and the name of the field behind them."""
_WORDS: Final = frozenset({"ID", "NO", "NR", "IS", "QTY", "NET", "SKU", "POS", "TAX", "VAT", "DT", "ART", "NUM", "COD"})
"""Letters before a mark that are words of the name itself."""
_LEAST: Final = 5
"""Columns of a file with such letters from which these are no words by chance."""
_MOST: Final = 6
"""Different letters in one file at most: those of its own table and of tables that it names. By judgement."""
_SURE, _PERHAPS, _LAST = 0.6, 0.4, 0.3
"""Scores of fields: below whole names that are known."""
_BY_LETTERS: Final[Mapping[str, str]] = {"customer": r"ct_num|a1_cod", "product": r"ar_ref|b1_cod", "store": r"de_no"}
"""Role -> names whose letters alone say whose number or code it is (Sage, Protheus)."""
_FIELDS: Final[Sequence[tuple[str, str, float]]] = (
    (
        "receipt",
        r"num(?:ero)?_?(?:piece|ticket|doc(?:ument)?|facture|vente|bon)|(?:piece|ticket|doc|docto|fattura)",
        _SURE,
    ),
    ("receipt", r"numero|num_?doc|nr_?doc|docnum|belegnr|nf|nota", _PERHAPS),
    ("moment", r"date_?(?:piece|vente|ticket|doc|facture)|(?:dt_?)?emissao|data_?(?:doc|emissao|vendita)|datum", _SURE),
    ("store", r"etabl(?:iss(?:ement)?)?|etab|depot|magasin|filial|loja|negozio|tienda|filiale", _PERHAPS),
    ("customer", r"tiers|client|cliente|code_?(?:client|tiers)|cod_?cli(?:ente)?|kundennr|cliefor", _PERHAPS),
    ("product", r"article|artikel|(?:code|cod|ref)_?(?:art(?:icle)?|prod(?:uto)?)|ref|cod|codigo|produto", _PERHAPS),
    ("product", r"ref_?art_?barre|code_?barres?|codbar(?:ras)?|ean(?:13)?", _LAST),
    ("product_name", r"design(?:ation)?|libelle|descri(?:cao|zione)?|desc", _SURE),
    ("units", r"(?:qte|quantite|qtd|quant|qta|cant)_?(?:fact(?:uree)?|vend(?:ue|ida|uta)?|sold|liv(?:ree)?)?", _SURE),
    ("price", r"(?:pu|prix_?(?:unit(?:aire)?)?|pr[cv]_?(?:ven|unit)?|vlr_?unit|prunit)_?ttc", _SURE),
    ("price", r"pu(?:_?(?:ht|net))?|prix_?unit(?:aire)?(?:_?ht)?|prc_?ven(?:da)?|prunit|vlr_?unit", _PERHAPS),
    ("amount", r"(?:total|montant|mont|mt|tot)_?ttc(?:_?net)?", _SURE),
    ("amount", r"(?:total|montant|mont|mt|tot)_?(?:ht)?(?:_?net)?", _PERHAPS),
    ("discount", r"remise(?:_?(?:ligne|montant))?|desc(?:on|onto)|valdesc|sconto|mt_?remise", _PERHAPS),
)
"""Role, names of fields and score, the surest first."""


def scores_of_fields(names: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
    """Column -> role -> score, by the field behind the letters of a table; empty where columns have no such letters.

    Args:
        names: of all columns of a file.

    >>> scores_of_fields(["D2_DOC", "D2_EMISSAO", "D2_COD", "D2_QUANT", "D2_TOTAL"])["D2_QUANT"]
    {'units': 1.0}
    >>> scores_of_fields(["ITM_CODE", "ITM_NAME", "STR_DESC", "CUS_REF", "ITM_QTY"])["STR_DESC"]
    {}
    >>> scores_of_fields(["id_order", "id_product", "id_shop", "id_customer", "id_tax"])
    {}
    """
    found = [re.fullmatch(_LETTERS, name.strip()) for name in names]
    told = [one for one in found if one is not None]
    letters = {one[1] for one in told}
    if len(told) < max(_LEAST, len(names)) or len(letters) > _MOST or letters & _WORDS:
        return {}
    return {name: _scores(one[0], one[2]) for name, one in zip(names, told, strict=True)}


def _scores(name: str, field: str) -> dict[str, float]:
    own = next((role for role, pattern in _BY_LETTERS.items() if re.fullmatch(pattern, name.lower())), "")
    if own:
        return {own: _SURE}
    plain = bare_name(field)
    scores: dict[str, float] = {}
    for role, pattern, score in _FIELDS:
        if re.fullmatch(pattern, plain):
            scores[role] = max(score, scores.get(role, 0.0))
    whole = role_scores(name)
    if whole and max(whole, key=lambda role: whole[role]) not in scores:
        return {}  # the letters are a word: `STR_DESC` is of no goods
    return {**scores, **_same(role_scores(field), scores)} if scores else role_scores(field)


def _same(further: Mapping[str, float], scores: Mapping[str, float]) -> dict[str, float]:
    """The better of both scores for each role of the known field; other roles of its word do not count."""
    return {role: max(score, scores[role]) for role, score in further.items() if role in scores}
