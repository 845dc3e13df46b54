"""The figures of the search index written into docs/performance.md: tables, goals and plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.search_growth import ELASTICSEARCH, EMBEDDED, Growth
from benchmarks.search_installation import Answers
from benchmarks.search_material import MEANINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REPORT: Final = Path(__file__).parents[1] / "docs" / "performance.md"
COMMAND: Final = "luoitroi bench search --growth"
BEGIN: Final = f"<!-- Written by `{COMMAND}` from here on. -->"
END: Final = f"<!-- Written by `{COMMAND}` up to here. -->"
# Colours that people with any colour blindness tell apart (Okabe and Ito), and in print the marks do.
_LOOKS: Final = (
    ("#0072B2", "o"),
    ("#E69F00", "s"),
    ("#009E73", "^"),
    ("#CC79A7", "D"),
    ("#56B4E9", "v"),
    ("#D55E00", "P"),
    ("#000000", "X"),
    ("#999999", "*"),
    ("#5D3A9B", "<"),
)
_STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "luoitroi",  # the same names within the file each time, so that only figures differ
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal and how it was measured."""

    what: str
    wanted: str
    measured: str
    is_met: bool


def goals(growth: Growth) -> list[Goal]:
    """The goals of the search index that these figures can answer."""
    found = []
    for engine, least in ((EMBEDDED, 0.7), (ELASTICSEARCH, 0.8)):
        ratio = growth.filling[engine].ratio
        found.append(Goal(f"{engine}: filling beside its baseline", f"at least {least}", f"{ratio}", ratio >= least))
    for engine, hits, kind, most in (
        (EMBEDDED, 100_000, "common_words", 120),
        (EMBEDDED, 100_000, "rare_word", 10),
        (EMBEDDED, 100_000, "console_page", 150),
        (ELASTICSEARCH, 1_000_000, "filter", 100),
        (ELASTICSEARCH, 1_000_000, "common_words", 100),
        (ELASTICSEARCH, 1_000_000, "console_page", 150),
    ):
        for answers in growth.answers[engine]:
            if answers.hits == hits:
                measured = _p95(answers, kind)
                what = f"{engine}: {_meaning(kind)}, at {hits:,} hits"
                found.append(Goal(what, f"at most {most} ms", f"{measured:g} ms", measured <= most))
    return found


def write_report(growth: Growth, report: Path = REPORT) -> None:
    """Draw the plots beside `report`, and write tables and goals into it between its two marks."""
    before, mark, rest = report.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"{report}: the marks between which figures are written are missing: {BEGIN} and {END}")
    folder = report.parent / report.stem
    folder.mkdir(exist_ok=True)
    draw(growth, folder)
    lines = "\n".join(_lines(growth))
    report.write_text(f"{before}{BEGIN}\n\n{lines}\n\n{END}{after}", "utf-8")


def draw(growth: Growth, folder: Path) -> None:
    """The plots as SVG: how long answers take on each engine, and what filling costs."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        for engine, answers in growth.answers.items():
            figure = Figure((8, 5), layout="constrained")
            FigureCanvasSVG(figure)
            axes = figure.subplots()
            for kind, (colour, mark) in zip((*MEANINGS, "console_page"), _LOOKS, strict=True):
                axes.plot(
                    [each.hits for each in answers],
                    [_p95(each, kind) for each in answers],
                    color=colour,
                    marker=mark,
                    label=kind.replace("_", " "),
                )
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
            _describe(axes, answers, f"{engine}: what nineteen of twenty answers take at most", "milliseconds")
            figure.legend(loc="outside right upper", frameon=False)
            figure.savefig(folder / f"{engine.lower()}.svg", metadata={"Date": None})
        figure = Figure((8, 3.6), layout="constrained")
        FigureCanvasSVG(figure)
        rates, sizes = figure.subplots(1, 2)
        for (engine, answers), (colour, mark) in zip(growth.answers.items(), _LOOKS, strict=False):
            hits = [each.hits for each in answers]
            rates.plot(hits, [each.put_per_second for each in answers], color=colour, marker=mark, label=engine)
            sizes.plot(hits, [each.bytes_per_hit for each in answers], color=colour, marker=mark, label=engine)
        for axes, title, unit in ((rates, "Filling", "hits a second"), (sizes, "Size", "bytes a hit")):
            axes.set_ylim(bottom=0)
            _describe(axes, answers, title, unit)
        rates.legend(frameon=False)
        figure.savefig(folder / "filling.svg", metadata={"Date": None})


def _describe(axes: Axes, answers: Sequence[Answers], title: str, unit: str) -> None:
    axes.set_xscale("log")
    axes.set_xticks([each.hits for each in answers], [_short(each.hits) for each in answers])
    axes.minorticks_off()
    axes.set_title(title, loc="left")
    axes.set_xlabel("hits in the index")
    axes.set_ylabel(unit)


def _lines(growth: Growth) -> Iterator[str]:
    yield f"Measured on {growth.day} by `{COMMAND}`."
    yield f"Machine: {growth.machine}, at a load of {growth.busy_before:g} before the run began (0 is a quiet one)."
    yield f"Versions: {growth.versions}."
    yield "\n### Goals\n"
    yield "| what | goal | measured | |"
    yield "| --- | --- | --- | --- |"
    for goal in goals(growth):
        yield f"| {goal.what} | {goal.wanted} | {goal.measured} | {'met' if goal.is_met else '**falls short**'} |"
    yield "\n### Filling beside the baseline\n"
    yield "| engine | ours, hits a second | baseline, hits a second | ours to baseline |"
    yield "| --- | --- | --- | --- |"
    for engine, filling in growth.filling.items():
        yield f"| {engine} | {filling.ours_per_second:,} | {filling.baseline_per_second:,} | {filling.ratio} |"
    for engine, answers in growth.answers.items():
        yield f"\n### {engine}, as it grows\n"
        yield f"![p95 of each kind of question on {engine}](performance/{engine.lower()}.svg)\n"
        yield f"| p50 / p95 in milliseconds | {' | '.join(_short(each.hits) for each in answers)} |"
        yield f"| --- | {' | '.join('---' for _ in answers)} |"
        for kind in (*MEANINGS, "console_page"):
            cells = (f"{_times(each, kind)}" for each in answers)
            yield f"| {_meaning(kind)} | {' | '.join(cells)} |"
        yield f"| every id of an export, once | {' | '.join(f'{each.every_id_ms:g}' for each in answers)} |"
        yield f"| hits a second put | {' | '.join(f'{each.put_per_second:,}' for each in answers)} |"
        yield f"| bytes a hit | {' | '.join(f'{each.bytes_per_hit:,}' for each in answers)} |"
    yield "\n![Filling and size of both engines](performance/filling.svg)"


def _p95(answers: Answers, kind: str) -> float:
    return (answers.console_page if kind == "console_page" else answers.questions[kind]).p95_ms


def _times(answers: Answers, kind: str) -> str:
    times = answers.console_page if kind == "console_page" else answers.questions[kind]
    return f"{times.p50_ms:g} / {times.p95_ms:g}"


def _meaning(kind: str) -> str:
    return "a search page of the console, three common words" if kind == "console_page" else MEANINGS[kind]


def _short(hits: int) -> str:
    return f"{hits // 1_000_000}M" if hits >= 1_000_000 else f"{hits // 1_000}k"
