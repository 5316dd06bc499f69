"""Answers of programs: documents of orders with lines, payments, people and marks in objects of their own."""

import json
from pathlib import Path

from tests.retail_brain.ingest.test_look import load, moment


def test_lines_of_orders_in_objects_with_marks_that_are_true_or_false(tmp_path: Path) -> None:
    orders = [
        {
            "id": 100 + n,
            "aberta_em": f"{moment(n):%Y-%m-%dT%H:%M:%S}",
            "garcom": {"id": n % 2, "nome": ("Edu", "Rita")[n % 2]},
            "situacao": "CANCELADA" if n == 7 else "FECHADA",
            "itens": [
                {
                    "produto": {"codigo": f"p{k}", "nome": f"Prato {'abc'[k]}"},
                    "qtd": k + 1,
                    "valor_total": 4.5 * (k + 1) + n % 3,
                    "cancelado": n == k == 2,
                }
                for k in range(3)
            ],
            "pagamentos": [{"forma": "PIX", "valor": 9.0}],
        }
        for n in range(20)
    ]
    (tmp_path / "comandas.json").write_text(json.dumps({"total": 20, "comandas": orders}), encoding="utf-8")
    lines = load(tmp_path, tmp_path / "comandas.json")
    assert len(lines) == 19 * 3 - 1
    assert {line["product_id"] for line in lines} == {"p0", "p1", "p2"}
