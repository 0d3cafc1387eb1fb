# SPDX-License-Identifier: Apache-2.0
"""A campaign of kills: which class of instants to aim at, and what became of it."""

import random
from collections import Counter
from dataclasses import dataclass, field

from kill_ground import DifferenceError, Ground, Hit
from kill_scenarios import SEARCH_MODES
from kill_timeline import CLASSES

SHARES = {
    "planning": 0.08,
    "reading": 0.10,
    "begun": 0.09,
    "between": 0.36,
    "commit": 0.10,
    "rename": 0.08,
    "finishing": 0.08,
    "recovery": 0.11,
}
assert set(SHARES) == set(CLASSES)
FINISHING_SHARE = 0.4  # where all rows come into the table in the last COMMIT
MISSES_MAX = 30


@dataclass
class Campaign:
    """Kills over any number of grounds, aimed at the class that is furthest behind its share."""

    rng: random.Random
    hits: list[Hit] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    trials: int = 0

    def wanted(self, ground: Ground, resumed: bool) -> str:
        counts = Counter(hit.place for hit in self.hits)
        total = len(self.hits) + 1
        able = [
            name
            for name in CLASSES
            if (resumed if name == "recovery" else name in ground.timeline.moments)
        ]
        if ground.mode.name in SEARCH_MODES and self.rng.random() < FINISHING_SHARE:
            return "finishing"
        if resumed and self.rng.random() < 0.5:
            return "recovery"
        # Whatever only some sinks have comes first while it is short.
        return max(able, key=lambda name: SHARES[name] - counts[name] / total)

    def run_trial(self, ground: Ground) -> int:
        """One trial with up to three kills; how many there were."""
        self.trials += 1
        trial = ground.trial()
        depth = self.rng.choice([1, 1, 1, 2, 2, 3])
        try:
            for _ in range(depth):
                kill = ground.timeline.draw(self.rng, self.wanted(ground, bool(trial.hits)))
                if kill is None or trial.kill(kill) is None:
                    break
                self.hits.append(trial.hits[-1])
                if trial.is_over():
                    break
            trial.finish()
        except DifferenceError as difference:
            self.failures.append(str(difference))
        return len(trial.hits)

    def run(self, ground: Ground, kills: int) -> None:
        done = misses = 0
        while done < kills and misses < MISSES_MAX:
            hit = self.run_trial(ground)
            done += hit
            misses += hit == 0

    def histogram(self) -> str:
        counts = Counter(hit.place for hit in self.hits)
        total = max(1, len(self.hits))
        return "\n".join(f"{n:10} {counts[n]:5} {counts[n] / total:6.1%}" for n in CLASSES)
