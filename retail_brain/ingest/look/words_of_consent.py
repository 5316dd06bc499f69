"""Words of columns and values that say whether somebody may be contacted, and how."""

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.consent_rows import ANSWER_WORDS, CHANNEL_WORDS
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.typing import FALSE_WORDS, TRUE_WORDS

REFUSED_WORDS: Final = (
    r"unsubscri|opt(?:ed)?[- _]?out|\bblocked|block-?list|black-?list|complain|suppress|abgemeldet|ausgetragen|gesperrt"
    r"|uitgeschreven|d[ée]sinscri|d[ée]sabonn|de baja|dado de baja|descadastrad|disiscritt|wypisan|odhl[aá][sš]en"
    r"|отписа|відписа|退订|退訂|已退订|取消订阅|黑名单|拉黑|配信停止|解除|수신 ?거부|차단"
)
"""A word of a value that says that somebody is not to be contacted."""
STEMS: Final = (
    r"zg[oó]d[ayęo]?(?![a-z])|souhlas|suhlas|súhlas|hozzajarul|hozzájárul|suostumus|samty[kc]k[et]|sutikim|privol|soglas"
    r"|(?<![a-z])r[ıi]za(?:s[ıi])?(?![a-z])|συγκατ[αά]θ|соглас(?:ие|ен|на|ия)|згод[аи]|persetujuan|موافق"
)
"""Stems of words for consent, in names of columns and of files."""
GRANTED: Final = (
    rf"(?:.*_)?(?:{STEMS})[a-z]*(?:_.*)?"
    r"|(?:.*_)?(?:opt_?in|opted_?in|granted|consent|permission|allowed|subscribed|einwilligung|zustimmung|consentement)"
    r"|.*(?:是否同意|同意|授权|订阅).*"
)
"""Columns that hold whether somebody may be contacted."""
PERMISSION: Final = (
    rf"(?:{GRANTED})|.*(?:werbung|newsletter|marketing|mailing|pubblicita|publicite|publicidad|do_not|accepts|erlaubt"
    r"|allow|opt_?(?:in|out)|subscri|toestemming|nieuwsbrief|consen[st]|boletin|zgoda|samtycke"
    r"|sms|whatsapp|agree|opted|allowed|permit|willing|may_(?:we_)?contact|contactable|рассылк|соглас|розсилк|згод).*"
    r"|.*(?:accepte|acepta|aceita|accetta|autori[sz][a-z]*|akzeptiert)_(?:.*_)?(?:e?mail|contact|contatt|promo|pub|offer).*"
    r"|.*(?:block_?list|black_?list|blocked|suppress|gesperrt|sperrliste|bloquead|bloqu[ée]e|bloccat|zablokow|blokkert).*"
    r"|(?:.*_)?(?:dnc|robinson)(?:_.*)?|.*(?:黑名单|黑名單|屏蔽|拉黑|차단|수신_?불가|受信拒否).*"
    r"|ok|okay|.*(?:营销|推送|短信|接收|接受|愿意|允许|可联系|退订|免打扰|拒绝|勿扰|停止).*"
    r"|.*(?:수신|동의|마케팅|광고|거부|配信|同意|購読|ยินยอม|ยอมรับ|dong_y|nhan_tin|setuju|persetujuan|izin|onay|موافق).*"
    r"|.*(?:lettre_d_?information|infolettre|notiziario|nyhetsbrev|uutiskirj|zpravodaj|hirlevel|e_?bulten|biuletyn|buletin"
    r"|뉴스레터|メルマガ|メールマガジン|ניוזלטר).*"
    r"|(?:.*_)?(?:stop|unsub|abgemeldet|abmeldung|afgemeld|avmeldt|baja|désabonnée?|desabonnee?)(?:_.*)?"
)
"""Columns that may hold whether somebody may be contacted, in whatever words."""
NEWSLETTER: Final = (
    r"newsletter|lettre_d_?information|infolettre|nieuwsbrief|boletin|notiziario|nyhetsbrev|uutiskirj|zpravodaj|hirlevel"
    r"|e_?bulten|biuletyn|뉴스레터|メルマガ|メールマガジン|ניוזלטר"
)
"""A word in the name of a column of a newsletter, which comes by e-mail where the name says no other way."""
OF_OTHER_FIRMS: Final = (
    r"partner|partenaire|socios|parceir|tercer|terceir|third_part|drittanbiet|derden|_tiers|треть|партн[её]р|第三方|合作"
    r"|제3자|제휴|パートナー|第三者"
)
"""A word for other firms in the name of a column."""
OF_OFFERS: Final = (
    r"offer|offre|oferta|offert|angebot|aanbied|aanbod|promo|mail|advert|werb|publi|предлож"
    r"|优惠|推广|推送|广告|광고|혜택|案内|広告"
)
"""A word for what firms send to people in the name of a column."""
REFUSAL: Final = (
    r"do_not|don_?t|opt(?:ed)?_?out|unsubscri|(?:^|_)(?:no|not|never|non|kein\w*)_|(?:^|_)un_"
    r"|disallow|disagree|block|black_?list|suppress|(?:^|_)dnc|robinson|gesperrt|sperr|bloqu|bloccat|차단|屏蔽|拉黑|refus|reject|declin|withdr|revok|отказ|відмов"
    r"|거부|거절|미동의|비동의|동의_?안|해지|拒否"
    r"|退订|免打扰|拒绝|勿扰|不接收|不接受|不同意|不允许|未同意|撤回|取消|黑名单|(?:^|_)(?:khong|tu_choi|huy|tidak)(?:_|$)"
)
"""Words of a column whose yes is a refusal."""
_ALLOWS: Final = (
    r"opt(?:ed|s)?_?ins?|granted|consent(?:s|ed|ement|imento|imiento)?|consenso|permission|permit(?:s|ted)?|allow(?:ed|s)?"
    r"|accept(?:s|e|ed)?|acepta|aceita|accetta|autori[sz]e[sd]?|autori[zs]a|autorizza|agree(?:d|s)?|willing|subscribed?|subscriptions?|contactable|may_(?:we_)?contact|okay|ok"
    r"|einwilligung|eingewilligt|zustimmung|zugestimmt|erlaubt|erlaubnis|abonniert|akzeptiert|toestemming|zgoda|samtycke|feliratkoz(?:as|va|ott)"
    rf"|согласен|подписан|(?:{STEMS})[a-z]*"
    r"|수신_?동의|동의|수신_?허용|配信許可|配信希望"
    r"|同意|授权|订阅|接收|接受|愿意|允许|可联系|dong_y|setuju|persetujuan"
)
"""Words of a column whose yes allows, where nothing but the next words stands beside them."""
_BESIDE_ALLOWS: Final = (
    r"e_?mail(?:s|ings?)?|sms|texts?|messages?|phone|calls?|push|app|wechat|whatsapp|mail(?:ing)?s?|post|letters?|line|wecom"
    r"|marketing|newsletters?|news|advertis(?:ing|ements?)|promotion(?:s|al)?|offers?|contact|communications?"
    r"|werbung|nieuwsbrief|boletin|publicite|pubblicita|publicidad|hirlevel(?:re)?|рассылк[аиу]"
    r"|status|state|stan|customer|client|member|buyer|is|has|was|to|for|by|via|of|the|we|us|you|your|from|receiv(?:e|es|ing)|flag|y_n|yn"
    r"|en|de|la|le|les|al|el|per|par|pour|zu|zur|zum|für|fur|und|von|voor|на|к"
    r"|이메일|메일|문자|메시지|카카오톡?|알림톡|푸시|앱|마케팅|광고성?|정보|수신|여부|고객|회원|의"
    r"|是否|短信|邮件|电子邮件|微信|电话|营销|推送|消息|信息|通知|广告|促销|会员|客户|顾客|的"
)
_SAID: Final = (
    *(("受信する", "受信しない"), ("受け取る", "受け取らない"), ("希望する", "希望しない"), ("配信する", "配信しない")),
    *(("購読する", "購読しない"), ("許可する", "許可しない"), ("同意する", "同意しない"), ("수신함", "수신안함")),
    *(("수신", "수신거부"), ("동의함", "동의안함"), ("동의", "미동의"), ("接收", "不接收"), ("愿意", "不愿意")),
)
"""Answers that say by themselves whether somebody wants to hear, whatever the column is called."""
_PAIRS: Final = (
    *_SAID,
    *(("true", "false"), ("t", "f"), ("1", "0"), ("yes", "no"), ("y", "n"), ("是", "否"), ("ja", "nein"), ("j", "n")),
    *(("oui", "non"), ("si", "no"), ("sí", "no"), ("sim", "não"), ("sim", "nao"), ("s", "n"), ("да", "нет")),
    *(("tak", "nie"), ("так", "ні"), ("evet", "hayır"), ("はい", "いいえ"), ("예", "아니오"), ("ja", "nee")),
    *(
        ("có", "không"),
        ("igen", "nem"),
        ("ya", "tidak"),
        ("ใช่", "ไม่ใช่"),
        ("نعم", "لا"),
        ("כן", "לא"),
        ("ναι", "όχι"),
        ("o", "n"),
    ),
)
YES: Final = tuple(dict.fromkeys(yes for yes, _ in _PAIRS))
NO: Final = tuple(dict.fromkeys(no for _, no in _PAIRS))
"""Answers that are read without doubt."""
WIDE: Final = 6
"""Columns from which a row for each person is of a list of them. By judgement: consents have four."""
ANSWERS: Final = 12
"""Different values beyond which a column holds no answers. By judgement: yes, no and how several shops spell them."""
_CHANNEL_NAME: Final = r"(?:.*_)?(?:channel|kanal|canal|medium)|.*(?:渠道|通道).*"
_OF_END: Final = (
    r"expir|until|valid|renew|review|lapse|(?:^|_)(?:end|ends|ended|ending|bis|due|fin|fine|fim)(?:_|$)|ablauf|gultig"
    r"|lauft_ab|hasta|jusqu|scad|venc|caduc|geldig|verloop|wazn|истека|действ|срок|закінч|만료|유효|종료|기한"
    r"|过期|過期|到期|有效|失效|截止|期限|終了|失効|満了"
)
"""Words in the name of the day on which an answer ends: it is no day on which somebody answered."""
_CHANGE: Final = (
    r"last|latest|change[ds]?|update[ds]?|modified|since|date|day|time|datetime|timestamp|ts|at|on|when|datum|tag|seit"
    r"|am|geandert|aktualisiert|anderung|anderungsdatum|stand|sinds|gewijzigd|depuis|le|modifie|maj|fecha|desde|cambio"
    r"|actualizado|data|dal|modifica|alteracao|zmiana|zmiany|od|дата|изменен\w*|с|від|змін\w*"
    r"|변경|수정|동의|일|일자|일시|날짜|시각|更新|变更|變更|修改|変更|日期|日時|时间|時間|日|于"
)
"""Words that make a name that of the day of an answer, where no other stands beside them."""
_FURTHER_CHANNELS: Final = frozenset({
    *("phone", "call", "calls", "telephone", "mail", "post", "letter", "whatsapp", "push", "line", "wecom"),
    *("zalo", "viber", "telegram", "messenger", "facebook", "instagram", "kakaotalk", "카카오톡", "điện thoại"),
    *("电话", "来电", "信件", "企业微信", "公众号"),
})  # fmt: skip
"""Ways to reach people that `consents` does not know: as channels they close all, which is said at ingest."""
_MOST_CHANNELS: Final = 12
"""Different values beyond which a column is none of channels. By judgement: ways to reach people, each twice."""


