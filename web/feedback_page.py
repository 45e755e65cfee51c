"""The page on which a customer says what they think: plain HTML, no script, nothing from elsewhere.

Whoever has the link is asked, and nobody learns anything else from it. Looking changes nothing:
mail scanners open links. Everything shown is escaped; the style is allowed by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from crm.tickets.desk.feedback import LONGEST_COMMENT, SCORES, Looked, State

STYLE = """
:root{color-scheme:light dark}
body{margin:0;font:16px/1.6 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",
sans-serif;background:#f4f5f7;color:#1d2129}
main{max-width:36rem;margin:8vh auto;padding:2rem;background:#fff;border-radius:12px;
box-shadow:0 1px 8px #0001}
h1{font-size:1.35rem;margin:0 0 .5rem}
p{margin:.5rem 0 1rem}
fieldset{border:0;margin:0 0 1rem;padding:0}
legend{padding:0;margin-bottom:.5rem;font-weight:600}
label.score{display:block;padding:.5rem .25rem}
label.text{display:block;font-weight:600;margin-bottom:.25rem}
input{width:1.2rem;height:1.2rem;vertical-align:middle;margin:0 .5rem 0 0}
textarea{box-sizing:border-box;width:100%;min-height:7rem;font:inherit;padding:.5rem;
border:1px solid #767c88;border-radius:6px;background:transparent;color:inherit}
button{margin-top:1rem;font:inherit;font-weight:600;padding:.6rem 1.6rem;border:0;border-radius:6px;
background:#1456c8;color:#fff}
:focus-visible{outline:3px solid #e58a00;outline-offset:2px}
.wrong{color:#b3261e;font-weight:600}
@media(prefers-color-scheme:dark){body{background:#15171b;color:#e8eaee}main{background:#1f2228}
.wrong{color:#ff9d93}button{background:#7fb0ff;color:#0b1a33}}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    # The address is the secret. Not "no-referrer": with that a browser sends the form's Origin as
    # "null", and it could not be told from another site's.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    ask: str
    scores: tuple[str, str, str, str, str]  # 1 to 5
    comment: str
    send: str
    choose: str
    thanks: str
    thanks_more: str
    used: str
    expired: str
    unknown: str
    busy: str
    away: str
    too_long: str


WORDS: Mapping[str, Words] = {
    "zh": Words(
        title="服务评价",
        ask="您对我们处理这张工单满意吗？",
        scores=("非常不满意", "不满意", "一般", "满意", "非常满意"),
        comment="还有什么想告诉我们的吗？（选填）",
        send="提交评价",
        choose="请选择 1 到 5 分。",
        thanks="感谢您的评价",
        thanks_more="我们已收到您的意见，您可以关闭本页面。",
        used="您已经评价过了，感谢您的反馈。",
        expired="此评价链接已失效。如仍需帮助，请直接联系我们。",
        unknown="此链接无效。请检查是否完整复制了地址。",
        busy="请求过于频繁，请稍后再试。",
        away="暂时无法处理，请稍后再试。",
        too_long=f"意见最多 {LONGEST_COMMENT} 字，且不能包含控制字符。",
    ),
    "en": Words(
        title="How did we do?",
        ask="Are you satisfied with how we handled this ticket?",
        scores=("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"),
        comment="Anything else you would like to tell us? (optional)",
        send="Send",
        choose="Please choose from 1 to 5.",
        thanks="Thank you",
        thanks_more="We have received your answer. You can close this page.",
        used="You have answered already. Thank you.",
        expired="This link no longer works. If you still need help, please contact us.",
        unknown="This link does not work. Please check that you copied all of it.",
        busy="Too many requests. Please try again later.",
        away="This is not possible at the moment. Please try again later.",
        too_long=f"At most {LONGEST_COMMENT} characters, and no control characters.",
    ),
}


def url(base: str, token: str) -> str:
    return f"{base.rstrip('/')}/feedback/{token}"


def language_of(looked: Looked | None, accepts: str) -> str:
    """The customer's own; of a link nobody knows, what the browser prefers."""
    if looked is not None and looked.language in WORDS:
        return str(looked.language)
    first = accepts.split(",", maxsplit=1)[0].strip().lower()
    return "zh" if first.startswith("zh") else "en"


def question(looked: Looked, language: str, *, wrong: str | None = None, comment: str = "") -> str:
    """The form; `wrong` says what to put right."""
    w = WORDS[language]
    about = f"{escape(looked.number or '')} · {escape(looked.title or '')}"
    scores = "".join(
        f'<label class="score"><input type="radio" name="score" value="{n}" required>'
        f"{n} · {escape(w.scores[n - 1])}</label>"
        for n in reversed(SCORES)
    )
    error = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return _page(
        language,
        f"<h1>{escape(w.title)}</h1><p>{about}</p>{error}"
        f'<form method="post" accept-charset="utf-8"><fieldset><legend>{escape(w.ask)}</legend>'
        f'{scores}</fieldset><label class="text" for="comment">{escape(w.comment)}</label>'
        f'<textarea id="comment" name="comment" maxlength="{LONGEST_COMMENT}">\n'
        f"{escape(comment)}</textarea>"
        f'<button type="submit">{escape(w.send)}</button></form>',
    )


def thanks(language: str) -> str:
    w = WORDS[language]
    return _page(language, f"<h1>{escape(w.thanks)}</h1><p>{escape(w.thanks_more)}</p>")


def closed(state: State, language: str) -> str:
    """A link with which nothing can be said (any more)."""
    w = WORDS[language]
    return said({State.USED: w.used, State.EXPIRED: w.expired}.get(state, w.unknown), language)


def said(text: str, language: str) -> str:
    return _page(language, f"<h1>{escape(WORDS[language].title)}</h1><p>{escape(text)}</p>")


def _page(language: str, body: str) -> str:
    code = "zh-CN" if language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(WORDS[language].title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
