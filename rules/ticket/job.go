package ticket

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// maxAlarms is how many alarms a ticket lists; the timeline has every one.
const maxAlarms = 100

// job is a ticket with what the desk must remember about it.
type job struct {
	T        duty.Ticket    `json:"ticket"`
	Events   int            `json:"events"`             // so far
	Last     time.Time      `json:"last"`               // time of the last one: a timeline does not go back
	Plan     string         `json:"plan,omitempty"`     // that it is of
	Units    []string       `json:"units,omitempty"`    // of a round
	DoneBy   string         `json:"done_by,omitempty"`  // who said that it is done
	Again    time.Time      `json:"again,omitzero"`     // when it was last reopened
	Window   time.Time      `json:"window,omitzero"`    // the proof counts since
	Look     time.Time      `json:"look,omitzero"`      // next look at the proof
	Held     bool           `json:"held,omitempty"`     // the timeline says that the proof does not pass
	Since    time.Time      `json:"since,omitzero"`     // work clocks stand still since
	Still    time.Duration  `json:"still,omitempty"`    // and stood before, in all
	Out      bool           `json:"out,omitempty"`      // points are out of service
	OutOf    []string       `json:"out_of,omitempty"`   // these; none: all
	OutUntil time.Time      `json:"out_until,omitzero"` // unless prolonged
	Latches  []string       `json:"latches,omitempty"`  // alarms that will need a reset
	Chatter  []string       `json:"chatter,omitempty"`  // alarms that chatter
	Told     map[string]int `json:"told,omitempty"`     // messages sent, by what
	Files    int            `json:"files,omitempty"`    // attached
	Used     float64        `json:"used,omitempty"`     // of the plan's counter, when the work was done

	UsedWithin map[string]float64 `json:"used_within,omitempty"` // likewise of those that it contains, by plan

	timer   timer
	touched bool
}

// copy is the ticket with nothing shared.
func (j *job) copy() duty.Ticket {
	t := j.T
	t.Alarms = slices.Clone(t.Alarms)
	t.Clocks = slices.Clone(t.Clocks)
	return t
}

// key names what the ticket is the only one for; false for reports by hand.
func (j *job) key() (key, bool) {
	return key{j.T.Asset, j.T.Fault}, j.T.Fault != ""
}

// number makes a ticket's ID.
func number(n int) string { return fmt.Sprintf("T%06d", n) }

// existed reports whether an ID was ever given out.
func (d *Desk) existed(id string) bool {
	digits, ok := strings.CutPrefix(id, "T")
	n, err := strconv.Atoi(digits)
	return ok && err == nil && n > 0 && n <= d.last && number(n) == id
}

// start puts a new ticket on the desk, open, and says so in its timeline.
func (d *Desk) start(at time.Time, t duty.Ticket, opened duty.TicketEvent) *job {
	d.last++
	t.ID, t.State, t.Opened, t.Changed = number(d.last), duty.TicketOpen, at, at
	d.place(&t)
	j := &job{T: t, Last: at}
	d.seat(j)
	d.unsaved["desk"] = d.saveDesk
	opened.What, opened.To = duty.WhatOpened, duty.TicketOpen
	d.event(j, at, opened)
	return j
}

// seat puts a ticket among those that are not over.
func (d *Desk) seat(j *job) {
	if j.Told == nil {
		j.Told = map[string]int{}
	}
	j.timer = timer{rank: rankTicket, name: j.T.ID, fire: func(due time.Time) { d.due(j, due) }}
	d.jobs[j.T.ID] = j
	if k, ok := j.key(); ok {
		d.open[k] = j
	}
}

// place fills in where an asset or a unit is.
func (d *Desk) place(t *duty.Ticket) {
	if a, ok := d.assets[t.Asset]; ok {
		t.Unit, t.Area = a.Unit, a.Area
	}
	if u, ok := d.units[t.Unit]; ok && t.Area == "" {
		t.Area = u.Area
	}
}

// event adds a line to a ticket's timeline. Its time is at, but never before
// the line above.
func (d *Desk) event(j *job, at time.Time, e duty.TicketEvent) {
	if at.Before(j.Last) {
		at = j.Last
	}
	j.Events++
	e.Ticket, e.No, e.At = j.T.ID, j.Events, at
	j.Last, j.T.Changed = at, at
	d.effects.Events = append(d.effects.Events, e)
	d.touch(j)
}

// touch marks a ticket as changed.
func (d *Desk) touch(j *job) {
	if !j.touched {
		j.touched = true
		d.touched = append(d.touched, j)
	}
	d.keep(j)
}

// keep has a ticket saved.
func (d *Desk) keep(j *job) {
	d.unsaved["ticket/"+j.T.ID] = func() any { return d.saveJob(j) }
}

// tell puts a message about a ticket into the outbox. Its key is its kind,
// numbered from the second of the kind on.
func (d *Desk) tell(j *job, at time.Time, what, about string, say gateway.Text) {
	name := what
	if about != "" {
		name += "/" + about
	}
	j.Told[name]++
	k := j.T.ID + "/" + name
	if n := j.Told[name]; n > 1 {
		k += "/" + strconv.Itoa(n)
	}
	d.effects.Outbox = append(d.effects.Outbox, duty.Message{
		Key: k, At: at, What: "ticket." + what, Priority: j.T.Priority, Ticket: j.T.ID, Unit: j.T.Unit,
		Title: d.headline(j.T.Asset, j.T.Title, say),
	})
}

// headline is a title with the asset's name before it and what happened behind.
func (d *Desk) headline(asset gateway.AssetID, title, say gateway.Text) gateway.Text {
	if a, ok := d.assets[asset]; ok {
		title = gateway.Text{ZH: a.Name.In("zh") + "：" + title.In("zh"), EN: a.Name.In("en") + ": " + title.In("en")}
	}
	if say != (gateway.Text{}) {
		title = gateway.Text{ZH: title.In("zh") + "（" + say.ZH + "）", EN: title.In("en") + " (" + say.EN + ")"}
	}
	return title
}

// end takes a ticket off the desk.
func (d *Desk) end(j *job) {
	j.Look, j.Since = time.Time{}, time.Time{}
	delete(d.jobs, j.T.ID)
	if k, ok := j.key(); ok {
		delete(d.open, k)
	}
	d.queue.drop(&j.timer)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

func sortTickets(t []duty.Ticket) {
	slices.SortFunc(t, func(a, b duty.Ticket) int { return compareIDs(a.ID, b.ID) })
}

// compareIDs puts T1000000 behind T999999.
func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
