"""Crossproof's ledger: from a file's fingerprint to a verdict that needs no server.

Read the modules in the order of the data's way: `canonical`, `statement`, `disclosure`, `merkle`,
`tile`, `note`, `checkpoint`, `store`, `log`, `anchor`, `chain`, `publisher`, `bundle`, `trust`,
`verify`, `report`.
"""
