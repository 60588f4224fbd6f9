// Written by scripts/page-data from the verifier in Python; change it there.

export const STRUCTS = {
 "AssessedItem": {
  "fields": {
   "name": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "class": {
    "type": "literal",
    "values": [
     "core",
     "general",
     "important"
    ],
    "required": true
   },
   "personal": {
    "type": "bool",
    "required": true
   },
   "sensitive": {
    "type": "bool",
    "required": true
   }
  },
  "concealable": []
 },
 "Assessment": {
  "fields": {
   "made_on": {
    "type": "str"
   },
   "conclusion": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "keep_until": {
    "type": "str"
   },
   "digests": {
    "type": "object",
    "struct": "Digests",
    "required": true
   }
  },
  "concealable": []
 },
 "Attestation": {
  "tag": [
   "kind",
   "attestation"
  ],
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "v": {
    "type": "literal",
    "values": [
     1
    ],
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "salt": {
    "type": "str",
    "required": true
   },
   "_sd_alg": {
    "type": "literal",
    "values": [
     "sha-256"
    ]
   },
   "supersedes": {
    "type": "object",
    "struct": "Reference"
   },
   "jws": {
    "type": "str",
    "required": true
   }
  },
  "concealable": []
 },
 "Backup": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "id": {
    "type": "str",
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "custodian": {
    "type": "object",
    "struct": "Party",
    "required": true
   },
   "deposit": {
    "type": "object",
    "struct": "Deposit",
    "required": true
   },
   "deposited_at": {
    "type": "str",
    "required": true
   },
   "place": {
    "type": "object",
    "struct": "StoragePlace",
    "required": true
   },
   "retained_until": {
    "type": "str",
    "required": true
   },
   "restore_check": {
    "type": "object",
    "struct": "RestoreCheck"
   }
  },
  "concealable": []
 },
 "BackupClaims": {
  "tag": [
   "vct",
   "urn:crossproof:attestation:backup:1"
  ],
  "fields": {
   "iss": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "iat": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "nbf": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "exp": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "jurisdiction": {
    "type": "str",
    "required": true
   },
   "status": {
    "type": "object",
    "struct": "StatusReference"
   },
   "_sd_alg": {
    "type": "str"
   },
   "credentialSubject": {
    "type": "object",
    "struct": "Backup",
    "required": true
   }
  },
  "concealable": []
 },
 "Basis": {
  "fields": {
   "route": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "rule": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "rule_set": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   }
  },
  "concealable": []
 },
 "Ceilings": {
  "fields": {
   "transfers": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "personal": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "sensitive": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "bytes": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   }
  },
  "concealable": []
 },
 "Certificate": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "body": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "number": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "valid_from": {
    "type": "str"
   },
   "valid_until": {
    "type": "str"
   },
   "digests": {
    "type": "object",
    "struct": "Digests"
   }
  },
  "concealable": [
   "number"
  ]
 },
 "Channel": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "id": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "endpoints": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "min": 1,
     "max": 4096
    }
   }
  },
  "concealable": [
   "endpoints"
  ]
 },
 "Consent": {
  "fields": {
   "kind": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "separate": {
    "type": "bool"
   },
   "digests": {
    "type": "object",
    "struct": "Digests",
    "required": true
   }
  },
  "concealable": []
 },
 "Contract": {
  "fields": {
   "kind": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "effective_on": {
    "type": "str"
   },
   "digests": {
    "type": "object",
    "struct": "Digests",
    "required": true
   }
  },
  "concealable": []
 },
 "Coverage": {
  "fields": {
   "plan": {
    "type": "object",
    "struct": "Reference",
    "required": true
   },
   "sequence": {
    "type": "int",
    "min": 1,
    "max": 9007199254740991,
    "required": true
   },
   "persons": {
    "type": "object",
    "struct": "RunningTotal",
    "required": true
   }
  },
  "concealable": []
 },
 "DataItem": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "name": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "class": {
    "type": "literal",
    "values": [
     "core",
     "general",
     "important"
    ],
    "required": true
   },
   "personal": {
    "type": "bool",
    "required": true
   },
   "sensitive": {
    "type": "bool",
    "required": true
   },
   "deidentified": {
    "type": "bool"
   },
   "description": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "necessity": {
    "type": "str",
    "min": 1,
    "max": 4096
   }
  },
  "concealable": [
   "description",
   "necessity"
  ]
 },
 "Deposit": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "root": {
    "type": "str",
    "required": true
   },
   "count": {
    "type": "int",
    "min": 1,
    "required": true
   },
   "size": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "items": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "File"
    }
   }
  },
  "concealable": [
   "items"
  ]
 },
 "Digests": {
  "fields": {
   "sha-256": {
    "type": "str",
    "required": true
   },
   "sm3": {
    "type": "str"
   }
  },
  "concealable": []
 },
 "File": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "name": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "size": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "digests": {
    "type": "object",
    "struct": "Digests",
    "required": true
   }
  },
  "concealable": [
   "name"
  ]
 },
 "Filed": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "authority": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "number": {
    "type": "str",
    "min": 1,
    "max": 4096
   }
  },
  "concealable": [
   "number"
  ]
 },
 "Filing": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "kind": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "authority": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "number": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "valid_from": {
    "type": "str"
   },
   "valid_until": {
    "type": "str"
   },
   "digests": {
    "type": "object",
    "struct": "Digests"
   }
  },
  "concealable": [
   "number"
  ]
 },
 "LegalBasis": {
  "fields": {
   "route": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "rule": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "rule_set": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "list": {
    "type": "object",
    "struct": "ListEntry"
   },
   "filing": {
    "type": "object",
    "struct": "Filing"
   },
   "certificate": {
    "type": "object",
    "struct": "Certificate"
   },
   "contract": {
    "type": "object",
    "struct": "Contract"
   },
   "consent": {
    "type": "object",
    "struct": "Consent"
   },
   "pia": {
    "type": "object",
    "struct": "Assessment"
   },
   "evidence": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "Digests"
    }
   }
  },
  "concealable": []
 },
 "ListEntry": {
  "fields": {
   "zone": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "edition": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "row": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   }
  },
  "concealable": []
 },
 "Manifest": {
  "tag": [
   "kind",
   "manifest"
  ],
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "v": {
    "type": "literal",
    "values": [
     1
    ],
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "salt": {
    "type": "str",
    "required": true
   },
   "_sd_alg": {
    "type": "literal",
    "values": [
     "sha-256"
    ]
   },
   "supersedes": {
    "type": "object",
    "struct": "Reference"
   },
   "jws": {
    "type": "str",
    "required": true
   }
  },
  "concealable": []
 },
 "ManifestClaims": {
  "fields": {
   "iss": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "iat": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "root": {
    "type": "str",
    "required": true
   },
   "count": {
    "type": "int",
    "min": 1,
    "max": 9007199254740991,
    "required": true
   }
  },
  "concealable": []
 },
 "Method": {
  "fields": {
   "kind": {
    "type": "literal",
    "values": [
     "full",
     "sample"
    ],
    "required": true
   },
   "population": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "size": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "seed": {
    "type": "str",
    "min": 1,
    "max": 256
   }
  },
  "concealable": []
 },
 "OriginLabel": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "place": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "system": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "producer": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "produced_at": {
    "type": "str"
   },
   "label": {
    "type": "object",
    "struct": "Digests"
   }
  },
  "concealable": [
   "producer",
   "system"
  ]
 },
 "Party": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "id": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "name": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "country": {
    "type": "str"
   },
   "address": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "contact": {
    "type": "str",
    "min": 1,
    "max": 4096
   }
  },
  "concealable": [
   "address",
   "contact",
   "name"
  ]
 },
 "Period": {
  "fields": {
   "from": {
    "type": "str",
    "required": true
   },
   "until": {
    "type": "str",
    "required": true
   }
  },
  "concealable": []
 },
 "Persons": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "personal": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "sensitive": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "year_personal": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "year_sensitive": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "as_of": {
    "type": "str"
   },
   "method": {
    "type": "str",
    "min": 1,
    "max": 4096
   }
  },
  "concealable": [
   "method",
   "personal",
   "sensitive",
   "year_personal",
   "year_sensitive"
  ]
 },
 "Plan": {
  "tag": [
   "kind",
   "plan"
  ],
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "v": {
    "type": "literal",
    "values": [
     1
    ],
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "salt": {
    "type": "str",
    "required": true
   },
   "_sd_alg": {
    "type": "literal",
    "values": [
     "sha-256"
    ]
   },
   "supersedes": {
    "type": "object",
    "struct": "Reference"
   },
   "exporter": {
    "type": "object",
    "struct": "Party",
    "required": true
   },
   "recipient": {
    "type": "object",
    "struct": "Party",
    "required": true
   },
   "onward_recipients": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "Party"
    }
   },
   "from": {
    "type": "str",
    "required": true
   },
   "to": {
    "type": "str",
    "required": true
   },
   "scenario": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "data_items": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "DataItem"
    },
    "required": true
   },
   "purpose": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "channel": {
    "type": "object",
    "struct": "Channel"
   },
   "storage_place": {
    "type": "object",
    "struct": "StoragePlace"
   },
   "retention": {
    "type": "object",
    "struct": "Retention"
   },
   "legal_basis": {
    "type": "object",
    "struct": "LegalBasis"
   },
   "ceilings": {
    "type": "object",
    "struct": "Ceilings",
    "required": true
   },
   "period": {
    "type": "object",
    "struct": "Period",
    "required": true
   }
  },
  "concealable": [
   "channel",
   "onward_recipients",
   "purpose",
   "retention"
  ]
 },
 "PostCheck": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "id": {
    "type": "str",
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "backup": {
    "type": "object",
    "struct": "Reference",
    "required": true
   },
   "pre_assessment": {
    "type": "object",
    "struct": "Reference"
   },
   "checked_at": {
    "type": "str",
    "required": true
   },
   "method": {
    "type": "object",
    "struct": "Method",
    "required": true
   },
   "outcome": {
    "type": "literal",
    "values": [
     "consistent",
     "deviating"
    ],
    "required": true
   },
   "findings": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "min": 1,
     "max": 4096
    }
   },
   "corrective_action": {
    "type": "str",
    "min": 1,
    "max": 4096
   }
  },
  "concealable": [
   "corrective_action",
   "findings"
  ]
 },
 "PostCheckClaims": {
  "tag": [
   "vct",
   "urn:crossproof:attestation:post-check:1"
  ],
  "fields": {
   "iss": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "iat": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "nbf": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "exp": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "jurisdiction": {
    "type": "str",
    "required": true
   },
   "status": {
    "type": "object",
    "struct": "StatusReference"
   },
   "_sd_alg": {
    "type": "str"
   },
   "credentialSubject": {
    "type": "object",
    "struct": "PostCheck",
    "required": true
   }
  },
  "concealable": []
 },
 "PreAssessment": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "id": {
    "type": "str",
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "scenario": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "recipient": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "to": {
    "type": "str",
    "required": true
   },
   "data_items": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "AssessedItem"
    },
    "required": true
   },
   "ceilings": {
    "type": "object",
    "struct": "Ceilings",
    "required": true
   },
   "legal_basis": {
    "type": "object",
    "struct": "Basis",
    "required": true
   },
   "outcome": {
    "type": "literal",
    "values": [
     "approved",
     "conditional",
     "rejected"
    ],
    "required": true
   },
   "conditions": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "min": 1,
     "max": 4096
    }
   },
   "reasons": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "filing": {
    "type": "object",
    "struct": "Filed"
   }
  },
  "concealable": [
   "conditions",
   "reasons"
  ]
 },
 "PreAssessmentClaims": {
  "tag": [
   "vct",
   "urn:crossproof:attestation:pre-assessment:1"
  ],
  "fields": {
   "iss": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "iat": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "nbf": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "exp": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "jurisdiction": {
    "type": "str",
    "required": true
   },
   "status": {
    "type": "object",
    "struct": "StatusReference"
   },
   "_sd_alg": {
    "type": "str"
   },
   "credentialSubject": {
    "type": "object",
    "struct": "PreAssessment",
    "required": true
   }
  },
  "concealable": []
 },
 "Receipt": {
  "tag": [
   "kind",
   "receipt"
  ],
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "v": {
    "type": "literal",
    "values": [
     1
    ],
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "salt": {
    "type": "str",
    "required": true
   },
   "_sd_alg": {
    "type": "literal",
    "values": [
     "sha-256"
    ]
   },
   "supersedes": {
    "type": "object",
    "struct": "Reference"
   },
   "jws": {
    "type": "str",
    "required": true
   }
  },
  "concealable": []
 },
 "ReceiptClaims": {
  "fields": {
   "iss": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "iat": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "sub": {
    "type": "str",
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "outcome": {
    "type": "literal",
    "values": [
     "differs",
     "matches"
    ],
    "required": true
   },
   "files": {
    "type": "array",
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "Received"
    },
    "required": true
   },
   "purpose": {
    "type": "str",
    "min": 1,
    "max": 4096,
    "required": true
   },
   "scope": {
    "type": "str",
    "min": 1,
    "max": 4096,
    "required": true
   },
   "authorization": {
    "type": "object",
    "struct": "Digests"
   }
  },
  "concealable": []
 },
 "Received": {
  "fields": {
   "size": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "digests": {
    "type": "object",
    "struct": "Digests",
    "required": true
   }
  },
  "concealable": []
 },
 "Reference": {
  "fields": {
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "leaf_hash": {
    "type": "str",
    "required": true
   }
  },
  "concealable": []
 },
 "RestoreCheck": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "at": {
    "type": "str",
    "required": true
   },
   "by": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "outcome": {
    "type": "literal",
    "values": [
     "failed",
     "restored"
    ],
    "required": true
   }
  },
  "concealable": [
   "by"
  ]
 },
 "Retention": {
  "fields": {
   "from": {
    "type": "str"
   },
   "until": {
    "type": "str",
    "required": true
   },
   "end_action": {
    "type": "str",
    "min": 1,
    "max": 256
   }
  },
  "concealable": []
 },
 "RunningTotal": {
  "fields": {
   "personal": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "sensitive": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   }
  },
  "concealable": []
 },
 "Software": {
  "fields": {
   "name": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "version": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "publisher": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "build": {
    "type": "object",
    "struct": "Digests"
   }
  },
  "concealable": []
 },
 "Status": {
  "tag": [
   "kind",
   "status"
  ],
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "v": {
    "type": "literal",
    "values": [
     1
    ],
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "salt": {
    "type": "str",
    "required": true
   },
   "_sd_alg": {
    "type": "literal",
    "values": [
     "sha-256"
    ]
   },
   "supersedes": {
    "type": "object",
    "struct": "Reference"
   },
   "jws": {
    "type": "str",
    "required": true
   }
  },
  "concealable": []
 },
 "StatusClaims": {
  "fields": {
   "iss": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "iat": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "sub": {
    "type": "str",
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "action": {
    "type": "literal",
    "values": [
     "revoke",
     "suspend",
     "reinstate",
     "stop"
    ],
    "required": true
   },
   "reason": {
    "type": "str",
    "min": 1,
    "max": 4096,
    "required": true
   },
   "compromised_since": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   }
  },
  "concealable": []
 },
 "StatusList": {
  "fields": {
   "idx": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "uri": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   }
  },
  "concealable": []
 },
 "StatusReference": {
  "fields": {
   "status_list": {
    "type": "object",
    "struct": "StatusList",
    "required": true
   }
  },
  "concealable": []
 },
 "StoragePlace": {
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "jurisdiction": {
    "type": "str",
    "required": true
   },
   "place": {
    "type": "str",
    "min": 1,
    "max": 4096
   }
  },
  "concealable": [
   "place"
  ]
 },
 "TokenClaims": {
  "fields": {
   "sub": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "iat": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "exp": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991
   },
   "ttl": {
    "type": "int",
    "min": 1
   },
   "iss": {
    "type": "str",
    "min": 1,
    "max": 256
   },
   "status_list": {
    "type": "object",
    "struct": "_List",
    "required": true
   }
  },
  "concealable": []
 },
 "Trail": {
  "tag": [
   "kind",
   "trail"
  ],
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "v": {
    "type": "literal",
    "values": [
     1
    ],
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "salt": {
    "type": "str",
    "required": true
   },
   "_sd_alg": {
    "type": "literal",
    "values": [
     "sha-256"
    ]
   },
   "supersedes": {
    "type": "object",
    "struct": "Reference"
   },
   "head": {
    "type": "str",
    "required": true
   },
   "count": {
    "type": "int",
    "min": 0,
    "max": 9007199254740991,
    "required": true
   },
   "since": {
    "type": "str",
    "required": true
   },
   "until": {
    "type": "str",
    "required": true
   }
  },
  "concealable": []
 },
 "Transfer": {
  "tag": [
   "kind",
   "transfer"
  ],
  "fields": {
   "_sd": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "str",
     "max": 43,
     "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"
    }
   },
   "v": {
    "type": "literal",
    "values": [
     1
    ],
    "required": true
   },
   "record_id": {
    "type": "uuid",
    "required": true
   },
   "salt": {
    "type": "str",
    "required": true
   },
   "_sd_alg": {
    "type": "literal",
    "values": [
     "sha-256"
    ]
   },
   "supersedes": {
    "type": "object",
    "struct": "Reference"
   },
   "exporter": {
    "type": "object",
    "struct": "Party",
    "required": true
   },
   "recipient": {
    "type": "object",
    "struct": "Party",
    "required": true
   },
   "onward_recipients": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "Party"
    }
   },
   "from": {
    "type": "str",
    "required": true
   },
   "to": {
    "type": "str",
    "required": true
   },
   "scenario": {
    "type": "str",
    "min": 1,
    "max": 256,
    "required": true
   },
   "data_items": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "DataItem"
    },
    "required": true
   },
   "purpose": {
    "type": "str",
    "min": 1,
    "max": 4096
   },
   "channel": {
    "type": "object",
    "struct": "Channel"
   },
   "storage_place": {
    "type": "object",
    "struct": "StoragePlace"
   },
   "retention": {
    "type": "object",
    "struct": "Retention"
   },
   "legal_basis": {
    "type": "object",
    "struct": "LegalBasis"
   },
   "occurred_at": {
    "type": "str",
    "required": true
   },
   "persons": {
    "type": "object",
    "struct": "Persons"
   },
   "files": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "File"
    }
   },
   "origin_label": {
    "type": "object",
    "struct": "OriginLabel"
   },
   "software": {
    "type": "object",
    "struct": "Software"
   },
   "parents": {
    "type": "array",
    "min": 1,
    "max": 4096,
    "of": {
     "type": "object",
     "struct": "Reference"
    }
   },
   "covered_by": {
    "type": "object",
    "struct": "Coverage"
   }
  },
  "concealable": [
   "channel",
   "onward_recipients",
   "persons",
   "purpose",
   "retention"
  ]
 },
 "_List": {
  "fields": {
   "bits": {
    "type": "literal",
    "values": [
     1,
     2,
     4,
     8
    ],
    "required": true
   },
   "lst": {
    "type": "str",
    "required": true
   },
   "aggregation_uri": {
    "type": "str",
    "min": 1,
    "max": 256
   }
  },
  "concealable": []
 }
};

