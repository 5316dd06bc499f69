"""One run of the feature job: from nothing, or from the tables of an earlier day and what is new since."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

from features.drift import drift
from features.feature_options import FEATURE_TABLES, FeatureReport
from features.increment.base import STATE, base_facts
from features.partitions import drop
from features.sketches import read_sketches, take_sketches, write_sketches
from features.steps.build import Build
from features.steps.chain import Chain
from features.steps.goods import build_goods
from features.steps.people import build_identities, build_people
from features.steps.places import build_places
from features.steps.series import STAGED_GOODS, build_series, goods_options
from retail_brain.files import atomic_path, write_json

DRIFT: Final = "drift.parquet"
_SKETCHES: Final = "sketches.parquet"


@dataclass(frozen=True)
class FeatureRun:
    """One run of the job.

    Attributes:
        build: what the steps share.
        out: folder of the tables.
        digest: digest of everything the tables depend on.
        settings: digest of what they depend on beside the rows.
    """

    build: Build
    out: Path
    digest: str
    settings: str

    def run(self) -> FeatureReport:
        """Computes all tables and puts them into the place of those before, all at once."""
        build = self.build
        build.state.mkdir(parents=True, exist_ok=True)
        chain = Chain(build)
        # the order is that of what they need: records need identities, and stores need the stages of persons
        identities = build_identities(build)
        build_people(build, chain, identities)
        options = goods_options(build)
        series = build_series(build, chain, identities, options)
        build_goods(build, chain, identities, options, series)
        drop(build.work / f"staged_{STAGED_GOODS}")
        build_places(build, chain, identities)
        self._say_rebuilt()
        self._publish(chain)
        return FeatureReport(build.as_of, build.rows, chain.numbers.repeat_buying, None, build.rebuilt)

    def _say_rebuilt(self) -> None:
        """Says which tables were computed anew, and why."""
        rebuilt = self.build.rebuilt
        if self.build.base is None:
            self.build.progress.say(f"  All tables computed anew ({self.build.why}).")
            return
        reasons: dict[str, list[str]] = {}
        for table in FEATURE_TABLES:
            if table in rebuilt:
                reasons.setdefault(rebuilt[table], []).append(table)
        said = "; ".join(f"{', '.join(tables)}: {reason}" for reason, tables in reasons.items())
        self.build.progress.say(f"  {len(rebuilt)} of {len(FEATURE_TABLES)} tables computed anew ({said}).")

    def _publish(self, chain: Chain) -> None:
        """Replaces the tables at `out` with the finished ones."""
        build = self.build
        identity = build.done / "identity"
        identity.mkdir(exist_ok=True)
        build.checkpoints.scan("identity").sink_parquet(identity / "part.parquet")
        model = chain.numbers.repeat_buying
        manifest = {
            "digest": self.digest,
            "as_of": str(build.as_of),
            "before": self._drift(),
            "rows": build.rows,
            "versions": dict(build.dataset.versions),
            "repeat_buying": asdict(model) if model else None,
            "rebuilt": build.rebuilt,
            **base_facts(build.dataset, self.settings, chain.numbers),
        }
        # written last: a folder with a manifest is whole
        write_json(build.done / "manifest.json", manifest)
        with atomic_path(self.out) as aside:
            build.done.replace(aside)

    def _drift(self) -> str | None:
        """Compares the finished tables with those at `out`: the last visible day of these, None without any."""
        build, path = self.build, self.out / "manifest.json"
        is_whole = all(any((self.out / table).glob("*.parquet")) for table in FEATURE_TABLES)
        with build.progress.step("drift") as step:
            if not path.exists() or not is_whole:  # the first build, or one of a version with fewer tables
                write_sketches(take_sketches(build.done, build.as_of, FEATURE_TABLES), build.state / _SKETCHES)
                return None
            before = date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["as_of"])
            kept = read_sketches(self.out / STATE / _SKETCHES)
            keep = build.state / _SKETCHES
            found = drift(self.out, build.done, before, build.as_of, FEATURE_TABLES, kept, keep)
            found.write_parquet(build.done / DRIFT)
            step.rows = found.height
        return str(before)
