"""The whole instance: readiness that says why, clocks that go on, and a demo that begins again."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
import structlog

from adapters import config, demo, log, serving
from adapters.schedule.clock import Clock, Tick
from adapters.web import seed
from adapters.wiring import Instance
from bot.people.model import Person, PersonId
from bot.ports import Unavailable
from bot.pulses.model import Kind, Sealed, Wave, WaveId, WaveState
from storage import SQLStorage
from tests.bot.talk import NOW
from tests.stories.served import listening


async def test_readiness_says_why_not(tmp_path: Path) -> None:
    """A database that is gone is named in /readyz; the process itself lives on."""
    instance = demo.demo_instance(tmp_path / "demo", 8080)
    try:
        async with listening(instance) as address, aiohttp.ClientSession(address) as client:
            async with client.get("/readyz") as ready:
                assert (ready.status, (await ready.json())["ready"]) == (200, True)
            (tmp_path / "demo" / "demo.db").unlink()
            async with client.get("/readyz") as gone:
                assert gone.status == 503
                assert "moved or deleted" in (await gone.json())["database"]
            async with client.get("/healthz") as alive:
                assert await alive.text() == "ok"
            async with client.get("/metrics") as metrics:
                assert "groundswell_heard_total" in await metrics.text()
    finally:
        instance.store.close()


def test_the_demo_begins_again(tmp_path: Path) -> None:
    """After a reset everybody is there once, with the same past."""
    instance = demo.demo_instance(tmp_path, 8080)
    with instance.store.units() as uow:
        before = uow.people.count(), len(uow.people.channels())
    demo.start_again(instance)
    with instance.store.units() as uow:
        assert (uow.people.count(), len(uow.people.channels())) == before
        assert uow.people.by_account(seed.CIO_ACCOUNT) is not None
    assert not seed.seed_if_empty(instance.store.units, instance.tools, instance.clock())
    instance.store.close()


async def test_one_failing_tick_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor itself: it is tried again the next time, and its words stay out of the log."""
    calls: list[str] = []
    done = asyncio.Event()

    async def fails() -> None:
        calls.append("fails")
        raise RuntimeError("what somebody wrote")

    async def waits() -> None:
        calls.append("waits")
        raise Unavailable("the database is busy")

    async def works() -> None:
        calls.append("works")
        if min(calls.count(one) for one in ("fails", "waits", "works")) > 1:
            done.set()

    clock = Clock(
        Tick(name="a", seconds=0.01, act=fails),
        Tick(name="b", seconds=0.01, act=waits),
        Tick(name="c", seconds=0.01, act=works),
    )
    clock.start()
    async with asyncio.timeout(10):
        await done.wait()
    clock.stop()
    clock.stop()
    out = capsys.readouterr()
    assert "what somebody wrote" not in out.out + out.err
    assert "RuntimeError" in out.out + out.err


def test_the_log_is_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is logged cannot break out of its line."""
    before = structlog.get_config()
    try:
        log.configure()
        structlog.get_logger().info("event", words="one\ntwo\u2028\x1b[31m")
        line = capsys.readouterr().err
    finally:
        structlog.configure(**before)
    assert line.count("\n") == 1
    assert line.isascii()
    assert json.loads(line)["words"] == "one\ntwo\u2028\x1b[31m"


def test_a_port_in_use_is_said_with_its_remedy() -> None:
    """No traceback: which port, and which setting changes it."""
    door = serving.door("127.0.0.1", 18080, tries=50)
    taken = door.getsockname()[1]
    with pytest.raises(serving.Blocked, match="GROUNDSWELL_PORT"):
        serving.door("127.0.0.1", taken, tries=1)
    door.close()


def test_the_keys_folder_must_be_writable(tmp_path: Path, sqlite: SQLStorage) -> None:
    """The doctor looks before a pulse needs it."""
    (tmp_path / "file").write_text("x")
    settings = config.load(keys=str(tmp_path / "file"))
    assert "GROUNDSWELL_KEYS" in serving.examine(settings, sqlite)["keys"]


async def test_a_wave_without_its_key_waits_and_readiness_says_so(
    tmp_path: Path, sqlite: SQLStorage
) -> None:
    """Nothing is lost; once the key is back the wave closes and readiness is well again."""
    settings = config.load(keys=str(tmp_path / "keys"))
    instance = Instance(settings, sqlite)
    sealer = instance.tools.sealer
    key = sealer.new_key()
    with sqlite.units() as uow:
        cio = Person(id=PersonId("p"))
        uow.people.save(cio)
        wave = Wave(
            id=WaveId(0),
            question="How?",
            state=WaveState.CLOSING,
            launched_by=cio.id,
            opened_at=NOW,
            closes_at=NOW,
            public_key=key,
            invited=1,
        )
        wave = uow.pulses.add(wave, [cio.id])
        box = sealer.seal(key, b"3")
        uow.pulses.put_sealed(Sealed(wave=wave.id, kind=Kind.SCORE, slot="s", box=box))
        uow.commit()
    (file,) = list((tmp_path / "keys").iterdir())
    held = file.read_bytes()
    file.unlink()
    await instance.chores.close_waves()
    assert "GROUNDSWELL_KEYS" in instance.checks()["pulses"]
    with sqlite.units() as uow:
        assert len(uow.pulses.sealed(wave.id)) == 1
    file.write_bytes(held)
    await instance.chores.close_waves()
    assert instance.checks()["pulses"] == "ok"
    assert not file.exists()
    with sqlite.units() as uow:
        closed = uow.pulses.get(wave.id)
        assert closed is not None
        assert closed.state is WaveState.CLOSED
    instance.ears.close()
