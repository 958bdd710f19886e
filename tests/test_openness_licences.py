import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.openness.licences import judge, recognise
from tocsin.openness.licences.table import aliases, community, restrictions, spdx, texts

# The Model Openness Tool's table of 31 licences (mof-licenses.json at 8b5d30e), restated: the content types that the
# tool takes each to be made for, and whether it takes it to be open (OSI, FSF, its list of data licences, OpenMDW).
# CC-PDDC and CC0-1.0 stand in it twice, once for each type.
MOT_TABLE = {
    "0BSD": ("code", True),
    "AFL-1.1": ("code", True),
    "AFL-1.2": ("code", True),
    "AFL-2.0": ("code", True),
    "AFL-2.1": ("code", True),
    "AFL-3.0": ("code", True),
    "Apache-1.0": ("code", True),
    "Apache-1.1": ("code", True),
    "Apache-2.0": ("code document", True),
    "ECL-1.0": ("code", True),
    "ECL-2.0": ("code", True),
    "ISC": ("code", True),
    "MIT": ("code", True),
    "MIT-0": ("code", True),
    "MulanPSL-1.0": ("code", False),
    "MulanPSL-2.0": ("code", True),
    "NCSA": ("code", True),
    "UPL-1.0": ("code", True),
    "CDLA-Permissive-1.0": ("data", True),
    "CDLA-Permissive-2.0": ("data", True),
    "C-UDA-1.0": ("data", False),
    "CC-PDDC": ("data document", False),
    "CC0-1.0": ("data document", True),
    "PDDL-1.0": ("data", False),
    "CC-BY-4.0": ("document", True),
    "CC-BY-SA-3.0": ("document", True),
    "CC-BY-SA-4.0": ("document", True),
    "FreeBSD-DOC": ("document", False),
    "OpenMDW-1.0": ("code data document", True),
}
# The tool lists PDDL under a name that SPDX lacks ("ODC-PDDL-1.0"), so that it never matches; it is an open licence.
OPEN_DIFFERS = {"PDDL-1.0"}

# What people write: the licence we read in it, whether it is open (None: not known).
TRICKY = [
    ("Apache 2", "Apache-2.0", True),
    ("apache-2.0", "Apache-2.0", True),
    ("Apache License, Version 2.0", "Apache-2.0", True),
    ("Apache license 2.0", "Apache-2.0", True),
    ("APACHE-2.0", "Apache-2.0", True),
    ("Apache-2.0+", "Apache-2.0", True),
    ("apache-2.0 OR MIT", "Apache-2.0 OR MIT", True),
    ("MIT/Apache-2.0", "MIT OR Apache-2.0", True),
    ("Apache 2 or cc-by-nc-4.0", "Apache-2.0 OR CC-BY-NC-4.0", True),
    ("Apache 2 and cc-by-nc-4.0", "Apache-2.0 AND CC-BY-NC-4.0", False),
    ("mit, apache-2.0", "MIT AND Apache-2.0", True),
    ("mit; other", None, None),
    ("MIT OR other", None, True),
    ("MIT AND CC-BY-4.0 WITH x", None, None),
    ("GPL-2.0 WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", True),
    ("MIT license", "MIT", True),
    ("the MIT License", "MIT", True),
    ("BSD-3", "BSD-3-Clause", True),
    ("GPL-3.0+", "GPL-3.0-or-later", True),
    ("GPLv3", "GPL-3.0-only", True),
    ("GNU GPL v3", "GPL-3.0-only", True),
    ("agpl-3.0", "AGPL-3.0-only", True),
    ("Unlicense", "Unlicense", True),
    ("unlicensed", None, False),
    ("llama3.2", "LicenseRef-llama3.2", False),
    ("Llama 3.2 Community License Agreement", "LicenseRef-llama3.2", False),
    ("Llama 3 Community License", "LicenseRef-llama3", False),
    ("Meta Llama 3 Community License Agreement", "LicenseRef-llama3", False),
    ("Llama 2 Community License", "LicenseRef-llama2", False),
    ("Gemma Terms of Use", "LicenseRef-gemma", False),
    ("gemma", "LicenseRef-gemma", False),
    ("tongyi-qianwen-license-agreement", "LicenseRef-qwen", False),
    ("tongyi-qianwen-research", "LicenseRef-qwen-research", False),
    ("qwen-research", "LicenseRef-qwen-research", False),
    ("mrl", "LicenseRef-mistral-research", False),
    ("DeepSeek License Agreement", "LicenseRef-deepseek", False),
    ("openrail", "LicenseRef-openrail-m", False),
    ("openrail++", "LicenseRef-openrail++", False),
    ("BigCode OpenRAIL-M v1 license agreement", "LicenseRef-bigcode-openrail-m", False),
    ("bigscience-bloom-rail-1.0", "LicenseRef-bigscience-rail-1.0", False),
    ("creativeml-openrail-m", "LicenseRef-creativeml-openrail-m", False),
    ("cc-by-4.0", "CC-BY-4.0", True),
    ("CC BY-SA 4.0", "CC-BY-SA-4.0", True),
    ("cc-by-nc-4.0", "CC-BY-NC-4.0", False),
    ("Creative Commons Attribution Non Commercial 4.0", "CC-BY-NC-4.0", False),
    ("cc-by-nc-nd-4.0", "CC-BY-NC-ND-4.0", False),
    ("CC0 1.0 Universal", "CC0-1.0", True),
    ("odc-by", "ODC-By-1.0", True),
    ("openmdw-1.0", "OpenMDW-1.0", True),
    ("arXiv.org perpetual, non-exclusive license 1.0", "LicenseRef-arxiv-non-exclusive", False),
    ("proprietary", "LicenseRef-proprietary", False),
    ("Undisclosed", "LicenseRef-proprietary", False),
    ("other", None, None),
    ("unknown", None, None),
    ("", None, False),
    ("   ", None, False),
    ("None", None, False),
    ("mit and", None, None),
    ("MIT AND (Apache-2.0", None, None),
    ("https://arxiv.org/pdf/2401.06066", None, None),
    ("LicenseRef-something", None, None),
    ('datasets with "mit" “apache-2”', None, None),
]


