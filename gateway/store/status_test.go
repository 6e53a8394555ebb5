package store

import (
	"bytes"
	"context"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// What the store holds, how large it is and when it last took something is
// told without counting whenever somebody asks.
func TestStatusTellsWhatThereIs(t *testing.T) {
	opt, _ := options(t.TempDir())
	opt.Keep = 90 * 24 * time.Hour
	s := open(t, opt)
	now := opt.Now()
	before := s.Status()
	if !before.Committed.IsZero() || before.Rows != nil || before.Bytes == 0 || before.Keep != opt.Keep {
		t.Errorf("a new store says %+v", before)
	}
	ok(t, s.Commit(context.Background(), first()))
	a, err := s.Attach(context.Background(), site, "p.png", bytes.NewReader(pixels(t, 4)))
	ok(t, err)
	s.tally(context.Background())
	got := s.Status()
	same(t, "rows", got.Rows, map[string]int64{"alarms": 1, "transitions": 1, "tickets": 1, "ticket_events": 1, "outbox": 1, "audit": 1, "attachments": 1})
	if got.Photos != a.Size || !got.Committed.Equal(now) || !got.Counted.Equal(now) || got.Bytes <= before.Bytes {
		t.Errorf("it says %+v", got)
	}
	ok(t, s.Commit(context.Background(), Commit{Site: site, Cursor: 8, Transitions: []duty.Transition{moved(2, 2, duty.EventRaise, duty.Normal, duty.Unacknowledged, 0)}}))
	same(t, "rows before they are counted again", s.Status().Rows["alarms"], int64(1))
}

// A commit that comes while a ticket is read is in both parts of the answer,
// or in neither.
func TestATicketIsReadAtOneInstant(t *testing.T) {
	s := fresh(t)
	ok(t, s.Commit(context.Background(), first()))
	s.opt.hooks.between = func() {
		s.opt.hooks.between = nil
		ok(t, s.Commit(context.Background(), Commit{Site: site, Cursor: gateway.Seq(8), Tickets: []duty.Ticket{ticket(1, duty.TicketAccepted, time.Second)},
			Events: []duty.TicketEvent{{Ticket: "T000001", No: 2, At: epoch.Add(time.Second), What: duty.WhatState, From: duty.TicketOpen, To: duty.TicketAccepted}}}))
	}
	k, lines, err := s.Ticket(context.Background(), site, "T000001")
	ok(t, err)
	same(t, "lines", len(lines), 1)
	same(t, "state", k.State, duty.TicketOpen)
}
