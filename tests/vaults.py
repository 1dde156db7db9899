"""Vaults under master keys that tests know."""

from __future__ import annotations

import base64

from umt.adapters.vault import EnvironmentMasterKeys, Vault, fingerprint_of


def vault(number: int = 0) -> Vault:
    """A vault under the master key of 32 bytes of this number."""
    master = bytes([number]) * 32
    return Vault(EnvironmentMasterKeys(base64.b64encode(master).decode()), fingerprint_of(master), index_key=bytes(32))
