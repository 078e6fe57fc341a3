"""What was measured, as ratios of medians with their spread from round to round, and which goals were met."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from _load import SHORT
from _search_cases import CASES
from _search_data import Market

OURS, PEER, LIMIT = "ours", "FastAPI peer", "pgbench"
MOST_GROWTH = 1.5

Figures = dict[str, list[float]]  # contender -> how many a second, in each round
Results = Mapping[str, Mapping[Market, Figures]]  # by the name of the case


def middle(figures: Figures, who: str) -> float:
    return statistics.median(figures[who])


def tell(results: Results, stages: Sequence[Market]) -> None:
    for market in stages:
        if all(PEER in at[market] for at in results.values()):
            _tell_ratios(market, {name: at[market] for name, at in results.items()})
    small, large = stages
    print(f"\nTime at {large.listings:,} listings as a multiple of that at {small.listings:,}")
    for name, at in results.items():
        cells = (f"{who} {_growth(at, stages, who):.2f} x" for who in at[large])
        print(f"  {name:20}" + "".join(f"{cell:>22}" for cell in cells))


def _growth(at: Mapping[Market, Figures], stages: Sequence[Market], who: str) -> float:
    small, large = stages
    return middle(at[small], who) / middle(at[large], who)


def _tell_ratios(market: Market, rows: Mapping[str, Figures]) -> None:
    print(f"\n{market.listings:,} listings{' (short form)' if SHORT else ''}, one process each")
    print(f"  {'':20}{OURS:>10}{PEER:>14}{'ours/peer, from round to round':>32}{LIMIT:>11}{'ours/pgbench':>14}")
    for name, figures in rows.items():
        ours, peer, limit = (middle(figures, who) for who in (OURS, PEER, LIMIT))
        spread = f"{ours / peer:.2f}x ({_spread(figures)})"
        print(f"  {name:20}{ours:>8.0f}/s{peer:>12.0f}/s{spread:>32}{limit:>9.0f}/s{ours / limit:>13.2f}x")


def _spread(figures: Figures) -> str:
    """The two are measured right after each other, so each round has a ratio of its own."""
    ratios = sorted(ours / peer for ours, peer in zip(figures[OURS], figures[PEER], strict=True))
    return f"{ratios[0]:.2f} to {ratios[-1]:.2f}"


def judged(results: Results, stages: Sequence[Market]) -> list[tuple[bool, str]]:
    small, _ = stages
    verdicts = []
    for case in CASES:
        at = results[case.name]
        for who, must in ((PEER, case.must_peer), (LIMIT, case.must_pgbench)):
            if must is not None:
                ratio = middle(at[small], OURS) / middle(at[small], who)
                verdicts.append((ratio >= must, f"{case.name}: at least {must} x {who}: {ratio:.2f}"))
        growth = _growth(at, stages, OURS)
        verdicts.append((growth <= MOST_GROWTH, f"{case.name}: grows at most {MOST_GROWTH} x: {growth:.2f}"))
    return verdicts
