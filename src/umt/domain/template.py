"""Template: the versioned mould from which the variations of a content are made."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, WrongStatus
from umt.domain.event import Aggregate, Event, decides
from umt.domain.values import text


class Format(StrEnum):
    """What kind of text a content is."""

    BLOG_POST = "blog_post"
    SOCIAL_POST = "social_post"
    EMAIL = "email"
    AD_COPY = "ad_copy"


class Template(Aggregate, frozen=True, kw_only=True):
    """A template as it stands; every revision has a version of its own."""

    kind: ClassVar[str] = "template"
    name: str
    format: Format
    instructions: str
    revision: int = 1
    retired: bool = False


class TemplateCreated(Event, frozen=True):
    """A template was written: its first revision."""

    name: str
    format: Format
    instructions: str

    def evolve(self, _: None) -> Template:
        return Template(name=self.name, format=self.format, instructions=self.instructions)


class TemplateRevised(Event, frozen=True):
    """The template says something else from now on; what was made before keeps its revision."""

    instructions: str

    def evolve(self, template: Template) -> Template:
        return replace(template, instructions=self.instructions, revision=template.revision + 1)


class TemplateRetired(Event, frozen=True):
    """The template is not used for new content."""

    def evolve(self, template: Template) -> Template:
        return replace(template, retired=True)


@decides
def create(template: Template | None, name: str, format: Format, instructions: str) -> TemplateCreated:
    if template:
        raise AlreadyExists("template", template.name)
    return TemplateCreated(text(name, "name"), format, text(instructions, "instructions", longest=20_000))


@decides
def revise(template: Template, instructions: str) -> TemplateRevised | None:
    if template.retired:
        raise WrongStatus("template", "retired", "in use")
    instructions = text(instructions, "instructions", longest=20_000)
    return TemplateRevised(instructions) if instructions != template.instructions else None


@decides
def retire(template: Template) -> TemplateRetired | None:
    return None if template.retired else TemplateRetired()
