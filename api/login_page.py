"""The login page, in English and Chinese: one form, no script, nothing from elsewhere."""

from __future__ import annotations

import secrets
from functools import cache

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from api.auth.principal import Principal

__all__ = ["login_page"]

_NONCE_BYTES = 16
_TEXTS = {
    "en": {
        "title": "Log in to Crossproof",
        "key": "API key",
        "log_in": "Log in",
        "provider": "Log in at your organisation",
        "known": "You are logged in for",
        "scopes": "You may",
        "none": "nothing",
        "log_out": "Log out",
        "note": "The key is not kept. A session ends by itself after a while without use.",
    },
    "zh": {
        "title": "登录 Crossproof",
        "key": "API 密钥",
        "log_in": "登录",
        "provider": "通过本单位账号登录",
        "known": "您已登录，代表",  # noqa: RUF001 - Chinese punctuation
        "scopes": "权限",
        "none": "无",
        "log_out": "退出登录",
        "note": "密钥不会被保存。一段时间不使用后，会话自动结束。",  # noqa: RUF001
    },
}


def login_page(
    request: Request, *, csrf: str, leads_to: str, principal: Principal | None, provider: bool
) -> Response:
    """Write the page in the language that the browser prefers."""
    language = _language(request)
    nonce = secrets.token_urlsafe(_NONCE_BYTES)
    text = _template().render(
        language=language,
        texts=_TEXTS[language],
        csrf=csrf,
        leads_to=leads_to,
        principal=principal,
        scopes=sorted(principal.scopes) if principal else (),
        provider=provider,
        nonce=nonce,
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return Response(
        text,
        media_type="text/html; charset=utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Language": language,
            "Content-Security-Policy": policy,
            # Under `no-referrer` browsers name no origin when they send the form, and are refused.
            "Referrer-Policy": "same-origin",
            "Vary": "Accept-Language, Cookie",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("api"), autoescape=select_autoescape(), undefined=StrictUndefined
    )
    return environment.get_template("login.html")


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return "zh" if wanted.strip().lower().startswith("zh") else "en"
