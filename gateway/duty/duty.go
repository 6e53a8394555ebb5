// Package duty holds the words for what asks something of people: alarms by
// ISA-18.2, tickets, the transitions between their states, and the actions
// that people take on them. It is data only: rules decide, store keeps,
// dashboard shows. Times are those at which something took effect, not those
// at which it was noticed, so a replay gives the same ones.
package duty

import (
	"fmt"
	"slices"
	"time"

	"steward/gateway"
)

// Priority is how soon an alarm must be answered: P1 is an emergency.
type Priority uint8

// The priorities. The zero value is none.
const (
	P1 Priority = 1 + iota // life, fire, water over electricity: call until somebody answers
	P2                     // service lost or damage growing
	P3                     // will become a P2
	P4                     // to be looked at in working hours
)

// String returns P1 to P4.
func (p Priority) String() string { return fmt.Sprintf("P%d", uint8(p)) }

// MarshalText writes P1 to P4, and nothing for none.
func (p Priority) MarshalText() ([]byte, error) {
	if p == 0 {
		return []byte{}, nil
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (p *Priority) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*p = 0
		return nil
	}
	if len(b) != 2 || b[0] != 'P' || b[1] < '1' || b[1] > '4' {
		return fmt.Errorf("unknown priority %q: want P1, P2, P3 or P4", b)
	}
	*p = Priority(b[1] - '0')
	return nil
}

// AlarmState is where an alarm stands in its life (ISA-18.2, IEC 62682).
type AlarmState string

// The states. Shelved, Suppressed and OutOfService lie over the others: the
// condition goes on being judged underneath, and when they end the alarm is
// unacknowledged or normal, as the condition then is.
const (
	Normal         AlarmState = "normal"         // A
	Unacknowledged AlarmState = "unacknowledged" // B: the condition holds, nobody has said he knows
	Acknowledged   AlarmState = "acknowledged"   // C: it holds, somebody knows
	Returned       AlarmState = "returned"       // D: it has gone before anybody said he knew
	Latched        AlarmState = "latched"        // E: it has gone, is acknowledged, and waits for a reset
	Shelved        AlarmState = "shelved"        // G: put aside by a person, with reason and expiry
	Suppressed     AlarmState = "suppressed"     // H: by design, by a rule or by the topology
	OutOfService   AlarmState = "out_of_service" // I: its points are under maintenance, with ticket and expiry
)

// AlarmStates lists every state in the order of the standard's diagram.
func AlarmStates() []AlarmState {
	return []AlarmState{Normal, Unacknowledged, Acknowledged, Returned, Latched, Shelved, Suppressed, OutOfService}
}

// AlarmEvent is what moved an alarm.
type AlarmEvent string

// The events. Those of the condition come after its delays.
const (
	EventRaise       AlarmEvent = "raise"       // the condition became true
	EventClear       AlarmEvent = "clear"       // the condition became false
	EventAcknowledge AlarmEvent = "acknowledge" // by a person
	EventReset       AlarmEvent = "reset"       // of a latch, by a person
	EventRealarm     AlarmEvent = "realarm"     // it stood acknowledged for too long
	EventShelve      AlarmEvent = "shelve"      // by a person
	EventUnshelve    AlarmEvent = "unshelve"    // by a person, or at the expiry
	EventSuppress    AlarmEvent = "suppress"    // the logic of a rule or of the topology
	EventUnsuppress  AlarmEvent = "unsuppress"  // that logic ended
	EventRemove      AlarmEvent = "remove"      // taken out of service
	EventRestore     AlarmEvent = "restore"     // back into service, by a person, a ticket or the expiry
	EventMark        AlarmEvent = "mark"        // a mark came or went; the state stays
)

// Mark is something worth knowing about an alarm beside its state.
type Mark string

// The marks, with the standard's limits (FACTS C.3).
const (
	MarkChattering Mark = "chattering" // 3 or more activations within 60 s
	MarkStale      Mark = "stale"      // active for more than 24 h
	MarkFlood      Mark = "flood"      // came while more than 10 in 10 min did
)

