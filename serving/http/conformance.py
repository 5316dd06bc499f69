"""Conformance tests of routes: subclass `RouteConformance` in your own tests and run pytest."""

import pytest
from pydantic import ValidationError
from pydantic_core import to_json

from serving.http.handlers.call import Call
from serving.http.openapi import openapi
from serving.http.outside_routes import checked_routes
from serving.http.routes import Route


class RouteConformance:
    """What the service and its documentation rely on. Overwrite `name` and `route`, and `call` where you have answers.

    Attributes:
        name: of the entry point; empty for a built-in route.
    """

    name: str = ""

    def route(self) -> Route:
        """The route under test.

        Raises:
            NotImplementedError: the subclass does not give one.
        """
        raise NotImplementedError("give the route under test: def route(self): return ...")

    def call(self) -> Call | None:
        """What the handler is given beside its request; None leaves the handler out of the tests."""
        return None

    def test_is_under_its_prefix_with_models_and_scopes(self) -> None:
        route = self.route()
        if self.name:
            assert checked_routes(self.name, route) == (route,)
        assert route.scopes
        assert route.summary.strip(), "the summary is empty; wanted one line for /docs.json"

    def test_request_has_examples_that_it_accepts(self) -> None:
        model = self.route().request
        examples = model.model_json_schema().get("examples", [])
        assert examples, f"{model.__name__} has no examples; wanted them in model_config json_schema_extra"
        for example in examples:
            model.model_validate(example)

    def test_request_refuses_a_field_that_it_does_not_know(self) -> None:
        model = self.route().request
        example = model.model_json_schema().get("examples", [{}])[0]
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            model.model_validate(example | {"no_such_field": 1})

    def test_is_documented_with_its_request_and_response(self) -> None:
        route = self.route()
        document = openapi([route])
        operation = document["paths"][route.path]["post"]
        assert operation["responses"]["200"]["description"], f"{route.response.__name__} has no docstring"
        assert to_json(document)

    def test_answer_to_every_example_fits_the_response_model(self) -> None:
        call, route = self.call(), self.route()
        if call is None:
            pytest.skip("call() gives no answers to run the handler on")
        for example in route.request.model_json_schema()["examples"]:
            answer = route.run(route.request.model_validate(example), call)
            route.response.model_validate_json(to_json(answer, inf_nan_mode="null"))
