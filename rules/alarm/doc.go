// Package alarm is the life of alarms by ISA-18.2 (IEC 62682). It is pure: it
// reads no clock, does no I/O and starts nothing; the same calls give the same
// transitions, byte for byte.
//
// The life-cycle itself is data (life.go): a table of (state, event) to
// (state, effect). Table is the set of the alarms that are not over, with
// what the standard asks around it: suppression by design and by the topology
// of supply, floods, chattering, standing too long, re-alarm, shelving and
// out of service.
//
//	           raise                 acknowledge
//	┌────────┐──────▶┌────────────────┐──────▶┌──────────────┐
//	│A normal│       │B unacknowledged│       │C acknowledged│──┐ clear,
//	└────────┘       └────────────────┘◀──────└──────────────┘  │ it latches
//	 ▲  ▲  ▲            │clear   ▲ ▲   realarm    │clear        ▼
//	 │  │  │            ▼        │ └──────────────┼────────┌─────────┐
//	 │  │  │         ┌────────────┐raise          │  raise │E latched│
//	 │  │  └─────────│D returned  │───────────────┼───────▶└─────────┘
//	 │  │ acknowledge└────────────┘ acknowledge,  │             │reset
//	 │  └─────────────────────────── it latches ──┘             │
//	 └──────────────────────────────────────────────────────────┘
//
// Three states lie over those, each until all that hold it have ended:
//
//	B C D    shelve (a person)    ┌──────────────────┐ unshelve, expiry  ┐
//	B C D E  suppress (logic)  ──▶│G shelved         │ unsuppress        │ B  it is active
//	B C D E  remove (a ticket)    │H suppressed      │ restore, expiry ──┤ E  it is not, and latches
//	                              │I out of service  │                   │ A  it is not
//	                              └──────────────────┘                   ┘
//
// Underneath, the condition goes on being judged and logged. Where several
// hold an alarm at once, the strongest is its state: out of service before
// shelved before suppressed. A condition that becomes true while its rule is
// suppressed or its points are out of service begins its life in that state.
package alarm
