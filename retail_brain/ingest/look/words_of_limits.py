"""Words behind stock that are limits and further counts in one place, such as `Estoque mínimo`, and no shops."""

from typing import Final

LIMITS: Final = (
    r"min(?:im\w{0,4})?|max(?:im\w{0,4})?|mini|maxi|ideal\w{0,2}|optim\w{0,3}|target|safety|security|buffer|reorder(?:_point)?"
    r"|threshold|alert\w{0,2}|warning|critical|low|reserv\w{0,5}|allocated|committed|incoming|on_order|ordered|in_transit"
    r"|available|free|virtual|physical|actual|real|current|total|gesamt|opening|closing|initial|final|blocked|damaged"
    r"|mindest|meldebestand|sicherheit|verfugbar|reserviert|gesperrt|bestellt|aktuell|anfang|ende|minimal\w{0,2}|maximal\w{0,2}"
    r"|minimo|maximo|segur\w{2,4}|reservad[oa]|disponi\w{3,5}|fisic[oa]|atual|actuel(?:le)?|reel(?:le)?|physique|theorique"
    r"|reserve|de_securite|inicial|finale?|iniziale|bloqueado|em_transito|en_transito|transito|fornecedor|proveedor"
    r"|scorta_minima|impegnat[oa]|attuale|vrij|gereserveerd|minimaal|maximaal|beschikbaar|dostepn\w|zarezerwowan\w|minimaln\w"
    r"|maksymaln\w|rezervov\w{2,4}|dostupn\w|volne|skladem|минимальн\w{2}|максимальн\w{2}|резерв|доступно|свободн\w{2}"
    r"|ayrilan|kritik|asgari|azami|最低|最高|最小|最大|安全|预警|可用|可售|锁定|占用|在途|冻结|待发|引当|有効|理論|実|안전|가용|최소|최대"
    r"|toi_thieu|toi_da|minimum_quantity|unit|measure|location|status|date|type|control|management|zero|updated?"
)
"""Whole plain names behind or before a word for stock."""
