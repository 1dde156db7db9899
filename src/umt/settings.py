"""Every setting, from the environment with the prefix ``UMT_``; docs/settings.md is checked against this list."""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


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
    master_key_previous: SecretStr | None = Field(
        None, description="The master key before, while `umt keys rotate` brings everything under the present one."
    )
    read_connections: int = Field(8, ge=1, le=100, description="Most connections a process reads with.")
    job_connections: int = Field(4, ge=2, le=50, description="Most connections a process's job queue uses.")
    access_token_minutes: float = Field(15, gt=0, le=1440, description="Minutes that an access token is valid.")
    session_days: float = Field(30, gt=0, le=365, description="Days after signing in that a session can be refreshed.")
    issuer: str = Field("umt", description="Issuer (`iss`) of the access tokens.")
    cookie_secure: bool | None = Field(
        None, description="Whether cookies are for https only; without it, when the request came by https."
    )
    requests_per_minute: int = Field(
        100, ge=1, le=1_000_000, description="Requests a minute of one API key, user or address; above it 429."
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis that processes share rate limits by; without it each process counts its own."
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins whose pages may call the API with cookies, as a JSON list."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks whose `X-Forwarded-For` and `-Proto` are believed, as a JSON list."
    )
    request_timeout_seconds: float = Field(30, gt=0, le=600, description="Longest time that a request may take.")
    largest_body_bytes: int = Field(1024 * 1024, ge=1024, description="Most bytes of a request's body.")
    erasure_register: Path | None = Field(
        None, description="File that keeps erasures beside the database; without it one in the data directory."
    )
    retention_days: dict[str, int] = Field(
        {}, description="Days that a class of data is kept, by name, as a JSON object; docs/privacy.md lists them."
    )
    read_timeout_seconds: float = Field(5.0, gt=0, le=60, description="Longest wait of a query for `atLeast`.")
    trusted_documents: Path | None = Field(
        None, description="File of GraphQL documents by their SHA-256, which clients may name instead of sending them."
    )
    only_trusted_documents: bool = Field(False, description="Whether no other GraphQL documents are executed.")
    introspection: bool = Field(True, description="Whether the GraphQL schema may be asked for at /graphql.")
    kept_answers_bytes: int = Field(
        16 * 1024 * 1024,
        ge=0,
        description="Most bytes of answers that a process keeps to give them again; 0 keeps none.",
    )
    graphiql: bool = Field(True, description="Whether a browser is shown GraphiQL at /graphql.")

    openai_api_key: SecretStr | None = Field(
        None, description="Key of the language model; without it the offline writer."
    )
    openai_base_url: str | None = Field(None, description="Any service that speaks the OpenAI Responses API.")
    openai_model: str = Field("gpt-5-mini", description="Model that writes strategies and variations.")
    model_prices: dict[str, dict[str, Decimal]] = Field(
        {},
        description="USD for a million tokens, by model, as a JSON object of objects with `input`, `cached_input` and"
        " `output`; those of the gpt-5 family are known, and age: compare them with your provider's.",
    )

    breaker_failures: int = Field(
        5, ge=1, le=1000, description="Failures in a row after which an outside service is left alone for a while."
    )
    breaker_reset_seconds: float = Field(
        30, gt=0, le=86_400, description="Seconds that it is left alone before one call probes whether it is back."
    )

    meta_url: str = Field("https://graph.facebook.com", description="Meta Marketing API.")
    google_ads_url: str = Field("https://googleads.googleapis.com", description="Google Ads API.")
    google_ads_developer_token: SecretStr = Field(SecretStr(""), description="Google Ads developer token.")
    linkedin_url: str = Field("https://api.linkedin.com", description="LinkedIn Marketing API.")
    private_endpoints: tuple[str, ...] = Field(
        (), description="Origins on private networks, or without https, that a CMS may have, as a JSON list."
    )
    clock_url: str | None = Field(None, description="Where the business's time is asked for; without it the system's.")

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Each exactly as a browser sends it; a wildcard would let any page act with its visitors' cookies."""
        for origin in given:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin like https://app.example.com: no wildcard and no path")
        return tuple(origin.lower() for origin in given)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for network in given:
            try:
                everybody = ip_network(network).prefixlen == 0
            except ValueError:
                raise ValueError(f"{network!r} is no address or network like 10.0.0.0/8") from None
            if everybody:
                raise ValueError(
                    f"{network!r} is everybody, so every caller could choose an address; name your proxies"
                )
        return given

    @field_validator("model_prices")
    @classmethod
    def _are_prices(cls, given: dict[str, dict[str, Decimal]]) -> dict[str, dict[str, Decimal]]:
        for model, price in given.items():
            if not {"input", "output"} <= price.keys() <= {"input", "cached_input", "output"}:
                raise ValueError(
                    f'{model!r} needs prices like {{"input": "0.25", "cached_input": "0.025", "output": "2"}}'
                )
            if not all(amount.is_finite() and amount >= 0 for amount in price.values()):
                raise ValueError(f"a price of {model!r} is below zero or no number")
        return given

    @field_validator("redis_url")
    @classmethod
    def _is_of_redis(cls, given: SecretStr | None) -> SecretStr | None:
        """Its message does not repeat it: there may be a password in it."""
        try:
            parts = urlsplit(given.get_secret_value()) if given else None
            usable = parts is None or (parts.scheme in ("redis", "rediss") and parts.hostname and parts.port != 0)
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("must be like redis://:password@redis.example.com:6379/0")
        return given

    @model_validator(mode="after")
    def _leaves_something_to_ask(self) -> Self:
        if self.only_trusted_documents and self.trusted_documents is None:
            raise ValueError("UMT_ONLY_TRUSTED_DOCUMENTS needs UMT_TRUSTED_DOCUMENTS: nothing could be asked without")
        return self
