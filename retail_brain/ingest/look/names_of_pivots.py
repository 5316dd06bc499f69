"""Names that pivot tables give to the sums of a column, such as `Sum of Quantity`."""

import re
from typing import Final

_SUM_OF: Final = re.compile(
    r"(?:sum_of|total_of|summe_von|somme_de|suma_de|soma_de|somma_di|som_van|suma_z|soucet_z|sum_av|summa_av|сумма_по_полю"
    r"|сума_за_полем|求和项_?|加总_?|合計_/_?|합계_?(?:/_?|_))_?"
)


def without_sum(name: str) -> str:
    """A plain name without the words that a pivot table puts before it.

    >>> without_sum("sum_of_quantity"), without_sum("求和项数量"), without_sum("sum")
    ('quantity', '数量', 'sum')
    """
    found = _SUM_OF.match(name)
    return name[found.end() :] if found and len(name) > found.end() else name
