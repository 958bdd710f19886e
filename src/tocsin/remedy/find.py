"""A remedy by its name or its file."""

from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.remedy.remedy import REMEDIES, DataRemedy, ModelRemedy, Options, Remedy
from tocsin.user_code import run_file


def find_remedy(name: str, given: Options) -> Remedy:
    """A registered remedy, or what the function `remedy(options)` of the Python file called `name` makes.

    Raises TocsinError for an unknown name or option, and for a file that is not there or makes no remedy.
    """
    if not name.endswith(".py"):
        return REMEDIES.get(name)(given)
    path = Path(name).expanduser()
    if not path.is_file():
        raise TocsinError(f"There is no remedy's file at {path}; check the path, or name a remedy of Tocsin's.")
    make = getattr(run_file(path.resolve(), "remedy"), "remedy", None)
    if not callable(make):
        raise TocsinError(f"{path} has no function `remedy(options)`; add one that returns your remedy.")
    made = make(given)
    if isinstance(made, (DataRemedy, ModelRemedy)):
        return made
    raise TocsinError(
        f"{path}: what `remedy(options)` returns is no remedy; give it the methods `conflict`, and `prepare` or `mend`."
    )
