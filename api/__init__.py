"""Crossproof over HTTP: the ledger's own functions, with a status code and a limit to each.

`app` puts it together; `routes` hold the endpoints, `problems` the one shape of every error,
`auth` who may do what, `body` how much a request may bring. `docs/api.md` is for callers.
"""
