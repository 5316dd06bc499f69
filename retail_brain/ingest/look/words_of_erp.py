"""Whole names of columns of lists that ERP systems print, by role; plain names, as those of `words_of_tills`."""

from collections.abc import Mapping
from typing import Final

ERP: Final[Mapping[str, str]] = {
    "on_hand": r"frei_verw(?:endbar(?:er?_bestand)?)?|labst|unrestricted(?:_(?:use|stock|use_stock))?|unrestr"
    r"|(?:de_)?(?:libre_utilizacion|utilisation_libre)|libre_utiliz|utiliz_libre"
    r"|(?:a_)?utilizzo_libero|libero_utilizzo|utiliz_livre|utilizacao_livre|vrij_te_gebruiken|nieograniczone_wykorz(?:ystanie)?"
    r"|非限制(?:使用)?的?(?:库存)?|利用可能(?:評価)?在庫",
    "product_name": r"(?:material|artikel)_?(?:kurz)?(?:text|bezeichnung)|kurztext|maktx|material_description|物料描述"
    r"|品目テキスト"
    r"|texto_(?:breve_)?(?:de_)?material|designation_(?:de_l_?)?article|descrizione_materiale",
    "product": r"matnr|materialnummer|numero_de_material|codice_materiale",
    "store": r"plnt|工厂|プラント",
}
"""Role -> pattern of plain names."""
