"""Registers the verbs of the command `retail-brain` by panel.

Modules of verbs import typer and nothing heavy at their top: `--help` and completion import them all.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from retail_brain import __version__
from retail_brain.cli import (
    assets_verb,
    audience_verbs,
    campaign_verbs,
    check_verbs,
    contacts_verbs,
    context,
    demo_verb,
    dictionary_verb,
    drift_verb,
    events_verbs,
    extensions_verb,
    features_verb,
    forecast_verbs,
    funnel_verb,
    guides_verbs,
    identity_verbs,
    ingest_verbs,
    jobs_verbs,
    keys_verbs,
    model_tests_verbs,
    orders_verbs,
    overrides_verbs,
    privacy_verbs,
    quarantine_verbs,
    recommend_verbs,
    replenish_verbs,
    rules_verbs,
    segment_verbs,
    serve_verb,
    stock_verbs,
    train_verbs,
    trigger_verbs,
    upkeep_verbs,
    what_if_verbs,
)
from retail_brain.cli.json_result import with_json
from retail_brain.cli.option_groups import with_fields

_PANELS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Data 数据": {
        "demo": demo_verb.demo,
        "ingest": ingest_verbs.ingest,
        "sources": ingest_verbs.sources,
        "tables": ingest_verbs.tables,
        "dictionary": dictionary_verb.dictionary,
        "quarantine": quarantine_verbs.quarantine,
        "features": features_verb.features,
        "drift": drift_verb.drift,
        "events": events_verbs.events,
    },
    "Models 模型": {
        "train": train_verbs.train,
        "promote": train_verbs.promote,
        "models": train_verbs.models,
        "model-tests": model_tests_verbs.model_tests,
        "backtest": forecast_verbs.backtest,
        "evaluate": recommend_verbs.evaluate,
    },
    "Demand 需求": {
        "forecast": forecast_verbs.forecast,
        "what-if": what_if_verbs.what_if,
        "elasticities": what_if_verbs.elasticities_verb,
        "recovery": what_if_verbs.recovery,
        "accidents": what_if_verbs.accidents,
        "anomalies": what_if_verbs.anomalies,
        "overrides": overrides_verbs.overrides,
        "ledger": overrides_verbs.ledger,
    },
    "Stock 库存": {
        "replenish": replenish_verbs.replenish,
        "simulate": replenish_verbs.simulate,
        "transfers": stock_verbs.transfers,
        "counts": stock_verbs.counts,
        "leftovers": stock_verbs.leftovers,
        "orders": orders_verbs.orders,
    },
    "People 顾客": {
        "recommend": recommend_verbs.recommend,
        "audience": audience_verbs.audience,
        "assign": audience_verbs.assign,
        "contacts": contacts_verbs.contacts,
        "campaign": campaign_verbs.campaign,
        "trigger": trigger_verbs.trigger,
        "guides": guides_verbs.guides,
        "rules": rules_verbs.rules,
        "segments": segment_verbs.segments,
        "funnel": funnel_verb.funnel,
        "assets": assets_verb.assets,
        "identity": identity_verbs.identity,
        "privacy": privacy_verbs.privacy,
    },
    "Service 服务": {
        "publish": train_verbs.publish,
        "check": check_verbs.check,
        "serve": serve_verb.serve,
        "jobs": jobs_verbs.jobs,
        "keys": keys_verbs.keys,
        "extensions": extensions_verb.extensions,
        "doctor": upkeep_verbs.doctor,
        "backup": upkeep_verbs.backup,
        "restore": upkeep_verbs.restore,
    },
}


class _PlainGroup(TyperGroup):
    """A group whose help is plain text; importing what formats Rich's help takes a third of a second of processor."""

    def panels(self) -> Mapping[str, Iterable[str]]:
        """Names of the commands by heading."""
        return {"Commands 命令": self.commands}

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes a section per panel: each command with the whole first line of its help."""
        for panel, names in self.panels().items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(panel):
                formatter.write_dl([(name, (verb.help or "").partition("\n")[0]) for name, verb in commands if verb])


class _Root(_PlainGroup):
    """The group of all verbs."""

    def panels(self) -> Mapping[str, Iterable[str]]:
        """Names of the verbs by subject."""
        return _PANELS


app = typer.Typer(
    name="retail-brain",
    cls=_Root,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100},
    help="Retail brain (零售大脑): forecasts, replenishment, and goods finding people.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"retail-brain {__version__}")
        raise typer.Exit


@app.callback()
def root(
    asked: typer.Context,
    tenant: Annotated[str, typer.Option(help="Whose data, models and keys to work on.")] = "main",
    home: Annotated[
        Path | None, typer.Option(help="Folder that holds var/ and mlruns/.", show_default="RETAIL_BRAIN_HOME or here")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
    version: Annotated[  # noqa: ARG001  # its callback answers
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Chooses the tenant and the home folder for the verb that follows."""
    source = asked.get_parameter_source("tenant")
    is_named = source is not None and source.name != "DEFAULT"
    context.choose(tenant, home, quiet=quiet, is_named=is_named)


for _verbs in _PANELS.values():
    for _name, _verb in _verbs.items():
        if isinstance(_verb, typer.Typer):
            for _info in _verb.registered_commands:
                assert _info.callback is not None
                _info.name = _info.name or _info.callback.__name__.replace("_", "-")
                _info.callback = with_json(with_fields(_info.callback), f"{_name} {_info.name}")
            app.add_typer(_verb, name=_name, cls=_PlainGroup)
        else:
            app.command(_name)(with_json(with_fields(_verb), _name))
