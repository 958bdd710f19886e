"""The one mechanism for plug-in points."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tocsin.errors import TocsinError
from tocsin.registry import Registry


@pytest.fixture
def registry(tmp_path, monkeypatch):
    package = tmp_path / "plugs"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("import here\nhere.registry.register('one')(1)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import sys
    import types

    module = types.ModuleType("here")
    module.registry = Registry("plug", "plugs")
    monkeypatch.setitem(sys.modules, "here", module)
    yield module.registry
    for name in ("plugs", "plugs.one"):
        sys.modules.pop(name, None)


def test_a_file_in_the_folder_is_found(registry):
    assert registry.get("one") == 1
    assert list(registry) == ["one"]


def test_an_unknown_name_gets_the_nearest(registry):
    with pytest.raises(TocsinError, match='There is no plug called "onne" \\(did you mean "one"\\?\\)'):
        registry.get("onne")


def test_two_entries_cannot_share_a_name(registry):
    registry.get("one")
    with pytest.raises(ValueError, match="two plugs"):
        registry.register("one")(2)


def test_entry_points_of_other_distributions_are_found(registry, monkeypatch):
    class Point:
        name = "theirs"

        def load(self):
            return 42

    monkeypatch.setattr("tocsin.registry.entry_points", lambda group: [Point()] if group == "tocsin.plugs" else [])
    assert registry.get("theirs") == 42


def test_two_threads_find_the_same(registry, tmp_path):
    (tmp_path / "plugs" / "one.py").write_text("import here, time\ntime.sleep(0.2)\nhere.registry.register('one')(1)\n")
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(registry.get, ["one", "one"])) == [1, 1]
