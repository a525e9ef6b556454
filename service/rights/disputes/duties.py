"""What has to be done next about a dispute, by when and by which source. Pure: the time is an argument."""

from __future__ import annotations

from service.closed import Closed
from service.rights.disputes.dispute import DECIDED, INVESTIGATED, Dispute, stood_still
from service.rights.legal.legal_profiles import LegalProfile


class Duty(Closed):
    """What has to be done next, by when (seconds since 1970; None: there is no clock for it) and by which source."""

    what: str
    due: float | None
    source: str | None
    late: bool


def duties(dispute: Dispute, profile: LegalProfile, now: float) -> tuple[Duty, ...]:
    """What has to be done about a dispute; none once it is closed."""

    def duty(what: str, due: float | None, source: str | None) -> Duty:
        return Duty(what=what, due=due, source=source, late=due is not None and now >= due)

    def by_clock(what: str, clock: str, start: float) -> list[Duty]:
        found = profile.clocks.get(clock)
        return [] if found is None else [duty(what, profile.due(clock, start), found.source)]

    state, clock = dispute.state, dispute.clock
    basis = "; ".join(clock.basis)
    if state == "closed":
        return ()
    if dispute.paused:
        return (duty("resume", None, profile.pause),)
    if state in ("received", "identity_pending"):
        acknowledge = by_clock("acknowledge", "acknowledgement", dispute.received) if state == "received" else []
        return (*acknowledge, duty("decide", clock.due, basis))
    if state == "open":
        ask = by_clock("ask_furnisher", "furnisher_notice", clock.started)
        block = by_clock("block", "identity_theft_block", clock.started) if dispute.claim.identity_theft else []
        return (*block, *(ask or [duty("ask_furnisher", None, None)]), duty("decide", clock.due, basis))
    if state == "furnisher_asked":
        return (duty("decide", answer_due(dispute, profile), basis),)
    if state in DECIDED:
        assert dispute.decided is not None
        name = "frivolous_notice" if state == "frivolous" and "frivolous_notice" in profile.clocks else "result_notice"
        if dispute.reinserted and "reinsertion_notice" in profile.clocks:
            name = "reinsertion_notice"
        return tuple(by_clock("notify", name, dispute.decided)) or (duty("notify", clock.due, basis),)
    if state == "appealed":
        assert dispute.appealed is not None
        return tuple(by_clock("answer_appeal", "investigation", dispute.appealed))
    return (duty("close", None, None),)  # notified, withdrawn


def answer_due(dispute: Dispute, profile: LegalProfile) -> float:
    """When the furnisher has to have answered (seconds since 1970): where no clock is shorter, by the decision."""
    due = profile.due("furnisher_answer", dispute.clock.started)
    if due is None or dispute.clock.extended is not None:
        return dispute.clock.due
    return min(due + stood_still(dispute.clock, dispute.clock.due), dispute.clock.due)


def is_lapsed(dispute: Dispute, profile: LegalProfile, now: float) -> bool:
    """Whether nobody verified the fact in time, so that it has to go."""
    if dispute.paused or dispute.state not in INVESTIGATED:
        return False
    due = answer_due(dispute, profile) if dispute.state == "furnisher_asked" else dispute.clock.due
    return now >= due and dispute.answer is None