// AlarmKey names a condition: one rule on one asset. There is at most one
// alarm that is not over for a key.
type AlarmKey struct {
	Asset gateway.AssetID `json:"asset"`
	Rule  string          `json:"rule"`
}

// SiteAsset stands for the site as a whole: its alarms are of no one piece of
// equipment. No asset of a site file can have this ID.
const SiteAsset gateway.AssetID = "_site"

// Alarm is one condition on one asset over one life: from leaving normal to
// being normal again.
type Alarm struct {
	ID string `json:"id"` // A000123, counted per site
	AlarmKey
	Fault       string       `json:"fault"` // what its ticket is about; rules that share it share the ticket
	Title       gateway.Text `json:"title"`
	Priority    Priority     `json:"priority"`
	Class       Class        `json:"class"`
	Trade       string       `json:"trade,omitempty"`
	Latch       bool         `json:"latch,omitempty"`
	State       AlarmState   `json:"state"`
	Active      bool         `json:"active"` // the condition holds, whatever the state
	Raised      time.Time    `json:"raised"` // the condition became true, the last time it did
	Cleared     time.Time    `json:"cleared,omitzero"`
	Acked       time.Time    `json:"acked,omitzero"`
	Changed     time.Time    `json:"changed"`          // the last transition
	Until       time.Time    `json:"until,omitzero"`   // expiry of Shelved and OutOfService
	Reason      string       `json:"reason,omitempty"` // of the last action or suppression, as a person wrote it
	Say         gateway.Text `json:"say,omitzero"`     // the same, when it is the gateway that gives it
	By          string       `json:"by,omitempty"`     // who took the last action; empty: the gateway
	Cause       string       `json:"cause,omitempty"`  // ID of the alarm it is folded into, while suppressed by topology
	Ticket      string       `json:"ticket,omitempty"` // that it is out of service for
	Activations int          `json:"activations"`      // how often the condition became true in this life
	Marks       []Mark       `json:"marks,omitempty"`
	Inputs      []Input      `json:"inputs,omitempty"` // what the rule saw when the condition last became true
}

// Annunciated reports whether the alarm asks for a person's eye now: it is
// not normal and nobody and no logic has put it aside.
func (a *Alarm) Annunciated() bool {
	switch a.State {
	case Unacknowledged, Acknowledged, Returned, Latched:
		return true
	}
	return false
}

// Has reports whether the alarm carries the mark.
func (a *Alarm) Has(m Mark) bool { return slices.Contains(a.Marks, m) }

// Input is one thing that a rule looked at, as it was then.
type Input struct {
	Name    string          `json:"name"` // in the rule's text
	Asset   gateway.AssetID `json:"asset,omitempty"`
	Point   string          `json:"point,omitempty"` // empty: not a point but a signal made of some
	Number  *float64        `json:"number"`          // nil: none
	Quality gateway.Quality `json:"quality"`
	Reason  string          `json:"reason,omitempty"` // why the quality is not good, as the reading has it
	Say     gateway.Text    `json:"say,omitzero"`     // the same for people, or why there is no number
	Time    time.Time       `json:"time,omitzero"`
}

// Transition is one step of one alarm's life. Seq counts a site's transitions
// from 1 without a gap: two runs over the same input number them alike.
type Transition struct {
	Seq   uint64       `json:"seq"`
	At    time.Time    `json:"at"`
	Event AlarmEvent   `json:"event"`
	From  AlarmState   `json:"from"`
	To    AlarmState   `json:"to"`
	By    string       `json:"by,omitempty"`  // a person's account, or the ticket; empty: the gateway
	Why   string       `json:"why,omitempty"` // note or reason, as a person wrote it
	Say   gateway.Text `json:"say,omitzero"`  // the logic in words, when it is the gateway that gives it
	Alarm Alarm        `json:"alarm"`         // as it is after the step
}
