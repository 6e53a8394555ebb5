package duty

import (
	"time"

	"steward/gateway"
)

// Class is what sort of job an alarm asks for.
type Class string

// The classes. They decide which service clocks a ticket has.
const (
	ClassNone      Class = "none"      // the alarm opens no ticket
	ClassEmergency Class = "emergency" // send somebody now; an entrapment has 30 min
	ClassSimple    Class = "simple"    // done within 24 h
	ClassComplex   Class = "complex"   // a plan within 72 h
	ClassPlanned   Class = "planned"   // maintenance with a due date
)

// TicketState is where a job stands.
type TicketState string

// The states of a ticket.
const (
	TicketOpen       TicketState = "open"        // nobody has answered
	TicketAccepted   TicketState = "accepted"    // somebody has answered: the first response
	TicketAssigned   TicketState = "assigned"    // a tradesman has it
	TicketInProgress TicketState = "in_progress" // he is at it; its points are out of service
	TicketWaiting    TicketState = "waiting"     // for parts, access or a contractor: clocks that allow it pause
	TicketDone       TicketState = "done"        // the work is said to be done, and cannot be proved by points
	TicketProving    TicketState = "proving"     // the work is said to be done; the points must stay good and normal
	TicketClosed     TicketState = "closed"      // proved, or closed by a person with a reason
	TicketReopened   TicketState = "reopened"    // the fault came back within the proof window
	TicketCancelled  TicketState = "cancelled"   // was none; with a reason
)

// TicketStates lists every state, in the order of a job's life.
func TicketStates() []TicketState {
	return []TicketState{TicketOpen, TicketAccepted, TicketAssigned, TicketInProgress, TicketWaiting, TicketDone,
		TicketProving, TicketClosed, TicketReopened, TicketCancelled}
}

// Over reports whether nothing more happens to a ticket in this state.
func (s TicketState) Over() bool { return s == TicketClosed || s == TicketCancelled }

// Origin is what opened a ticket.
type Origin string

// The origins.
const (
	OriginAlarm  Origin = "alarm"
	OriginPerson Origin = "person" // by hand: a resident's report
	OriginPlan   Origin = "plan"   // planned maintenance
	OriginRain   Origin = "rain"   // the round of vacant units
)

// WaitReason is why a ticket waits.
type WaitReason string

// The reasons to wait. Each pauses the clocks of the work, never that of the response.
const (
	WaitParts      WaitReason = "parts"
	WaitAccess     WaitReason = "access"
	WaitContractor WaitReason = "contractor"
)

// Ticket is one job for a tradesman.
type Ticket struct {
	ID         string          `json:"id"` // T000123, counted per site
	Asset      gateway.AssetID `json:"asset,omitempty"`
	Fault      string          `json:"fault,omitempty"` // with Asset: at most one ticket that is not over
	Unit       string          `json:"unit,omitempty"`  // the flat it is in
	Area       string          `json:"area,omitempty"`
	Title      gateway.Text    `json:"title"`
	Detail     string          `json:"detail,omitempty"` // in the words of the person who opened it
	Say        gateway.Text    `json:"say,omitzero"`     // what the gateway has to tell of it, when it did
	Origin     Origin          `json:"origin"`
	By         string          `json:"by,omitempty"` // who opened it, when a person did
	Class      Class           `json:"class"`
	Priority   Priority        `json:"priority"`
	Trade      string          `json:"trade,omitempty"`
	State      TicketState     `json:"state"`
	Opened     time.Time       `json:"opened"`
	Changed    time.Time       `json:"changed"`
	Accepted   time.Time       `json:"accepted,omitzero"`  // first response
	Assignee   string          `json:"assignee,omitempty"` // an account or a name of a contractor
	Started    time.Time       `json:"started,omitzero"`
	Waits      WaitReason      `json:"waits,omitempty"`
	Planned    time.Time       `json:"planned,omitzero"`  // complex: when the plan was made
	PlanFor    time.Time       `json:"plan_for,omitzero"` // when the work will be done, or a planned job is due
	Done       time.Time       `json:"done,omitzero"`
	ProofUntil time.Time       `json:"proof_until,omitzero"`
	Closed     time.Time       `json:"closed,omitzero"`
	Reopened   int             `json:"reopened"`             // how often the fault came back
	Recurrence string          `json:"recurrence,omitempty"` // ticket of the same fault closed not long before
	Alarms     []string        `json:"alarms,omitempty"`
	Clocks     []Clock         `json:"clocks,omitempty"`
}

