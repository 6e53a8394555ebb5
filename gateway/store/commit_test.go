package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/gateway/duty"
)

func TestCommitIsThereAfterReopening(t *testing.T) {
	opt, _ := options(t.TempDir())
	s := open(t, opt)
	c := first()
	ok(t, s.Commit(context.Background(), c))
	ok(t, s.Close())
	s = open(t, opt)

	state, saved := parts(t, s)
	same(t, "saved", saved, Saved{Cursor: 7, Clock: epoch.Add(time.Second), Found: true})
	same(t, "state", state, map[string]string{"alarm/A000001": `{"a":1}`, "rule/PU-01": `{"b":2}`})
	a, steps, err := s.Alarm(context.Background(), site, "A000001")
	ok(t, err)
	same(t, "alarm", a, c.Transitions[0].Alarm)
	same(t, "transitions", steps, c.Transitions)
	k, events, err := s.Ticket(context.Background(), site, "T000001")
	ok(t, err)
	same(t, "ticket", k, c.Tickets[0])
	same(t, "timeline", events, c.Events)
	out, err := s.Outbox(context.Background(), site, 0, 10)
	ok(t, err)
	same(t, "outbox", out, []Outgoing{{No: 1, Message: c.Outbox[0], Next: epoch}})
	log, err := s.Audit(context.Background(), site, AuditFilter{})
	ok(t, err)
	if len(log) != 1 || log[0].No != 1 || log[0].Acted != *c.Action || len(log[0].Hash) != 64 {
		t.Fatalf("audit log: %+v", log)
	}
}

func TestLoadOfASiteThatNeverCommitted(t *testing.T) {
	s := fresh(t)
	ok(t, s.Record(context.Background(), site, Acted{By: "wang", Do: "sign_in", At: epoch}))
	_, saved := parts(t, s)
	same(t, "saved", saved, Saved{})
}

func TestStatePartsAreReplacedAndDeleted(t *testing.T) {
	s := fresh(t)
	ok(t, s.Commit(context.Background(), Commit{Site: site, Cursor: 1, State: []State{{"a", []byte("1")}, {"b", []byte("2")}, {"c", []byte{}}}}))
	ok(t, s.Commit(context.Background(), Commit{Site: site, Cursor: 2, State: []State{{"a", []byte("3")}, {"b", nil}, {"never", nil}}}))
	ok(t, s.Commit(context.Background(), Commit{Site: "other", Cursor: 9, State: []State{{"a", []byte("x")}}}))
	state, saved := parts(t, s)
	same(t, "state", state, map[string]string{"a": "3", "c": ""})
	same(t, "cursor", saved.Cursor, Saved{Cursor: 2}.Cursor)
	_, err := s.Load(context.Background(), site, func(key string, _ []byte) error { return fmt.Errorf("%s is from the future", key) })
	if err == nil || !strings.Contains(err.Error(), "a is from the future") {
		t.Fatalf("an error of part was lost: %v", err)
	}
}

func TestTheLastSnapshotOfACommitIsTheAlarm(t *testing.T) {
	s := fresh(t)
	c := first()
	c.Transitions = append(c.Transitions, moved(2, 1, duty.EventAcknowledge, duty.Unacknowledged, duty.Acknowledged, time.Minute),
		moved(3, 2, duty.EventRaise, duty.Normal, duty.Unacknowledged, time.Minute), moved(4, 1, duty.EventClear, duty.Acknowledged, duty.Normal, time.Hour))
	ok(t, s.Commit(context.Background(), c))
	a, steps, err := s.Alarm(context.Background(), site, "A000001")
	ok(t, err)
	same(t, "state", a.State, duty.Normal)
	same(t, "transitions of the alarm", len(steps), 3)
	open, err := s.Alarms(context.Background(), site, AlarmFilter{Open: true})
	ok(t, err)
	if len(open) != 1 || open[0].ID != "A000002" {
		t.Fatalf("open: %+v", open)
	}
}

