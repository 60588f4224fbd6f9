"""The login page, in English and Chinese: one form, no script, nothing from elsewhere."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request, Response

from api.auth.principal import Principal
from api.templating import preferred_language, render

__all__ = ["login_page"]

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def login_page(
    request: Request, *, csrf: str, leads_to: str, principal: Principal | None, provider: bool
) -> Response:
    """Write the page in the language that the browser prefers."""
    asked, accepted = request.query_params.get("lang"), request.headers.get("accept-language")
    language = preferred_language(asked, accepted)
    text = render(
        "login.html",
        language,
        part="login",
        served=True,
        place="login",
        kept=urlencode({"next": leads_to}) + "&",
        csrf=csrf,
        leads_to=leads_to,
        principal=principal,
        scopes=sorted(principal.scopes) if principal else (),
        provider=provider,
    )
    return Response(
        text,
        media_type="text/html; charset=utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Language": language,
            "Content-Security-Policy": _POLICY,
            # With no referrer at all browsers send `Origin: null` with the form (Fetch, 3.2).
            "Referrer-Policy": "same-origin",
            "Vary": "Accept-Language, Cookie",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )
