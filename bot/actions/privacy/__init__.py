"""What the law asks: the audit, access reports, erasure, retention, keys, a leak."""
