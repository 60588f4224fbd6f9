"""Who asks, and what he may do.

principal       the organisation that asks, its scopes and jurisdictions
scope           what can be allowed
api_key         keys: what is shown, what is kept
keys_file       keys of a file            stored_keys    keys of the store
oidc            tokens of an identity provider (issuer_keys, issuer_documents)
sessions        browsers' sessions        code_flow      how one begins at the identity provider
local           this machine, where nobody has set up who is who
identities      all of these: who is it?
rates           how often
gate            before every endpoint: identified, counted, let in
"""

from __future__ import annotations

from api.auth.api_key import ApiKey, make_key
from api.auth.gate import READING, Attestor, Auditor, PageReader, Reader, Submitter, Visitor, meet
from api.auth.identities import Identities
from api.auth.keys_file import add_key, read_keys_file
from api.auth.local import check_bind
from api.auth.principal import LOCAL, Principal
from api.auth.scope import Scope

__all__ = [
    "LOCAL",
    "READING",
    "ApiKey",
    "Attestor",
    "Auditor",
    "Identities",
    "PageReader",
    "Principal",
    "Reader",
    "Scope",
    "Submitter",
    "Visitor",
    "add_key",
    "check_bind",
    "make_key",
    "meet",
    "read_keys_file",
]
