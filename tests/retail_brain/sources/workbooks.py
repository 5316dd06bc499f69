"""Small workbooks for tests, written without a library."""

import base64
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

Cell = str | int | float | bool | None


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]], hidden: str = "") -> Path:
    """Writes sheets of texts, numbers and flags; None is an empty cell."""
    listed, links = [], []
    with zipfile.ZipFile(path, "w") as archive:
        for number, (name, rows) in enumerate(sheets.items(), start=1):
            state = ' state="hidden"' if name == hidden else ""
            listed.append(f'<sheet name="{escape(name)}" sheetId="{number}"{state} r:id="r{number}"/>')
            links.append(f'<Relationship Id="r{number}" Type="{_OFFICE}/worksheet" Target="worksheets/s{number}.xml"/>')
            body = "".join(_row(place, row) for place, row in enumerate(rows, start=1))
            archive.writestr(
                f"xl/worksheets/s{number}.xml",
                f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>',
            )
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{"".join(listed)}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{"".join(links)}</Relationships>'
        )
    return path


def _row(place: int, row: Sequence[Cell]) -> str:
    return (
        f'<row r="{place}">' + "".join(_cell(f"{chr(65 + i)}{place}", value) for i, value in enumerate(row)) + "</row>"
    )


def _cell(reference: str, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{reference}"><v>{value!r}</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def write_xls(path: Path) -> Path:
    """Writes a workbook of Excel 97: header and one receipt line, with a true date and a barcode as text."""
    path.write_bytes(zlib.decompress(base64.b64decode(_XLS)))
    return path


_XLS = (
    "eNrtWE1IVFEU/u6bXx86zpgGWskgZGUKSosi0LHAXCWWi6KCaZw34KDz05vnwhZlmdAmCFoVbQQL2lht+qGCWhkRGLkIgsApaOMqKGihvs4989"
    "4wGoEDJRjve7xzzzn33nPuu+fc++577+ZCC1MPG/JYgy64sGJWwFuiE3RX2EIQVG+akrVLP92mg02FCj8F0uvBs6q3PhlDGe88FDxwvyIKfKb7"
    "DLLoy6QT4Q3EYR5DTMgxdBIVuE2aAOp5VDVM40y3ML3PLZ8z7WbNNaad1HZBnMJcpK/lgJXFJ5UmrgtA2n3MfT6ypgN1eC2z+OJ1UWjrwSE9GR"
    "vZZBWN7kpMgwLam0gndCnX4Y5csmOEtlSqTdPCQ0MHU6kF1FLIp/HDDAPf7bX9MuzoN1YvQPqfq/W+P+j9FMq1+huKGxiHeZaXyiRt0z3uQkYM"
    "LOE078x+zngYeiydi8WNZCYdTWqUIrnMiBaNGVSdMzJ6gpQqkNUz2mjcIMEDjKaTRk4tlNGsnownaK0MdLiA9vb9qnwp8CYSXLWJVPHiqiSqoZ"
    "r5EC+xIA1k6d6390cH+yNR1ozz0Aqvl53yOWDikuxBnQNco8C22sL8XqaX2eo25huY1lL+U9ncX2cxRya4zRWubSY/+xjzkV0l/G7iJxePPWmc"
    "/BLZQ/xMb/587cyHyBSaaB416i+vCbSKVnHrpsTTiF0Kayv6xLT+t23JrwStsZvWO7Qay1CZDTEtSHJ2RFFSrLkqSC6SXEXJTZK7KHlI8lh+xB"
    "o/FxSVdSHcrSYrNJfyOWowe2777JsdX7ulBcG+vJY9wb5kCF9QO8G+VLaweNVHfrqUGjziYHSXHAtUOHDgwIEDBw4cONg0ENbx2sVHS/BhUh4H"
    "fdZ/nWW6V5zfJP8tjiNDl0Gfkz1IU6ljrKz82QqPsG2Jdfax/xdKnCDvOoYxyOMYLjt/6fNLlD7PujsG/94SKtf/Sjnj/Mf+fwHQO+4U"
)
