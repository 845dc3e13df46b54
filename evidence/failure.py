"""What can go wrong with evidence, each by a name that a console can count and a person can act on."""

from __future__ import annotations

from typing import ClassVar


class EvidenceError(Exception):
    """The root. `kind` is the stable name under which a failure is counted and shown."""

    kind: ClassVar[str] = "evidence"


class CaptureFailed(EvidenceError):
    """A capture came to nothing; no evidence of it is kept."""

    kind = "capture_failed"


class CaptureTimedOut(CaptureFailed):
    """Not even a first answer, or no picture of the page, within the seconds allowed."""

    kind = "capture_timed_out"


class BrowserCrashed(CaptureFailed):
    """The tab or the whole browser died, or took more memory than allowed."""

    kind = "browser_crashed"


class BrowserMissing(CaptureFailed):
    """No Chromium was found, or the one found does not start."""

    kind = "browser_missing"


class Refused(CaptureFailed):
    """The address, or one it redirects to, may not be visited."""

    kind = "refused"


class Unreachable(CaptureFailed):
    """No answer came from the address: no such name, no connection, a broken reply."""

    kind = "unreachable"


class VaultError(EvidenceError):
    """The vault cannot do what was asked."""

    kind = "vault"


class VaultFull(VaultError):
    """No space is left where the vault lives."""

    kind = "vault_full"


class VaultUnwritable(VaultError):
    """The vault's place is read-only, missing or owned by somebody else."""

    kind = "vault_unwritable"


class NotInVault(VaultError):
    """The vault holds nothing under that name."""

    kind = "not_in_vault"


class LogMoved(VaultError):
    """Another writer appended to the log first; read it again and try again."""

    kind = "log_moved"


class Damaged(EvidenceError):
    """Something that is read back is not what was written."""

    kind = "damaged"


class KeyUnusable(EvidenceError):
    """The signing key is missing, unreadable, broken, or readable by others."""

    kind = "key_unusable"
