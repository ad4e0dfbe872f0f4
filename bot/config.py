"""Settings of an installation; the only module that reads the environment."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from engine.api.messages import EngineOptions

ENV_FILE = Path(".env")
GROUP_AND_OTHERS = 0o077


class Settings(BaseSettings):
    """Settings from the environment and `.env`; `.env.example` explains every field."""

    model_config = SettingsConfigDict(
        env_prefix="ATELIER_",
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",
        protected_namespaces=(),
        populate_by_name=True,
    )

    discord_token: SecretStr | None = Field(default=None, validation_alias="DISCORD_TOKEN")
    home: Path = Path("data")
    database_url: str | None = None

    model: str = "auto"
    more_models: Annotated[tuple[str, ...], NoDecode] = ()
    loras: Annotated[tuple[str, ...], NoDecode] = ()
    model_revision: str | None = None
    device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"
    memory: Literal["normal", "low", "lowest"] = "normal"

    jobs_a_member: int = Field(default=10, ge=1)
    running_a_member: int = Field(default=3, ge=1)

    public_url: str | None = None
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8080, ge=0, le=65535)
    demo_port: int = Field(default=8765, ge=0, le=65535)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["readable", "json"] = "readable"

    hf_token: SecretStr | None = Field(default=None, validation_alias="HF_TOKEN")
    hf_home: Path | None = Field(default=None, validation_alias="HF_HOME")
    hf_hub_offline: bool = Field(default=False, validation_alias="HF_HUB_OFFLINE")

    @field_validator("more_models", "loras", mode="before")
    @classmethod
    def _split(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        names = value.split(",") if isinstance(value, str) else value
        return tuple(name.strip() for name in names if name.strip())

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database: `database_url`, or an SQLite file in `home`."""
        return self.database_url or f"sqlite+aiosqlite:///{self.home / 'atelier.db'}"

    def secrets(self) -> list[str]:
        """Return the values to mask in logs: the tokens that are set."""
        return [secret.get_secret_value() for secret in (self.discord_token, self.hf_token) if secret]

    def engine_options(self) -> EngineOptions:
        """Return the options to start the engine process with.

        They include Hugging Face's variables, because the engine's process does not read `.env`.
        """
        environment = {"HF_HUB_OFFLINE": "1" if self.hf_hub_offline else "0"}
        if self.hf_token:
            environment["HF_TOKEN"] = self.hf_token.get_secret_value()
        if self.hf_home:
            environment["HF_HOME"] = str(self.hf_home)
        return EngineOptions(
            self.model,
            self.model_revision,
            self.device,
            self.precision,
            environment,
            self.more_models,
            self.loras,
            self.memory,
        )


def exposed_secrets() -> str:
    """Return a warning with the fix if other users of this machine can read `.env`, or an empty string.

    On Windows, where file modes do not contain the permissions, this is not checked; the bot's owner has to.
    """
    if os.name == "nt" or not ENV_FILE.exists() or not ENV_FILE.stat().st_mode & GROUP_AND_OTHERS:
        return ""
    return f"Other users of this machine can read {ENV_FILE.resolve()}. Run: chmod 600 {ENV_FILE}"