def what_yes_means(name: str) -> bool | None:
    """Whether the yes of a column allows contact, or refuses it; None where its name leaves room for doubt.

    A yes allows only where nothing that could turn it stands beside a word of consent.

    >>> [what_yes_means(name) for name in ("Email opt-in", "是否接收短信", "Opt-out SMS", "SMS STOP", "未授权")]
    [True, True, False, None, None]
    """
    plain = bare_name(name)
    if refusals := re.findall(REFUSAL, plain):
        return False if len(refusals) == 1 else None
    said = rf"(?:_|{_BESIDE_ALLOWS})*(?:{_ALLOWS})(?:_|{_BESIDE_ALLOWS}|{_ALLOWS})*"
    parts = rf"(?:{_ALLOWS}|{_BESIDE_ALLOWS})"
    is_parted = bool(re.search(r"[\u4e00-\u9fff\uac00-\ud7a3]", plain)) or re.fullmatch(rf"{parts}(?:_{parts})*", plain)
    return True if is_parted and re.fullmatch(said, plain) else None


def say_themselves(values: Sequence[str]) -> bool:
    """Whether all of these answers say by themselves that somebody wants to hear, or does not.

    >>> say_themselves(["受信する", "受信しない"]), say_themselves(["はい"])
    (True, False)
    """
    return bool(values) and {plain_answer(value) for value in values} <= {word for pair in _SAID for word in pair}


