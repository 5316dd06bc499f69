"""Merchandising rules of the operators: reads, checks and replaces the list."""

from datetime import date
from typing import Any

from retail_brain.decisions.offer_rule_definition import Rule
from retail_brain.operational.rules import RuleSet, store_rules
from retail_brain.which_day import data_day
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call, no_champion, product_names
from serving.http.messages.people_messages import RulesRequest
from serving.planning.people.rule_files import parse_rules, plain_rule, stored_rules, warnings_of


def rules(request: RulesRequest, call: Call) -> dict[str, Any]:
    """The present rules; with `rules` that list is checked and, unless `check` is set, takes their place.

    A key with a place reads those that hold in its shops.

    Raises:
        HttpError: the role may not set rules.
        UsageError: a rule cannot be used; nothing is stored.
        ImpossibleError: somebody else changed the rules since the version given.
        ModelError: there is no recommender.
    """
    if call.answers.attributes is None:
        raise no_champion("recommender")
    current = call.view.rules.kept
    if request.rules is None:
        return _shown(call, current, [rule for one in stored_rules(current) if (rule := _of_place(one, call))])
    if not call.place.is_headquarters:
        raise HttpError(
            403,
            "forbidden",
            f"rules are set by headquarters; this key is for {call.place} and reads them.",
            {"problem": "rules_of_headquarters"},
        )
    # a check stores nothing, so whoever may read the rules may ask for it
    if not request.check and not call.principal.may(Scope.RULES):
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may not set rules; wanted a role with {Scope.RULES}.",
            {"problem": "role_may_not"},
        )
    parsed = parse_rules(request.rules, "the request", is_strict=True)
    if request.check:
        return _shown(call, RuleSet(current.version, [], current.set_by, current.set_at), parsed)
    tenant = call.principal.tenant
    stored = store_rules(
        tenant,
        call.state.database,
        [plain_rule(rule) for rule in parsed],
        set_by=call.principal.name,
        now=call.now,
        version=request.version,
    )
    call.state.refresh_rules(tenant)
    return _shown(call, stored, parsed)


def _of_place(rule: Rule, call: Call) -> Rule | None:
    """A rule as it concerns the key's shops; None where it holds in others alone."""
    if call.place.is_headquarters or not rule.stores:
        return rule
    own = type(rule.stores)(store for store in rule.stores if call.answers.stores.find(store) >= 0)
    return rule.model_copy(update={"stores": own}) if own else None


def _shown(call: Call, current: RuleSet, listed: list[Rule]) -> dict[str, Any]:
    attributes = call.answers.attributes
    assert attributes is not None
    stores = call.answers.stores
    absent = {store for rule in listed for store in rule.stores if stores.find(store) < 0}
    names = product_names(call.answers, [value for rule in listed for value in _products(rule)])
    rows = [rule.model_dump(mode="json") | {"title": rule.title, "state": rule.state(call.now)} for rule in listed]
    return {
        "version": current.version,
        "rules": rows,
        "set_by": current.set_by,
        "set_at": None if current.set_at is None else current.set_at.isoformat(timespec="seconds"),
        "may_write": call.principal.may(Scope.RULES) and call.place.is_headquarters,
        "warnings": warnings_of(listed, attributes.goods, absent, call.now, call.language, names),
        "names": names,
        "now": call.now.isoformat(timespec="seconds"),
        "data_day": data_day(date.fromisoformat(call.answers.manifest.as_of)).isoformat(),
        "adult_goods": int((attributes.goods.codes["adult"] >= 0).sum()),
    }


def _products(rule: Rule) -> list[str]:
    return [str(value) for value in rule.values] if rule.attribute == "product_id" else []
