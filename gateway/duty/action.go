package duty

import (
	"errors"
	"time"

	"steward/gateway"
)

// Verb is what a person does.
type Verb string

// The verbs on alarms, on tickets, and on facts.
const (
	DoAcknowledge Verb = "acknowledge" // Alarm, Note
	DoReset       Verb = "reset"       // Alarm, Note: of a latch
	DoShelve      Verb = "shelve"      // Alarm, Reason, Until; never P1
	DoUnshelve    Verb = "unshelve"    // Alarm
	DoRemove      Verb = "remove"      // Alarm, Ticket, Reason, Until: out of service
	DoRestore     Verb = "restore"     // Alarm: back into service

	DoOpen     Verb = "open"     // New
	DoAccept   Verb = "accept"   // Ticket
	DoAssign   Verb = "assign"   // Ticket, To
	DoStart    Verb = "start"    // Ticket
	DoWait     Verb = "wait"     // Ticket, Waits, Note
	DoResume   Verb = "resume"   // Ticket
	DoPlan     Verb = "plan"     // Ticket, Note: the plan, Until: when the work will be done
	DoClassify Verb = "classify" // Ticket, Class: simple or complex, Reason
	DoDone     Verb = "done"     // Ticket, Note: what was done
	DoClose    Verb = "close"    // Ticket, Reason: without or before the proof
	DoReopen   Verb = "reopen"   // Ticket, Reason
	DoCancel   Verb = "cancel"   // Ticket, Reason
	DoNote     Verb = "note"     // Ticket, Note
	DoAttach   Verb = "attach"   // Ticket, Attach

	DoSetFact  Verb = "set_fact"  // Fact
	DoDropFact Verb = "drop_fact" // Fact: its name and what it is of; it is as if nobody had told it
)

// Action is one thing a person does. Which fields matter stands beside each verb.
type Action struct {
	Do     Verb        `json:"do"`
	Alarm  string      `json:"alarm,omitempty"`
	Ticket string      `json:"ticket,omitempty"`
	By     string      `json:"by"` // account; set by the gateway, not by the caller of the API
	Note   string      `json:"note,omitempty"`
	Reason string      `json:"reason,omitempty"`
	To     string      `json:"to,omitempty"`
	Until  time.Time   `json:"until,omitzero"`
	Waits  WaitReason  `json:"waits,omitempty"`
	Class  Class       `json:"class,omitempty"`
	Attach *Attachment `json:"attach,omitempty"`
	New    *Report     `json:"new,omitempty"`
	Fact   *Fact       `json:"fact,omitempty"`
}

// Report is a ticket opened by hand.
type Report struct {
	Asset    gateway.AssetID `json:"asset,omitempty"`
	Unit     string          `json:"unit,omitempty"`
	Area     string          `json:"area,omitempty"`
	Title    string          `json:"title"`
	Detail   string          `json:"detail,omitempty"`
	Class    Class           `json:"class"`
	Priority Priority        `json:"priority"`
	Trade    string          `json:"trade,omitempty"`
}

// Fact is something that no device tells and rules ask: a unit is vacant, a
// visit is allowed until noon, a lift was serviced. One of Asset and Unit is
// set, or none for the site.
type Fact struct {
	Name   string          `json:"name"` // vacant, visit, test_window, serviced_half_month …
	Asset  gateway.AssetID `json:"asset,omitempty"`
	Unit   string          `json:"unit,omitempty"`
	Number float64         `json:"number"`         // 0 or 1, or a Unix time in seconds
	At     time.Time       `json:"at,omitzero"`    // since when; zero: since ever, as the site file says
	Until  time.Time       `json:"until,omitzero"` // it is 0 again then; zero: it stays
	By     string          `json:"by,omitempty"`
}

// ErrRefused is wrapped by errors that say why an action cannot be taken in
// the present state. Its text is for the person who tried.
var ErrRefused = errors.New("refused")

// ErrUnknown is wrapped when there is no such alarm, ticket, asset or unit.
var ErrUnknown = errors.New("unknown")

// Changes is what one commit changed, for those who watch. Alarms and tickets
// are as they are now; each ID appears once.
type Changes struct {
	Alarms  []Alarm  `json:"alarms,omitempty"`
	Tickets []Ticket `json:"tickets,omitempty"`
}
