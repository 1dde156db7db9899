"""The vault: AES-256-GCM under keys that one master key wraps.

::

    sealing   the sealed form
    master    where the master key lies: in the environment or in a file
    keys      the vault: what lies under the master key, and keyed hashes
    personal  texts about people, under their subject's key
"""

from umt.adapters.vault.keys import Vault, fingerprint_of
from umt.adapters.vault.master import EnvironmentMasterKeys, FileMasterKeys, MasterKeys
from umt.adapters.vault.personal import PersonalCipher, SubjectKeys
from umt.adapters.vault.sealing import VaultError

__all__ = [
    "EnvironmentMasterKeys",
    "FileMasterKeys",
    "MasterKeys",
    "PersonalCipher",
    "SubjectKeys",
    "Vault",
    "VaultError",
    "fingerprint_of",
]