def test_our_table_judges_as_the_model_openness_tool_does() -> None:
    assert len(MOT_TABLE) == 31 - 2  # two stand in it twice
    for name, (kinds, is_open) in MOT_TABLE.items():
        verdict = judge(name)
        assert verdict.expression == name
        assert verdict.kinds == set(kinds.split()), name
        assert verdict.open is (is_open != (name in OPEN_DIFFERS)), name


@pytest.mark.parametrize(("text", "expression", "is_open"), TRICKY)
def test_what_people_write(text: str, expression: str | None, is_open: bool | None) -> None:
    verdict = judge(text)
    assert (verdict.expression, verdict.open) == (expression, is_open)
    assert verdict.text == text.strip()


def test_there_are_enough_tricky_strings() -> None:
    assert len(TRICKY) >= 40


def test_no_licence_and_an_unknown_one_are_two_things() -> None:
    assert judge(None).open is False
    assert judge("other").open is None
    assert judge(None).modifiable is False
    assert judge("other").modifiable is None


def test_a_choice_is_as_good_as_its_better_half_and_a_sum_as_its_worse() -> None:
    assert judge("cc-by-nd-4.0 OR MIT").modifiable
    assert judge("cc-by-nd-4.0 AND MIT").modifiable is False
    assert judge("llama3.2 OR MIT").restricts == ()
    assert judge("llama3.2 AND cc-by-nc-4.0").restricts[-1] == "non-commercial"
    assert "user-count" in judge("llama3.2 AND cc-by-nc-4.0").restricts


def test_restrictions_that_matter_to_a_federation() -> None:
    assert "output-use" in judge("llama3").restricts
    assert "output-use" not in judge("llama3.1").restricts
    assert judge("cc-by-nc-sa-4.0").restricts == ("non-commercial", "share-alike")
    assert judge("GPL-3.0").restricts == ("share-alike",)
    assert judge("apache-2.0").restricts == ()


def test_the_type_rule() -> None:
    assert judge("MIT").fits("code")
    assert not judge("MIT").fits("data")
    assert judge("CC0-1.0").fits("data")
    assert all(judge("OpenMDW-1.0").fits(kind) for kind in ("code", "data", "document"))
    assert not judge("Apache-2.0").fits("data")


def test_a_clause_says_why() -> None:
    assert judge("gemma").why == (
        "Gemma Terms of Use is not open (a list of forbidden uses, the maker may change the terms, "
        "the maker may restrict use, the terms go along with every copy)"
    )
    assert judge("JSON").why == "JSON is not open (neither the OSI nor the FSF nor the Open Definition lists it)"
    assert judge("other").why == '"other" names no licence'


@given(st.text(max_size=60))
def test_no_string_breaks_it(text: str) -> None:
    judge(text)


def test_the_data_files_hold_together() -> None:
    assert not (spdx().osi & spdx().fsf)
    assert "PDDL-1.0" in spdx().content
    assert all(licence.source.startswith("https://") for licence in community().values())
    assert all(judge(known.licence).expression == known.licence for known in texts())
    assert {name for licence in community().values() for name in licence.restricts} <= set(restrictions())
    assert len(aliases()) > 100


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("   Apache License\n   Version 2.0, January 2004\n", "Apache-2.0"),
        ("MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy", "MIT"),
        ("LLAMA 3.2 COMMUNITY LICENSE AGREEMENT\nLlama 3.2 Version Release Date", "LicenseRef-llama3.2"),
        ("Gemma Terms of Use\nLast modified", "LicenseRef-gemma"),
        ("Qwen RESEARCH LICENSE AGREEMENT", "LicenseRef-qwen-research"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007", "AGPL-3.0-only"),
        ("Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0"),
        ("Attribution 4.0 International", "CC-BY-4.0"),
        ("# SPDX-License-Identifier: BSD-2-Clause\n", "BSD-2-Clause"),
        ("All rights reserved.", None),
    ],
)
def test_the_text_of_a_licence_file_is_known(text: str, licence: str | None) -> None:
    assert recognise(text) == licence