// Promise is what a service clock holds the company to.
type Promise string

// The promises. All times are settable.
const (
	PromiseRespond    Promise = "respond"    // accepted in time
	PromiseEntrapment Promise = "entrapment" // with the trapped person within 30 min
	PromiseRepair     Promise = "repair"     // simple work done within 24 h
	PromisePlan       Promise = "plan"       // complex work planned within 72 h
	PromiseDue        Promise = "due"        // planned maintenance done by its date
)

// Clock is one promise of one ticket. It runs, is paused, is met or is broken.
type Clock struct {
	Promise  Promise       `json:"promise"`
	Limit    time.Duration `json:"limit"` // ns
	Started  time.Time     `json:"started"`
	Due      time.Time     `json:"due"`             // moves with every pause; as it stands while paused
	Paused   time.Time     `json:"paused,omitzero"` // since; zero: running or over
	Pauses   time.Duration `json:"pauses"`          // ns, of those that are over
	Met      time.Time     `json:"met,omitzero"`
	Warned   time.Time     `json:"warned,omitzero"`
	Breached time.Time     `json:"breached,omitzero"` // may be met later, and stays breached
}

// TicketEvent is one line of a ticket's timeline.
type TicketEvent struct {
	Ticket string       `json:"ticket"`
	No     int          `json:"no"` // from 1, without a gap
	At     time.Time    `json:"at"`
	What   What         `json:"what"`
	From   TicketState  `json:"from,omitempty"`
	To     TicketState  `json:"to,omitempty"`
	By     string       `json:"by,omitempty"`     // empty: the gateway
	Text   string       `json:"text,omitempty"`   // note, reason; what a person wrote, or data in words
	Say    gateway.Text `json:"say,omitzero"`     // what the gateway has to tell, beside or instead of Text
	Alarm  string       `json:"alarm,omitempty"`  // of an alarm's event
	Attach *Attachment  `json:"attach,omitempty"` // of What attached
	Clock  Promise      `json:"clock,omitempty"`  // of a clock's event
}

// What says what a line of a timeline tells.
type What string

// What a timeline tells.
const (
	WhatOpened     What = "opened"
	WhatState      What = "state"      // From and To
	WhatAlarm      What = "alarm"      // an alarm was added, cleared or came again
	WhatAssigned   What = "assigned"   // Text: to whom
	WhatNote       What = "note"       // Text
	WhatAttached   What = "attached"   // a photo
	WhatPlanned    What = "planned"    // Text: the plan
	WhatClassified What = "classified" // simple or complex
	WhatWarned     What = "warned"     // a clock will be broken soon
	WhatBreached   What = "breached"   // a clock was broken
	WhatProof      What = "proof"      // the proof window began, was prolonged, was passed or failed
	WhatRecurrence What = "recurrence" // the same fault was closed not long before
	WhatTrend      What = "trend"      // Text: which points and from when the trend is frozen
)

// Attachment is a file of a ticket. The bytes are the store's.
type Attachment struct {
	ID   string `json:"id"` // SHA-256 in hexadecimal: the same photo is kept once
	Name string `json:"name"`
	Type string `json:"type"` // image/jpeg, image/png or image/webp
	Size int64  `json:"size"`
}

// Outage takes points of an asset out of service, or puts them back: a ticket
// does while its work is in progress. Points empty: all of the asset.
type Outage struct {
	Asset  gateway.AssetID `json:"asset"`
	Points []string        `json:"points,omitempty"`
	Ticket string          `json:"ticket"`
	Until  time.Time       `json:"until"` // expiry; zero: put back
}

// Message is a row of the outbox: something that somebody must hear about.
// Key is stable over replays, so that a repeat can be recognised.
type Message struct {
	Key      string       `json:"key"` // A000012/raise/17, T000003/breached/respond
	At       time.Time    `json:"at"`
	What     string       `json:"what"` // alarm or ticket, a dot, and the event: alarm.raise, ticket.warned
	Priority Priority     `json:"priority"`
	Alarm    string       `json:"alarm,omitempty"`
	Ticket   string       `json:"ticket,omitempty"`
	Unit     string       `json:"unit,omitempty"`
	Title    gateway.Text `json:"title"`
}
