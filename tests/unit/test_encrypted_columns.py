"""Nobody adds words of a family to the tables without thinking of the day when they have to go."""

from bot import models
from bot.models.fields import EncryptedText


def test_every_encrypted_column_is_accounted_for() -> None:
    """A new one: is it of a family? Then `tracing` and `erasing` have to know it, and `retention` how long it stays."""
    of_families = {
        "Audit.reason",
        "Consent.words",
        "Delivery.body",
        "FollowUp.note",
        *("HelpRequest.nickname", "HelpRequest.why", "HelpRequest.words"),
        *("Household.address", "Household.may_tell", "Household.note"),
        "HouseholdDate.title",
        "Label.words",
        "Member.phone",
        "Relief.note",
        "RequestStep.words",
    }
    of_others = {"Password.totp", "Secret.value"}
    found = {
        f"{name}.{column}"
        for name in models.__all__
        for column, field in getattr(models, name)._meta.fields_map.items()
        if isinstance(field, EncryptedText)
    }
    assert found == of_families | of_others
