"""What a built-in source is: a function that gives rows. One file and one test each, in `corpora/sources`."""

from collections.abc import Callable

from tocsin.registry import Registry

Row = dict[str, object]
"""One record as it was read: column name -> value."""

Source = Callable[[int, int], list[Row]]
"""(limit, seed) -> rows. A source that generates makes `limit` rows, its own default number where it is 0;
one that reads may give more: the reader cuts."""

SOURCES: Registry[Source] = Registry("corpus source", "tocsin.corpora.sources")