def is_of_end(name: str) -> bool:
    """Whether a column of days says when an answer ends.

    >>> [is_of_end(name) for name in ("email_consent_expires", "Valid until", "수신동의 만료일", "email_consent_date")]
    [True, True, True, False]
    """
    return re.search(_OF_END, bare_name(name)) is not None


def is_of_change(rest: str) -> bool:
    """Whether what stands behind the name of an answer makes it the name of the day of that answer.

    >>> [is_of_change(rest) for rest in ("_date", " changed at", " 변경일", "更新时间", "_expires", "_2")]
    [True, True, True, True, False, False]
    """
    return re.fullmatch(rf"_*(?:(?:{_CHANGE})_*)+", bare_name(rest)) is not None


def plain_answer(value: object) -> str:
    """A value as it is compared with words of answers.

    >>> plain_answer(" Opted_In ")
    'opted in'
    """
    return str(value).strip().lower().replace("_", " ")


def are_answers(values: Sequence[object]) -> bool:
    """Whether there are values, and all of them allow or refuse beyond doubt."""
    known = {*YES, *NO, *ANSWER_WORDS["true"], *ANSWER_WORDS["false"]}
    return bool(values) and all(plain_answer(value) in known for value in values)


def are_plainly_read(values: Sequence[str]) -> bool:
    """Whether ingest reads all of these answers without being told how."""
    words = {*ANSWER_WORDS["true"], *ANSWER_WORDS["false"], *TRUE_WORDS, *FALSE_WORDS}
    return all(value.strip().lower() in words for value in values)


