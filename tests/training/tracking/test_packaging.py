"""What a logged model says that it needs can be installed elsewhere."""

from importlib.metadata import version

from training.tracking.packaging import requirements


def test_a_model_needs_libraries_of_the_public_index_alone_in_their_versions_here() -> None:
    named = dict(line.split("==") for line in requirements())
    assert "retail-brain" not in named
    assert named["lightgbm"] == version("lightgbm")
