"""Matplotlib figures as inline SVG that takes its colours and fonts from the page: light, dark, print."""

import io
import re
from contextlib import AbstractContextManager
from html import escape

import matplotlib.style
from matplotlib.figure import Figure

# Okabe & Ito's palette, told apart by colour-blind readers. The page maps each to a variable of its own.
BLUE, VERMILLION, GREEN = "#0072b2", "#d55e00", "#009e73"
ORANGE, SKY, PURPLE, YELLOW = "#e69f00", "#56b4e9", "#cc79a7", "#f0e442"
# Stand-ins that only name a role; the page decides what they look like.
INK, MUTED, RULE, PAPER = "#010101", "#020202", "#030303", "#040404"

ROLES = {
    BLUE: "blue", VERMILLION: "vermillion", GREEN: "green", ORANGE: "orange", SKY: "sky", PURPLE: "purple",
    YELLOW: "yellow", INK: "ink", MUTED: "muted", RULE: "rule", PAPER: "paper",
}  # fmt: skip
_STYLE = {
    "svg.fonttype": "none",  # text stays text: it can be searched, read aloud and set in the page's font
    "svg.hashsalt": "tocsin",  # the same figure is the same bytes
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "DejaVu Sans",  # for measuring; the page sets its own, and a long list would be in every word
    "font.size": 8,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.size": 0,
}


def styled() -> AbstractContextManager[None]:
    """Within it, figures look as a report wants them, whatever the user's own matplotlibrc says."""
    return matplotlib.style.context(["default", _STYLE])


def inline(figure: Figure, name: str, label: str) -> str:
    """`figure` as one `<svg>` element; `name` keeps its ids apart from others', `label` is read aloud."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    used = set(re.findall(r"(?:url\(#|href=\"#)([^\")]+)", text))
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", text)
    text = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{name}-", text)
    text = text.replace("xlink:href", "href")
    view = re.search(r'viewBox="[^"]+"', text)
    assert view is not None
    text = re.sub(r"<svg[^>]*>", f'<svg {view[0]} role="img" aria-label="{escape(label)}">', text, count=1)
    for colour, role in ROLES.items():
        text = text.replace(colour, f"var(--{role})")
    return re.sub(r"\n\s*", "\n", text).strip()
