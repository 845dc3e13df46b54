"""Forms: what people and programs send, as typed models. A body is a form's or one JSON object with the same fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from search.status import Status

CSRF_FIELD = "csrf_token"
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
"""A note that must not be left out."""
F = TypeVar("F", bound="Form")
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class UnreadableForm(Exception):
    """A body that is not the form it should be."""


class Form(BaseModel):
    """The fields of a form. Browsers send the token of our page along; programs may send it as a header instead."""

    model_config = ConfigDict(frozen=True)

    csrf_token: str = ""


class LoginForm(Form):
    """Who signs in, and where to go then."""

    name: str = ""
    password: str = ""
    next: str = "/"


class DecisionForm(Form):
    """Where a hit goes. `version` is the one looked at, `events` the `decisive_events` looked at."""

    to: Status
    version: Version
    events: Annotated[Version | None, BeforeValidator(lambda value: value or None)] = None
    note: Note = ""


class ReportForm(Form):
    """An address that somebody reports; the account itself when `reporter` is empty."""

    url: str = ""
    note: Note = ""
    reporter: Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)] = ""


class SearchForm(Form):
    """A search to keep: its name, its text, and whether what comes to fit is told of."""

    name: str = ""
    query: str = ""
    alerts: bool = False


class SeenForm(Form):
    """Which alerts were seen: those of a saved search, or all."""

    search: Annotated[Id | None, BeforeValidator(lambda value: value or None)] = None


class CampaignNameForm(Form):
    """What a campaign shall be called; "" for its number alone."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)] = ""


class PartForm(Form):
    """The hit that shall be taken out of its campaign, and why."""

    hit: Id
    note: Reason


class TieForm(PartForm):
    """The tie of a hit that shall be cut or restored, and why."""

    kind: str
    value: str


class StopValueForm(Form):
    """A value that shall tie nobody (or, not `is_stopped`, tie again), why, and the campaign that it was seen in."""

    kind: str
    value: str
    is_stopped: bool
    note: Reason
    campaign: Annotated[Id | None, BeforeValidator(lambda value: value or None)] = None


def read(form: type[F], fields: Mapping[str, str]) -> F:
    """The form that these fields fill in. Raises UnreadableForm with what is wrong."""
    try:
        return form.model_validate(dict(fields))
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise UnreadableForm("; ".join(problems)) from None


def described(form: type[Form]) -> dict[str, Any]:
    """What the OpenAPI description says of a route that takes this form."""
    schema = form.model_json_schema()
    types = ("application/x-www-form-urlencoded", "application/json")
    return {"requestBody": {"required": True, "content": {name: {"schema": schema} for name in types}}}
