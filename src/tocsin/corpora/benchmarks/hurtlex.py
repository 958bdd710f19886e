"""HurtLex: a lexicon of words that hurt."""

from tocsin.corpora.benchmarks.files import file, filled, malformed, text

_COLUMNS = ["id", "pos", "category", "stereotype", "lemma", "level"]


def hurtlex() -> frozenset[str]:
    """The "conservative" lemmas of English HurtLex 1.2 (Bassignana, Basile & Patti, 2018, CLiC-it; CC BY-NC-SA 4.0).

    That level holds translations of the offensive senses alone of the words that the lexicon grew from; it is the
    one that HONEST counts. Lemmas are as published: some are of several words.
    """
    name = "hurtlex"
    path = file(name, "hurtlex_EN.tsv")
    # Not read as CSV: its quotation marks are part of the lemmas, and some are never closed.
    header, *lines = text(path).removesuffix("\n").split("\n")
    if header.split("\t") != _COLUMNS:
        raise malformed(name, path, "its first line does not name the columns of HurtLex")
    lemmas = []
    for number, line in enumerate(lines, 2):
        fields = line.split("\t")
        if len(fields) != len(_COLUMNS):
            raise malformed(name, path, f"line {number} has {len(fields)} fields instead of {len(_COLUMNS)}")
        if fields[-1] == "conservative":
            lemmas.append(fields[4])
    return frozenset(filled(name, path, lemmas))
