"""One mechanism for every plug-in point: a file in a folder registers one class or function under one name."""

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from threading import RLock
from typing import Generic, TypeVar

from tocsin.errors import TocsinError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries of one kind, found in the modules of `package` and under an entry point group.

    Adding an entry is adding one module to the package: the registry imports them all at the first
    look-up. Other distributions register under the entry point group named after the package:
    `tocsin.probes` for `tocsin.behaviour.probes`.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.group = f"tocsin.{package.rpartition('.')[2]}"
        self._package = package
        self._entries: dict[str, T] = {}
        self._finding = self._found = False
        self._lock = RLock()

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: register under `name`. Raises ValueError when the name is taken by something else."""

        def keep(entry: T) -> T:
            if self._entries.get(name, entry) is not entry:
                raise ValueError(f'two {self.kind}s are named "{name}"')
            self._entries[name] = entry
            return entry

        return keep

    def get(self, name: str) -> T:
        """The entry called `name`. Raises TocsinError, with the nearest name, when there is none."""
        self._find()
        if name not in self._entries:
            hint = did_you_mean(name, self._entries)
            raise TocsinError(f'There is no {self.kind} called "{name}"{hint}.')
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        self._find()
        return iter(sorted(self._entries))

    def _find(self) -> None:
        if self._found:
            return
        with self._lock:  # Flower's simulation loads both ends of an app at once: the second waits for all entries
            if self._finding:  # by this thread: a module that looks something up while it is imported
                return
            self._finding = True
            package = import_module(self._package)
            for module in iter_modules(package.__path__, f"{self._package}."):
                import_module(module.name)
            for point in entry_points(group=self.group):
                self.register(point.name)(point.load())
            self._found = True
