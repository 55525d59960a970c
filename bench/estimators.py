"""How far gains scatter that are worked out in one way or another, from the rounds of a long run.

    python -m fasthttp bench --scenario small --rounds 60 --json run.json
    python bench/estimators.py run.json

Fifteen rounds are drawn again and again, and for each estimator it is said between what 90 of 100
draws are. `fasthttp/_bench/estimate.py` has the one that is used, the first.
"""

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

DRAWS, ROUNDS = 1000, 15
Times = Sequence[float]

ESTIMATORS: dict[str, Callable[[Times, Times], float]] = {
    "ratio of the medians": lambda above, below: median(above) / median(below),
    "median of the ratios": lambda above, below: median(
        upper / lower for upper, lower in zip(above, below, strict=True)
    ),
    "ratio of the lower quartiles": lambda above, below: quantiles(above)[0] / quantiles(below)[0],
    "ratio of the minima": lambda above, below: min(above) / min(below),
}


def scatter(estimator: Callable[[Times, Times], float], above: Times, below: Times) -> str:
    """The middle of what `estimator` gives, and between what 90 of 100 draws are."""
    choices = random.Random(ROUNDS).choices
    found = []
    for _ in range(DRAWS):
        draw = choices(range(len(above)), k=ROUNDS)
        found.append(estimator([above[at] for at in draw], [below[at] for at in draw]))
    found.sort()
    low, high = found[DRAWS // 20], found[-DRAWS // 20]
    return f"{median(found):7.2f}  ({low:.2f} to {high:.2f})"


def main() -> None:
    """Print a table for each scenario and contestant."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for scenario in run["scenarios"]:
        rounds = {each["name"]: each["rounds"] for each in scenario["contestants"]}
        for name, ours in rounds.items():
            for way in ("cpu", "wall"):
                if name == "stdlib" or not ours[way]:
                    continue
                print(f"{scenario['name']}, {way}, {name}:")
                for title, estimator in ESTIMATORS.items():
                    print(f"  {title:30}{scatter(estimator, rounds['stdlib'][way], ours[way])}")


if __name__ == "__main__":
    main()
