"""Requests that hold a list of rows: rows that can be read are kept, the others are named, each with its problem."""

from typing import Any, ClassVar, Self

from pydantic import BaseModel, PrivateAttr, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from retail_brain.decisions.nul import said_of


class PartlyRead(BaseModel):
    """Base of such requests.

    Attributes:
        list_field: name of the field that holds the rows.
        row_model: of one row.
        row_name: what a refusal calls the row's place.
        most_rows: of one call; a longer list is refused whole.
        may_be_bare: whether the list may be sent without its field around it.
    """

    list_field: ClassVar[str]
    row_model: ClassVar[type[BaseModel]]
    row_name: ClassVar[str]
    most_rows: ClassVar[int]
    may_be_bare: ClassVar[bool] = False
    # private, so that no client can send it
    _refused: list[dict[str, Any]] = PrivateAttr(default_factory=list)

    @property
    def refused(self) -> list[dict[str, Any]]:
        """Rows that cannot be read: their place in the list from 0, the field, and what is wrong with it."""
        return self._refused

    def places(self) -> list[int]:
        """Place of each kept row in the list that the client sent: it counts all of them, so refusals do too."""
        unreadable = {refusal[self.row_name] for refusal in self._refused}
        n_sent = len(getattr(self, self.list_field)) + len(unreadable)
        return [place for place in range(n_sent) if place not in unreadable]

    @model_validator(mode="wrap")
    @classmethod
    def _readable_rows(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Keeps the rows that can be read; where none can, or the list itself is wrong, the request is refused."""
        whole = {cls.list_field: value} if cls.may_be_bare and isinstance(value, list) else value
        listed = whole.get(cls.list_field) if isinstance(whole, dict) else None
        if not isinstance(whole, dict) or not isinstance(listed, list) or len(listed) > cls.most_rows:
            return handler(whole)
        readable, refused = cls._sorted_rows(listed)
        if not readable:
            return handler(whole)
        request = handler(whole | {cls.list_field: readable})
        request._refused = refused
        return request

    @classmethod
    def _sorted_rows(cls, listed: list[Any]) -> tuple[list[BaseModel], list[dict[str, Any]]]:
        """Rows that can be read, and the refusals of the others."""
        readable: list[BaseModel] = []
        refused: list[dict[str, Any]] = []
        for place, row in enumerate(listed):
            try:
                readable.append(cls.row_model.model_validate(row))
            except ValidationError as error:
                first = error.errors(include_url=False, include_context=False)[0]
                where = ".".join(map(str, first["loc"])) or cls.row_name
                problem = said_of(first).removeprefix("Value error, ")
                refused.append({cls.row_name: place, "where": where, "problem": problem})
        return readable, refused
