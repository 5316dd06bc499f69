"""Words for the day up to which goods are good, in names of columns: it is no moment of a sale or a count."""

import re
from typing import Final

EXPIRY: Final = (
    r"expir|best_before|use_by|shelf_life|(?:^|_)(?:bbd|bbe|mhd|tht|dlc|dluo|skt|hsd)(?:_|$)|haltbar|verfall|ablauf(?:datum)?$"
    r"|houdbaar|peremption|validade|vencimiento|(?:^|_)(?:f_)?(?:venc|vto|cad)(?:_|$)|caducidad|scadenza|wazno?sci|spotreb"
    r"|expirace|lejarat|szavatos|ληξη|son_kullanma|bast_fore|holdbar|parasta_ennen|han_(?:su_dung|dung)|kedaluwarsa|kadaluarsa"
    r"|годн|придатн|หมดอายุ|صلاحية|انتهاء|תפוגה|有效期|保质|到期|失效|賞味|消費期限|유통기한|소비기한"
)
"""Words in the names of columns of the day up to which goods are good."""


def is_of_expiry(name: str) -> bool:
    """Whether a plain name is of the day up to which goods are good.

    >>> is_of_expiry("data_de_validade"), is_of_expiry("order_date")
    (True, False)
    """
    return re.search(EXPIRY, name) is not None
