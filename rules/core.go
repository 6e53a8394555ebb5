package rules

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/ticket"
)

const (
	downAfter = 30 * time.Second // without readings or ticks: the gateway was not running
	maxRounds = 16               // of tickets that end or take points out, alarms that come of it, and tickets of those; it takes three
)

// Core is an engine and a desk that move each other: alarms open tickets, and
// tickets take points out of service and tell facts. It is pure as they are.
type Core struct {
	Engine *Engine
	Desk   *ticket.Desk
	Log    *slog.Logger
	Done   Done // what came of the steps since the owner last emptied it

	rounds int  // 0: maxRounds
	woken  bool // silence was made to count anew, which neither readings nor time tell
}

// Parts gives saved parts of a state back to an engine and a desk.
func Parts(e *Engine, d *ticket.Desk) func(key string, body []byte) error {
	return func(key string, body []byte) error {
		owner, rest, _ := strings.Cut(key, "/")
		switch owner {
		case "e":
			return e.Restore(rest, body)
		case "d":
			return d.Restore(rest, body)
		}
		return fmt.Errorf("rules: a part of the state has the unknown name %q", key)
	}
}

// Done is what steps brought about, in order.
type Done struct {
	Transitions []duty.Transition
	Tickets     []duty.Ticket // as each was after its step
	Events      []duty.TicketEvent
	Outbox      []duty.Message
}

// Empty reports whether nothing was brought about.
func (d *Done) Empty() bool {
	return len(d.Transitions)+len(d.Tickets)+len(d.Events)+len(d.Outbox) == 0
}

// Take steps one reading at the time it was received, after all that was due
// until then. With readings from a gateway that was not running for a while,
// silence counts anew.
func (c *Core) Take(one gateway.Reading) {
	c.Wake(one.Received)
	c.fire(one.Received)
	c.follow(c.Engine.Step(one.Received, []gateway.Reading{one}))
}

// Advance goes on to now without a reading.
func (c *Core) Advance(now time.Time) {
	c.fire(now)
	c.follow(c.Engine.Step(now, nil))
}

// Rewind goes back to an instant because the clock had been ahead.
func (c *Core) Rewind(to time.Time) {
	c.Desk.Rewind(to)
	c.follow(c.Engine.Rewind(to))
}

// Wake counts silence from now on where the gateway was not running.
func (c *Core) Wake(now time.Time) {
	if last := c.Engine.Now(); !last.IsZero() && now.Sub(last) > downAfter {
		c.Engine.Resume(now)
		c.woken = true
	}
}

// fire does what is due up to now, each at its own time, so that it does not
// matter when somebody looked.
func (c *Core) fire(now time.Time) {
	for {
		at, ok := earliest(c.Engine.Due, c.Desk.Due)
		if !ok || at.After(now) {
			return
		}
		c.follow(c.Engine.Step(at, nil))
	}
}

func earliest(due ...func() (time.Time, bool)) (at time.Time, ok bool) {
	for _, f := range due {
		if t, has := f(); has && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	return at, ok
}

// follow gives transitions to the desk and the desk's effects back to the
// engine, until nothing more comes of them. Nothing is known that goes on for
// ever within an instant, as a ticket that an alarm opens ends by time or by
// people; should it, the desk hears of every alarm all the same, and only what
// it wants of the engine is left undone and told, or the gateway would hang.
func (c *Core) follow(transitions []duty.Transition) {
	for range cmp.Or(c.rounds, maxRounds) {
		c.Done.Transitions = append(c.Done.Transitions, transitions...)
		if len(transitions) == 0 && !c.deskDue() {
			return
		}
		transitions = c.effect(c.Desk.Step(c.Engine.Now(), transitions))
	}
	if len(transitions) == 0 && !c.deskDue() {
		return
	}
	c.Done.Transitions = append(c.Done.Transitions, transitions...)
	f := c.Desk.Step(c.Engine.Now(), transitions)
	c.keep(&f)
	c.Log.Error("alarms and tickets move each other without end; points that the last tickets take out of service or put back, and what they tell, are passed over",
		"rounds", maxRounds, "outages", len(f.Outages), "facts", len(f.Facts))
}

func (c *Core) deskDue() bool {
	at, ok := c.Desk.Due()
	return ok && !at.After(c.Engine.Now())
}

// keep keeps what the desk did.
func (c *Core) keep(f *ticket.Effects) {
	d := &c.Done
	d.Tickets = append(d.Tickets, f.Tickets...)
	d.Events = append(d.Events, f.Events...)
	d.Outbox = append(d.Outbox, f.Outbox...)
}

// effect keeps what the desk did and tells the engine.
func (c *Core) effect(f ticket.Effects) (transitions []duty.Transition) {
	now := c.Engine.Now()
	c.keep(&f)
	for i := range f.Tickets {
		if f.Tickets[i].State.Over() {
			transitions = append(transitions, c.Engine.TicketOver(now, f.Tickets[i].ID)...)
		}
	}
	for _, o := range f.Outages {
		transitions = append(transitions, c.Engine.Outage(now, o)...)
	}
	for _, fact := range f.Facts {
		t, err := c.Engine.Act(now, duty.Action{Do: duty.DoSetFact, Fact: &fact})
		if err != nil && !errors.Is(err, duty.ErrUnknown) { // the asset may be gone, and then nobody asks
			c.Log.Error("a ticket's fact was refused", "fact", fact.Name, "asset", fact.Asset, "unit", fact.Unit, "error", err)
		}
		transitions = append(transitions, t...)
	}
	return transitions
}

// Act takes what a person does. An error that wraps duty.ErrRefused or
// duty.ErrUnknown changed nothing.
func (c *Core) Act(now time.Time, a duty.Action) error {
	c.Wake(now)
	c.Advance(now)
	switch a.Do {
	case duty.DoAcknowledge, duty.DoReset, duty.DoShelve, duty.DoUnshelve, duty.DoRemove, duty.DoRestore, duty.DoSetFact, duty.DoDropFact:
		if _, open := c.Desk.Ticket(a.Ticket); a.Do == duty.DoRemove && a.Ticket != "" && !open {
			return duty.Unknown("没有未结束的工单 "+a.Ticket, "there is no ticket "+a.Ticket+" that is not over")
		}
		t, err := c.Engine.Act(now, a)
		c.follow(t) // with an error, what time alone did
		return err
	}
	f, err := c.Desk.Act(now, a)
	if err != nil {
		return err
	}
	c.follow(c.effect(f))
	return nil
}