export const KINDS = {
 "attestation": "Attestation",
 "manifest": "Manifest",
 "plan": "Plan",
 "receipt": "Receipt",
 "status": "Status",
 "trail": "Trail",
 "transfer": "Transfer"
};

export const STAGES = {
 "pre-assessment": {
  "vct": "urn:crossproof:attestation:pre-assessment:1",
  "claims": "PreAssessmentClaims",
  "rules": [
   "pre-assessment.plan",
   "pre-assessment.order",
   "pre-assessment.outcome",
   "pre-assessment.in-force",
   "pre-assessment.parties",
   "pre-assessment.scenario",
   "pre-assessment.data-items",
   "pre-assessment.ceilings"
  ]
 },
 "backup": {
  "vct": "urn:crossproof:attestation:backup:1",
  "claims": "BackupClaims",
  "rules": [
   "backup.transfer",
   "backup.order",
   "backup.retention",
   "backup.restorable"
  ]
 },
 "post-check": {
  "vct": "urn:crossproof:attestation:post-check:1",
  "claims": "PostCheckClaims",
  "rules": [
   "post-check.transfer",
   "post-check.backup",
   "post-check.pre-assessment",
   "post-check.order",
   "post-check.outcome"
  ]
 }
};

export const SOURCES = [
 "list",
 "registry"
];

