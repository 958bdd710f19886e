"""What the Hugging Face hub calls a licence in a model card's metadata."""

import re
from dataclasses import dataclass
from functools import cache

from tocsin.openness.licences.judge import judge
from tocsin.openness.licences.table import community

# The hub's identifiers (huggingface.co/docs/hub/repositories-licenses) without those of whole families ("bsd", "gpl"),
# which say no version; where two name one licence, the first is written.
_IDENTIFIERS = """
apache-2.0 mit bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m afl-3.0
artistic-2.0 bsl-1.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0
cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0
cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0
epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl-2.0 gpl-3.0 lgpl-2.1 lgpl-3.0 isc lppl-1.3c ms-pl
mpl-2.0 odc-by odbl openmdw-1.0 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl llama2 llama3 llama3.1
llama3.2 llama3.3 llama4 gemma
""".split()  # noqa: SIM905


@dataclass(frozen=True)
class HubLicence:
    """The metadata `license`, and for "other" also `license_name` and `license_link`."""

    license: str
    license_name: str | None = None
    license_link: str | None = None


def hub_licence(text: str) -> HubLicence:
    """The metadata of a licence as it is written; one that the hub does not list is "other", by its name."""
    expression = judge(text).expression
    known = _by_expression().get((expression or "").replace("-or-later", "-only"))
    if known is not None:
        return HubLicence(known)
    written = expression or text
    link = None
    if written in community():
        link = community()[written].source
    elif expression is not None and " " not in expression:
        link = f"https://spdx.org/licenses/{expression}.html"
    return HubLicence("other", re.sub(r"[^a-z0-9.]+", "-", written.lower()).strip("-"), link)


@cache
def _by_expression() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _IDENTIFIERS:
        expression = judge(name).expression
        assert expression is not None, name
        found.setdefault(expression, name)
    return found
