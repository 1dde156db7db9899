"""Every setting, from the environment with the prefix ``UMT_``; docs/settings.md is checked against this list."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What can be set. Secrets are never logged."""

    model_config = SettingsConfigDict(env_prefix="UMT_", extra="ignore", frozen=True)

    data_dir: Path | None = Field(None, description="Where the embedded database and the keys lie.")
    database_url: SecretStr | None = Field(None, description="An external PostgreSQL; without it the embedded one.")
    embedded_port: int | None = Field(
        None, ge=1, le=65535, description="Loopback port of the embedded database, with password login."
    )
    master_key: SecretStr | None = Field(
        None, description="Base64 of 32 bytes; without it a file in the data directory."
    )
    read_connections: int = Field(8, ge=1, le=100, description="Most connections a process reads with.")
    job_connections: int = Field(4, ge=2, le=50, description="Most connections a process's job queue uses.")
    token_days: int = Field(30, ge=1, le=365, description="Days that a bearer token is valid.")
    read_timeout_seconds: float = Field(5.0, gt=0, le=60, description="Longest wait of a query for `atLeast`.")

    openai_api_key: SecretStr | None = Field(
        None, description="Key of the language model; without it the offline writer."
    )
    openai_base_url: str | None = Field(None, description="Any service that speaks the OpenAI Responses API.")
    openai_model: str = Field("gpt-5-mini", description="Model that writes strategies and variations.")

    meta_url: str = Field("https://graph.facebook.com", description="Meta Marketing API.")
    google_ads_url: str = Field("https://googleads.googleapis.com", description="Google Ads API.")
    google_ads_developer_token: SecretStr = Field(SecretStr(""), description="Google Ads developer token.")
    linkedin_url: str = Field("https://api.linkedin.com", description="LinkedIn Marketing API.")
    private_endpoints: tuple[str, ...] = Field(
        (), description="Origins on private networks, or without https, that a CMS may have, as a JSON list."
    )
    clock_url: str | None = Field(None, description="Where the business's time is asked for; without it the system's.")