export const ROLES = [
 "enterprise",
 "assessor",
 "custodian",
 "checker",
 "regulator",
 "reader"
];

export const STANDINGS = [
 "accredited",
 "suspended",
 "reinstated",
 "revoked",
 "compromised"
];

export const MAY_FOLLOW = {
 "": [
  "revoke",
  "stop",
  "suspend"
 ],
 "suspend": [
  "reinstate",
  "revoke"
 ],
 "stop": [
  "reinstate"
 ],
 "reinstate": [
  "revoke",
  "stop",
  "suspend"
 ],
 "revoke": []
};

export const FORMATS = {
 "compact-jws": "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$",
 "date": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
 "hash": "^[0-9a-f]{64}$",
 "jurisdiction": "^[A-Z]{2}$",
 "record-id": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
 "salt": "^[A-Za-z0-9_-]{21}[AQgw]$",
 "sd-digest": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$",
 "time": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z$"
};

export const TYPES = {
 "accreditation": "crossproof-accreditation+jwt",
 "attestation": "dc+sd-jwt",
 "manifest": "crossproof-manifest+jwt",
 "receipt": "crossproof-receipt+jwt",
 "status": "crossproof-status+jwt",
 "status-list": "statuslist+jwt"
};

export const MEDIA_TYPES = {
 "bundle": "application/vnd.crossproof.bundle.v1+json",
 "trust": "application/vnd.crossproof.trust.v1+json",
 "report": "application/vnd.crossproof.report.v1+json"
};

export const LEAF_PREFIX = "urn:crossproof:leaf:";

export const ALGORITHMS = [
 "sha-256",
 "sm3"
];

export const LIMITS = {
 "accreditation_changes": 10000,
 "announced": 10000,
 "block_time": 253402300799999,
 "bundle_bytes": 16777216,
 "bundle_disclosures": 10000,
 "bundle_listed": 1000,
 "bundle_path": 63,
 "certificate": 16384,
 "chain": 5,
 "chain_id": 9007199254740991,
 "clock_skew": 600,
 "confirmations": 100000,
 "depth": 128,
 "disclosures": 4096,
 "entry_bytes": 65535,
 "fact": 1048576,
 "facts": 16,
 "identifier": 256,
 "jws": 65000,
 "keys": 1000,
 "note": 1000000,
 "note_signatures": 100,
 "retention_years": 3,
 "statement_text": 1048560,
 "roots": 100,
 "status_list": 4194304,
 "status_token": 8388608,
 "text": 4096,
 "trust_bytes": 67108864,
 "trust_listed": 100000
};
