"""Words of columns that say something about a customer, such as a note or a group, and not who it is."""

import re
from collections.abc import Mapping
from typing import Final

_REMARK: Final = (
    r"notes?|remarks?|comments?|messages?|memo|instructions?|wish(?:es)?|notiz(?:en)?|bemerkung(?:en)?|kommentar[ey]?"
    r"|anmerkung(?:en)?|hinweise?|nachricht|remarques?|commentaires?|observac\w+|notas?|comentari\w+|mensaje|mensagem|messaggio"
    r"|nota|opmerking(?:en)?|bericht|uwagi|uwaga|komentarz|wiadomosc|poznamk[ay]|megjegyzes|notlar[ii]?|not[u]?|aciklama"
    r"|комментари[йи]|примечани[ея]|пометк[аи]|приміт\w+|коментар|anteckning|bemaerkning|merknad|ghi_chu|catatan|หมายเหตุ|ملاحظ\w*"
)
_KIND: Final = (
    r"types?|groups?|segments?|categor(?:y|ies)|class(?:es)?|level|tier|grade|language|lang|locale|country|gender|sex"
    r"|gruppen?|typ|klasse|sprache|groupe|categorie|langue|sexe|tipo|grupo|categoria|idioma|genero|gruppo|lingua|groep|soort"
    r"|taal|grupa|kategoria|jezyk|skupina|kategorie|jazyk|групп[аы]|категори[яи]|тип|grubu|dil"
)
_GLUED: Final = r"kund(?:en|e)?s?(?:notiz|bemerkung|kommentar|hinweis|gruppe|typ|art|klasse|sprache|kategorie)(?:en|n)?"
_EAST_ASIAN: Final = (
    r"(?:备注|備註|留言|附言|备忘|備考|コメント|メッセージ|要望|메모|메시지|요청(?:사항)?|类型|類型|等级|等級|级别|分组|标签|类别|性别|性別"
    r"|区分|種別|ランク|등급|유형|구분)$"
)
_ABOUT: Final = re.compile(rf"(?:^|_)(?:{_REMARK}|{_KIND})(?:_|$)|^{_GLUED}$|{_EAST_ASIAN}")


def is_about_people(name: str) -> bool:
    """Whether a plain name says something about people, such as their group, which is no shop either.

    >>> is_about_people("客户等级"), is_about_people("customer_group"), is_about_people("customer")
    (True, True, False)
    """
    return _ABOUT.search(name) is not None


def without_people(name: str, scores: Mapping[str, float]) -> dict[str, float]:
    """Scores of a plain name without that of the customer where it says something about one.

    People with the same note, or of the same group, would else be one person, with the consent of one of them.

    >>> without_people("customer_note", {"customer": 0.35}), without_people("客户等级", {"customer": 0.38})
    ({}, {})
    >>> without_people("customer_name", {"customer": 0.25})
    {'customer': 0.25}
    """
    is_about = "customer" in scores and is_about_people(name)
    return {role: score for role, score in scores.items() if not (is_about and role == "customer")}
