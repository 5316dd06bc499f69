"""Orders in the XML of CommerceML: fields as pairs of name and value, buyers in records of their own."""

import tomllib
from pathlib import Path

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import moment

_GOODS = [(f"{n}f36edc0-cb28", f"Корм {n}", 990 + 100 * n) for n in range(6)]


def _pairs(**values: str) -> str:
    inner = "".join(
        f"<ЗначениеРеквизита><Наименование>{name}</Наименование><Значение>{value}</Значение></ЗначениеРеквизита>"
        for name, value in values.items()
    )
    return f"<ЗначенияРеквизитов>{inner}</ЗначенияРеквизитов>"


def _order(n: int) -> str:
    lines = "".join(
        f'<Товар><Ид>{code}</Ид><Наименование>{name}</Наименование><БазоваяЕдиница Код="796">шт</БазоваяЕдиница>'
        f"<ЦенаЗаЕдиницу>{price}.00</ЦенаЗаЕдиницу><Количество>{1 + n % 2}</Количество>"
        f"<Сумма>{price * (1 + n % 2)}.00</Сумма>{_pairs(ВидНоменклатуры='Товар', ТипНоменклатуры='Товар')}</Товар>"
        for code, name, price in (_GOODS[(n + place) % 6] for place in range(1 + n % 3))
    )
    sums = sum(_GOODS[(n + place) % 6][2] * (1 + n % 2) for place in range(1 + n % 3))
    return (
        f"<Документ><Ид>{700 + n}</Ид><Дата>{moment(n):%Y-%m-%d}</Дата><Сумма>{sums}.00</Сумма>"
        f"<Контрагенты><Контрагент><Ид>{n % 9}#b{n % 9}#</Ид><Наименование>Анна {n % 9}</Наименование></Контрагент>"
        f"</Контрагенты><Время>{moment(n):%H:%M:%S}</Время><Товары>{lines}</Товары>"
        f"{_pairs(Оплачен='true', Отменен='true' if n % 10 == 9 else 'false')}</Документ>"
    )


def test_lines_are_rows_and_pairs_are_fields(tmp_path: Path) -> None:
    orders = "".join(map(_order, range(60)))
    text = f'<?xml version="1.0"?><КоммерческаяИнформация>{orders}</КоммерческаяИнформация>'
    (tmp_path / "orders.xml").write_text(text, encoding="utf-8")
    seen = look(str(tmp_path / "orders.xml"))
    sales = tomllib.loads(seen.mapping)["tables"]["transactions"]
    assert sales["columns"]["product_id"] == "Товары/Товар/Ид"
    assert sales["columns"]["units"] == "Товары/Товар/Количество"
    assert "\"ЗначенияРеквизитов/Отменен\" NOT IN ('true')" in sales["where"]
