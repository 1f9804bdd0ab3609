"""Models that are found by their file's name, so that a new one needs no entry anywhere else.

A file `aud_<name>.sql` is an audience, `jny_<journey>__<step>.sql` a step of a journey. Every dbt run is
given their names as variables, over which the models that unite them loop with `ref`: lineage stays whole.
"""

from pathlib import Path

from include.settings import ROOT

MODELS = ROOT / "dbt_project" / "models"
PREFIXES = {"audiences": "aud_", "journeys": "jny_"}


def listed_models(models: Path = MODELS) -> dict[str, list[str]]:
    """Names of the models by kind (the folder's name), sorted."""
    return {
        kind: sorted(path.stem for path in (models / kind).rglob(f"{prefix}*.sql"))
        for kind, prefix in PREFIXES.items()
    }


def audience_names(models: Path = MODELS) -> list[str]:
    """Every audience that the repository declares, the empty ones too."""
    return [name.removeprefix(PREFIXES["audiences"]) for name in listed_models(models)["audiences"]]
