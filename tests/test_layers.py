"""The layers of the house: who may import whom, as pyproject.toml lays down."""

from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure


def test_every_contract_is_kept() -> None:
    configure()
    assert lint_imports(config_filename="pyproject.toml", no_logo=True) is True
