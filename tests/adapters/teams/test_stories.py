"""What people do in Teams, from the request to the stored effect and back."""

from tests.adapters.teams.conftest import House


async def test_a_sentence_becomes_a_need(house: House) -> None:
    """Say it, see what was understood, send it, hold the receipt."""
    ada = house.teams.user("ada")
    delivery = await ada.say("My laptop is slow")
    assert delivery.status == 202
    summary = await ada.receives()
    pressed = await ada.press(summary, "need.send")
    assert pressed.card is not None
    with house.units() as uow:
        person = uow.people.reachable()[0].person
        assert [need.words for need in uow.needs.of(person)] == ["My laptop is slow"]
    await house.teams.until(lambda: len(summary.edits) > 0)
