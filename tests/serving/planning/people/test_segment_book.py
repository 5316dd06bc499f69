from datetime import date

from serving.planning.people.segment_book import consent_note


def test_the_day_of_the_consents_is_said_in_both_languages() -> None:
    day = date(2026, 2, 28)
    assert consent_note(day, "en").startswith("channels are those that were open on 28 February, the day of the")
    assert consent_note(day, "zh").startswith("联系渠道是2月28日做特征时同意的渠道")
