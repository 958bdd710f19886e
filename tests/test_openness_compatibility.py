"""Licences that go together and licences that do not; what is not known is never compatible."""

import tomllib
from importlib.resources import files
from itertools import product

import pytest

from tocsin.openness.licences import OWN, compatibility, hub_licence, judge
from tocsin.openness.licences.table import community, restrictions

LLAMA, GEMMA = "llama3.2", "gemma"


@pytest.mark.parametrize(
    ("base", "adapter", "answer"),
    [
        ("apache-2.0", "apache-2.0", "compatible"),
        ("MIT", "llama3.2", "compatible"),
        ("Apache 2.0", "GPL-3.0-only", "compatible"),
        ("apache-2.0", "GPL-2.0-only", "incompatible"),
        ("apache-2.0", "GPL-2.0-or-later", "compatible"),
        ("BSD-4-Clause", "GPL-3.0-or-later", "incompatible"),
        ("openmdw", "mit", "compatible"),
        ("cc0", "cc-by-nc-4.0", "compatible"),
        # use-restricted: the same terms, or none
        (LLAMA, "apache-2.0", "incompatible"),
        (LLAMA, LLAMA, "compatible"),
        (LLAMA, "llama3.1", "incompatible"),
        (LLAMA, f"{LLAMA} AND apache-2.0", "compatible"),
        (LLAMA, f"{LLAMA} OR apache-2.0", "incompatible"),
        (GEMMA, "mit", "incompatible"),
        (GEMMA, GEMMA, "compatible"),
        ("openrail", "bigscience-openrail-m", "compatible"),
        ("openrail", "creativeml-openrail-m", "incompatible"),
        # copyleft
        ("cc-by-sa-4.0", "apache-2.0", "incompatible"),
        ("cc-by-sa-4.0", "cc-by-sa-4.0", "compatible"),
        ("cc-by-sa-4.0", "cc-by-sa-3.0", "incompatible"),
        ("cc-by-sa-3.0", "cc-by-sa-4.0", "compatible"),
        ("cc-by-sa-4.0", "gpl-3.0", "compatible"),
        ("cc-by-sa-3.0", "gpl-3.0", "incompatible"),
        ("gpl-3.0", "agpl-3.0", "incompatible"),
        ("GPL-2.0-or-later", "gpl-3.0", "compatible"),
        ("gpl-2.0", "gpl-3.0", "incompatible"),
        ("mpl-2.0", "gpl-3.0", "compatible"),
        ("mpl-2.0", "mit", "unknown"),
        ("lgpl-3.0", "apache-2.0", "unknown"),
        ("EUPL-1.2", "cc-by-sa-3.0", "compatible"),
        ("artistic-2.0", "mit", "unknown"),
        # non-commercial and no derivatives
        ("cc-by-nc-4.0", "apache-2.0", "incompatible"),
        ("cc-by-nc-4.0", "cc-by-nc-sa-4.0", "compatible"),
        ("cc-by-nc-4.0", "mistral-research", "compatible"),
        ("mistral-research", "cc-by-nc-4.0", "incompatible"),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", "incompatible"),
        ("cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "compatible"),
        ("cc-by-nd-4.0", "cc-by-nd-4.0", "incompatible"),
        ("proprietary", "proprietary", "incompatible"),
        # choices
        ("MIT OR GPL-2.0-only", "apache-2.0", "compatible"),
        ("MIT AND cc-by-nc-4.0", "apache-2.0", "incompatible"),
        ("apache-2.0", "MIT OR GPL-2.0-only", "incompatible"),
        ("cc-by-sa-4.0", "cc-by-sa-4.0 OR MIT", "incompatible"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "gpl-2.0", "compatible"),
        # not known
        (None, "mit", "unknown"),
        ("unknown", "mit", "unknown"),
        ("unlicensed", "mit", "incompatible"),
        ("our own terms", "mit", "unknown"),
        ("apache-2.0", "our own terms", "unknown"),
    ],
)
def test_the_base_and_the_adapter(base, adapter, answer):
    found = compatibility(base, OWN, adapter)
    assert (found.base.answer, found.answer) == (answer, answer)
    assert found.base.why and not found.base.why.endswith(".") and "{" not in found.base.why


@pytest.mark.parametrize(
    ("data", "adapter", "answer"),
    [
        (OWN, "apache-2.0", "compatible"),
        ("cc-by-4.0", "apache-2.0", "compatible"),
        ("cc-by-nc-4.0", "apache-2.0", "incompatible"),
        ("cc-by-nc-4.0", "cc-by-nc-4.0", "compatible"),
        ("cc-by-sa-4.0", "apache-2.0", "unknown"),
        ("cc-by-sa-4.0", "cc-by-sa-4.0", "compatible"),
        ("cc-by-nd-4.0", "apache-2.0", "unknown"),
        ("cc-by-nd-4.0", "cc-by-nd-4.0", "unknown"),
        ("cc-by-nc-nd-4.0", "apache-2.0", "incompatible"),
        ("cdla-sharing-1.0", "mit", "compatible"),
        ("odbl", "mit", "unknown"),
        ("unlicensed", "mit", "unknown"),
        (None, "mit", "unknown"),
    ],
)
def test_the_data_and_the_adapter(data, adapter, answer):
    assert compatibility("mit", data, adapter).data.answer == answer


def test_outputs_of_a_model_improve_none_of_another_family():
    """Llama 2's and 3's terms; the same data are fine for an adapter of that very model."""
    assert compatibility("apache-2.0", "llama3", "llama3").data.answer == "incompatible"
    assert compatibility("llama3", "llama3", "llama3").answer == "compatible"
    assert compatibility("apache-2.0", "llama3.1", "apache-2.0").data.answer == "unknown"  # it may be, under its name


def test_the_worse_of_both_counts():
    assert compatibility("mit", None, "mit").answer == "unknown"
    assert compatibility("cc-by-nc-4.0", None, "mit").answer == "incompatible"


def test_what_must_go_along_is_said():
    duties = compatibility(LLAMA, "cc-by-4.0", LLAMA).duties
    assert any("named after the base model" in duty for duty in duties)
    assert any("CC-BY-4.0" in duty for duty in duties)
    assert compatibility("mit", OWN, "mit").duties == ("keep the notices of the base model (MIT)",)


def test_a_licence_that_asks_something_never_passes_for_one_that_drops_it():
    """Over the whole table: from any restricted licence to a permissive one there is no way that says compatible."""
    asking = [name for name, licence in community().items() if licence.restricts]
    asking += ["CC-BY-NC-4.0", "CC-BY-SA-4.0", "CC-BY-ND-4.0", "GPL-3.0-only", "ODbL-1.0", "MPL-2.0"]
    for licence, adapter in product(asking, ("MIT", "Apache-2.0", "CC0-1.0", "CC-BY-4.0")):
        found = compatibility(licence, licence, adapter)
        assert found.base.answer != "compatible" and found.data.answer != "compatible", (licence, adapter)


def test_the_table_names_what_there_is_and_its_sources():
    table = tomllib.loads((files("tocsin.openness.licences") / "compatibility.toml").read_text(encoding="utf-8"))
    assert set(table["term"]) - {"other"} <= set(restrictions())
    for term in table["term"].values():
        assert set(term.get("carried_by", ())) <= set(restrictions())
    for entry in (*table["ruling"], *table["term"].values()):
        assert entry["source"].startswith("https://")


@pytest.mark.parametrize(
    ("text", "metadata"),
    [
        ("Apache 2", ("apache-2.0", None)),
        ("GPL-3.0-or-later", ("gpl-3.0", None)),
        ("llama3.2", ("llama3.2", None)),
        ("openrail", ("bigscience-openrail-m", None)),
        ("MIT AND CC-BY-4.0", ("other", "mit-and-cc-by-4.0")),
        ("BSD-4-Clause", ("other", "bsd-4-clause")),
        ("Our Terms, 2nd edition", ("other", "our-terms-2nd-edition")),
    ],
)
def test_the_hub_s_name_of_a_licence(text, metadata):
    found = hub_licence(text)
    assert (found.license, found.license_name) == metadata


def test_the_hub_s_names_are_read_back_as_the_same_licence():
    for text in ("EUPL-1.2", "CC-BY-NC-SA-4.0", "LicenseRef-gemma", "OpenMDW-1.0", "LGPL-2.1-only", "Unlicense"):
        assert judge(hub_licence(text).license).expression == text