def turned(yes: Sequence[str], no: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that allow and that refuse where yes is a refusal; neither is blank.

    A list that is left out of a mapping is the usual words, by which a yes alone would allow after all.

    >>> turned(["Yes"], [])
    (('no',), ('Yes',))
    """
    allow = no or dict.fromkeys(other for value in yes for one, other in _PAIRS if one == plain_answer(value))
    refuse = yes or dict.fromkeys(other for value in no for other, one in _PAIRS if one == plain_answer(value))
    return tuple(allow), tuple(refuse)


def answer_columns(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns that play no other role and hold nothing but answers."""
    return [name for name in _free(found) if are_answers(_kinds(sample, name, ANSWERS))]


def half_known(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns of a few words that play no other role, of which some are answers and the others are not known."""
    known = {*YES, *NO, *ANSWER_WORDS["true"], *ANSWER_WORDS["false"]}
    return [
        name
        for name in _free(found)
        if not found.seen[name].numbers and any(plain_answer(value) in known for value in _kinds(sample, name, ANSWERS))
    ]


def columns_of_few(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns of a few words that play no other role."""
    return [name for name in _free(found) if not found.seen[name].numbers and _kinds(sample, name, ANSWERS)]


def _free(found: Columns) -> list[str]:
    taken = {name for role, name in found.roles.items() if role != "status"}
    return [name for name in found.seen if name not in taken]


def columns_of_refusals(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns of a few words of which one says that somebody is not to be contacted, whatever they are called."""
    return [
        name
        for name in _free(found)
        if any(re.search(REFUSED_WORDS, plain_answer(value)) for value in _kinds(sample, name, ANSWERS))
    ]


def contact_channel(sample: pl.DataFrame, found: Columns) -> str | None:
    """The column whose values are ways to reach people, such as sms and 微信, whatever it is called; None without."""
    known = {*_FURTHER_CHANNELS, *(word for words in CHANNEL_WORDS.values() for word in words)}
    names = sorted(found.seen, key=lambda name: named_channel(name) is False)
    for name in names:
        values = _kinds(sample, name, _MOST_CHANNELS)
        if values and all(plain_answer(value) in known for value in values) and not are_answers(values):
            return name
    return None


def named_channel(name: str) -> bool:
    """Whether a column is called a channel."""
    return re.fullmatch(_CHANNEL_NAME, bare_name(name)) is not None


def _kinds(sample: pl.DataFrame, name: str, most: int) -> list[object]:
    """The different values of a column; none of them where there are more than `most`."""
    values = sample[name].drop_nulls().unique().sort()
    return values.to_list() if len(values) <= most else []
