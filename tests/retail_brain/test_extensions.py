"""Code of other packages: whatever it raises becomes one error that names its entry point."""

from collections.abc import Callable

import pytest

from retail_brain.errors import ExtensionError, NotFoundError
from retail_brain.extensions import load_extension, outside_code, unusable
from tests.outside_package import Install


@pytest.fixture
def two_cycles(install: Install) -> None:
    install("mychain", "two_cycles = 1", {"order_policies": {"two_cycles": "mychain:two_cycles"}}, version="3.4")


def fail(error: BaseException) -> Callable[[], None]:
    def run() -> None:
        with outside_code("order_policies", "two_cycles", "7 series were to be ordered", "Or choose another."):
            raise error

    return run


@pytest.mark.usefixtures("two_cycles")
@pytest.mark.parametrize("error", [KeyError("socket"), SystemExit(0), MemoryError("no room\nsecond line")])
def test_whatever_is_raised_becomes_an_error_that_names_entry_point_package_and_step(error: BaseException) -> None:
    with pytest.raises(ExtensionError) as raised:
        fail(error)()
    said = str(raised.value)
    for part in ("the order policy 'two_cycles' failed while 7 series were to be ordered", type(error).__name__):
        assert part in said
    assert "package mychain 3.4, which declares it as mychain:two_cycles in retail_brain.order_policies." in said
    assert said.endswith("Or choose another. RETAIL_BRAIN_DEBUG=1 shows the traceback.")
    assert "second line" not in said
    assert raised.value.__cause__ is error
    assert raised.value.details == {"kind": "order_policies", "name": "two_cycles", "package": "mychain 3.4"}


@pytest.mark.parametrize("error", [NotFoundError("there is no till 9. Correct it."), KeyboardInterrupt()])
def test_errors_of_ours_and_an_interruption_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        fail(error)()
    assert raised.value is error


def test_what_no_package_declares_is_named_without_one() -> None:
    assert str(unusable("demand_models", "Mine", "is odd")) == (
        "the demand model 'Mine' is odd. Mend, update or uninstall its package."
    )


def test_a_package_that_ends_the_process_when_it_is_imported_is_named(install: Install) -> None:
    install("quitter", "raise SystemExit(0)", {"features": {"weekend": "quitter:weekend"}})
    with pytest.raises(ExtensionError, match=r"the feature 'weekend' failed while it was imported: SystemExit"):
        load_extension("features", "weekend")
