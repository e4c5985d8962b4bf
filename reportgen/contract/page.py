"""What pages look like beyond their content: accent, logo, organization, paper, language of the fixed words."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reportgen.contract import logos
from reportgen.contract.base import Strict
from reportgen.contract.colors import accent

Paper = Literal["a4", "letter"]
Language = Literal["en", "de"]
"""English is in the templates; every other language is a catalog, ``templates/languages/CODE.toml``."""
Accent = Annotated[str, AfterValidator(accent), Field(json_schema_extra={"pattern": "^#[0-9a-fA-F]{6}$"})]


class Logo(Strict):
    """A logo: its file as named in the spec, and its content, which is part of the results."""

    file: str
    sha256: str
    media_type: logos.MediaType
    data: str
    """Its content, Base64."""

    @classmethod
    def of(cls, content: bytes, file: str) -> Self:
        """Return the record of a file's content; ValueError if that is no logo, see :func:`reportgen.contract.logos.media_type`."""
        data = base64.b64encode(content).decode("ascii")
        digest = hashlib.sha256(content).hexdigest()
        return cls(file=file, sha256=digest, media_type=logos.media_type(content), data=data)

    @model_validator(mode="after")
    def _is_what_it_says(self) -> Self:
        """Judge the content of a results file as that of a spec's file: it may be of somebody else."""
        try:
            content = base64.b64decode(self.data, validate=True)
        except binascii.Error as error:
            message = f"the logo is not Base64 ({error})"
            raise ValueError(message) from error
        if hashlib.sha256(content).hexdigest() != self.sha256 or logos.media_type(content) != self.media_type:
            message = "the logo is not what its digest and its type say"
            raise ValueError(message)
        return self

    @property
    def address(self) -> str:
        """The image as a ``data:`` address."""
        return f"data:{self.media_type};base64,{self.data}"


class PageTheme(Strict):
    """The look of the pages, as a spec asks for it."""

    accent: Accent | None = None
    logo: Logo | None = None
    organization: str | None = None
    paper: Paper = "a4"
    language: Language = "en"


PLAIN = PageTheme()
"""The look of a spec that asks for none."""
