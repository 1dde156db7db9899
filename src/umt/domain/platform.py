"""Where a brand speaks and spends."""

from __future__ import annotations

from enum import StrEnum


class Platform(StrEnum):
    """An outside platform, by the name that events and the API use for it."""

    GOOGLE = "google"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    LINKEDIN = "linkedin"
    X = "x"
    TIKTOK = "tiktok"
    DISPLAY = "display"
    EMAIL = "email"
    CMS = "cms"

    @property
    def label(self) -> str:
        """The name that people use."""
        return _LABELS.get(self, self.value.capitalize())

    @property
    def sells_ads(self) -> bool:
        """Whether a campaign can put money here."""
        return self not in (Platform.EMAIL, Platform.CMS)


_LABELS = {
    Platform.LINKEDIN: "LinkedIn",
    Platform.TIKTOK: "TikTok",
    Platform.EMAIL: "E-mail",
    Platform.CMS: "CMS",
}