// A commit that fails anywhere leaves the store as it was, and the same
// commit succeeds when the disk is well again.
func TestAFailingCommitLeavesNothing(t *testing.T) {
	steps := []string{"transitions", "alarms", "tickets", "events", "outbox", "state", "audit", "cursor", "commit"}
	for _, failing := range steps {
		t.Run(failing, func(t *testing.T) {
			opt, _ := options(t.TempDir())
			var fail, met bool
			full := errors.New("no space left on device")
			opt.hooks.before = func(step string) error {
				if fail && step == failing {
					met = true
					return full
				}
				return nil
			}
			s := open(t, opt)
			ok(t, s.Commit(context.Background(), first()))
			before := dump(t, s)
			c := second()
			fail = true
			err := s.Commit(context.Background(), c)
			if !met || !errors.Is(err, full) || !strings.Contains(err.Error(), "site garden at entry 8") {
				t.Fatalf("want the disk's error with its place, got %v", err)
			}
			same(t, "store after the failure", dump(t, s), before)
			same(t, "refusals", s.Status().Refused, uint64(1))
			if s.Status().LastError == "" || s.Status().ErrorSince.IsZero() {
				t.Fatal("the status does not tell of the failure")
			}
			fail = false
			ok(t, s.Commit(context.Background(), c))
			same(t, "error of the status", s.Status().LastError, "")
			whole := fresh(t)
			ok(t, whole.Commit(context.Background(), first()))
			ok(t, whole.Commit(context.Background(), c))
			same(t, "store after the repeat", dump(t, s), dump(t, whole))
		})
	}
}

// second goes on where first ended, and touches every table again.
func second() Commit {
	c := first()
	c.Cursor, c.Clock = 8, epoch.Add(time.Minute)
	c.State = []State{{"alarm/A000001", []byte(`{"a":9}`)}, {"rule/PU-01", nil}}
	c.Transitions = []duty.Transition{moved(2, 1, duty.EventClear, duty.Unacknowledged, duty.Returned, time.Minute)}
	c.Tickets = []duty.Ticket{ticket(1, duty.TicketProving, time.Minute)}
	c.Events = []duty.TicketEvent{{Ticket: "T000001", No: 2, At: epoch, What: duty.WhatState}}
	c.Outbox = []duty.Message{{Key: "T000001/proof/1", At: epoch}}
	return c
}

func TestDuplicatesAreNamed(t *testing.T) {
	s := fresh(t)
	ok(t, s.Commit(context.Background(), first()))
	before := dump(t, s)

	again := second()
	again.Transitions[0].Seq = 1
	err := s.Commit(context.Background(), again)
	if !errors.Is(err, ErrDuplicate) || !strings.Contains(err.Error(), "transition 1 of alarm A000001") {
		t.Fatalf("want the doubled transition named, got %v", err)
	}
	again = second()
	again.Events[0].No = 1
	err = s.Commit(context.Background(), again)
	if !errors.Is(err, ErrDuplicate) || !strings.Contains(err.Error(), "event 1 of ticket T000001") {
		t.Fatalf("want the doubled event named, got %v", err)
	}
	same(t, "store", dump(t, s), before)

	other := first()
	other.Site = "meadow"
	ok(t, s.Commit(context.Background(), other)) // numbers are each site's own
}

func TestAMessageIsPutInOnce(t *testing.T) {
	s := fresh(t)
	c := first()
	ok(t, s.Commit(context.Background(), c))
	later := Commit{Site: site, Cursor: 9, Outbox: []duty.Message{{Key: c.Outbox[0].Key, What: "changed"}, {Key: "T000001/opened/1"}}}
	ok(t, s.Commit(context.Background(), later))
	out, err := s.Outbox(context.Background(), site, 0, 0)
	ok(t, err)
	same(t, "messages", len(out), 2)
	same(t, "the first", out[0].Message, c.Outbox[0])
}

func TestNumbersThatJSONCannotSay(t *testing.T) {
	s := fresh(t)
	c := first()
	nan := math.NaN()
	c.Transitions[0].Alarm.Inputs[0].Number = &nan
	ok(t, s.Commit(context.Background(), c))
	if c.Transitions[0].Alarm.Inputs[0].Number != &nan {
		t.Fatal("the caller's transition was changed")
	}
	a, _, err := s.Alarm(context.Background(), site, "A000001")
	ok(t, err)
	if a.Inputs[0].Number != nil || a.Inputs[0].Name != "suction_pressure" {
		t.Fatalf("input: %+v", a.Inputs[0])
	}
}

func TestACommitThatIsNotBegun(t *testing.T) {
	s := fresh(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Commit(ctx, first()); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, saved := parts(t, s); saved.Found {
		t.Fatal("something was committed")
	}
}
