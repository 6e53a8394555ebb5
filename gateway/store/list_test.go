package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// many fills a store with alarms and tickets: those with even numbers are
// over. The n-th begins n hours after the epoch and ends an hour later.
func many(t testing.TB, s *Store, n int) {
	t.Helper()
	c := Commit{Site: site, Cursor: 1}
	for i := 1; i <= n; i++ {
		began := time.Duration(i) * time.Hour
		up, k := moved(uint64(len(c.Transitions)+1), i, duty.EventRaise, duty.Normal, duty.Unacknowledged, began), ticket(i, duty.TicketOpen, began)
		c.Transitions = append(c.Transitions, up)
		k.Opened = epoch.Add(began)
		if i%2 == 0 {
			down := moved(up.Seq+1, i, duty.EventClear, duty.Acknowledged, duty.Normal, began+time.Hour)
			down.By = "wang"
			c.Transitions = append(c.Transitions, down)
			k.State, k.Changed = duty.TicketClosed, epoch.Add(began+time.Hour)
			k.Clocks[0].Breached = epoch.Add(began)
		}
		c.Tickets = append(c.Tickets, k)
	}
	ok(t, s.Commit(context.Background(), c))
	c.Site = "other"
	ok(t, s.Commit(context.Background(), c))
}

func TestAlarmFilters(t *testing.T) {
	s := fresh(t)
	many(t, s, 12)
	for name, c := range map[string]struct {
		f    AlarmFilter
		want []int
	}{
		"all":        {AlarmFilter{}, []int{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		"open":       {AlarmFilter{Open: true}, []int{11, 9, 7, 5, 3, 1}},
		"states":     {AlarmFilter{States: []duty.AlarmState{duty.Normal, duty.Shelved}}, []int{12, 10, 8, 6, 4, 2}},
		"priorities": {AlarmFilter{Priorities: []duty.Priority{duty.P1, duty.P3}}, []int{12, 10, 8, 6, 4, 2}},
		"assets":     {AlarmFilter{Assets: []gateway.AssetID{"pump-0"}}, []int{12, 9, 6, 3}},
		"rule":       {AlarmFilter{Rule: "PU-02"}, nil},
		"fault":      {AlarmFilter{Fault: "PU-01", Limit: 1}, []int{12}},
		"ids":        {AlarmFilter{IDs: []string{"A000003", "A000009", "A999999"}}, []int{9, 3}},
		"page":       {AlarmFilter{After: "A000005", Limit: 3}, []int{4, 3, 2}},
		"after none": {AlarmFilter{After: "A000077"}, nil},
		// Those that are open live on; the eighth ends at 9 h, the end counts.
		"lived": {AlarmFilter{From: epoch.Add(9 * time.Hour), To: epoch.Add(10 * time.Hour)}, []int{9, 8, 7, 5, 3, 1}},
	} {
		got, err := s.Alarms(context.Background(), site, c.f)
		ok(t, err)
		var ids []int
		for _, a := range got {
			var n int
			_, err := fmt.Sscanf(a.ID, "A%d", &n)
			ok(t, err)
			ids = append(ids, n)
		}
		same(t, name, ids, c.want)
	}
}

func TestTicketFilters(t *testing.T) {
	s := fresh(t)
	many(t, s, 12)
	for name, c := range map[string]struct {
		f    TicketFilter
		want []int
	}{
		"open":     {TicketFilter{Open: true, Limit: 2}, []int{11, 9}},
		"breached": {TicketFilter{Breached: true, Limit: 2}, []int{12, 10}},
		"states":   {TicketFilter{States: []duty.TicketState{duty.TicketOpen}, Assets: []gateway.AssetID{"pump-1"}}, []int{7, 1}},
		"classes":  {TicketFilter{Classes: []duty.Class{duty.ClassComplex}}, nil},
		"priority": {TicketFilter{Priorities: []duty.Priority{duty.P4}}, []int{11, 7, 3}},
		"unit":     {TicketFilter{Unit: "unit-0", Limit: 2}, []int{12, 10}},
		"areas":    {TicketFilter{Areas: []string{"roof"}}, nil},
		"fault":    {TicketFilter{Fault: "PU-01", Origin: duty.OriginAlarm, Limit: 1}, []int{12}},
		"origin":   {TicketFilter{Origin: duty.OriginRain}, nil},
		"ids":      {TicketFilter{IDs: []string{"T000002"}}, []int{2}},
		"lived":    {TicketFilter{From: epoch.Add(9 * time.Hour), To: epoch.Add(10 * time.Hour)}, []int{9, 8, 7, 5, 3, 1}},
	} {
		got, err := s.Tickets(context.Background(), site, c.f)
		ok(t, err)
		var ids []int
		for _, k := range got {
			var n int
			_, err := fmt.Sscanf(k.ID, "T%d", &n)
			ok(t, err)
			ids = append(ids, n)
		}
		same(t, name, ids, c.want)
	}
}

// Pages put together are the list, whatever the size of a page and even when
// something new comes in between.
func TestPagesJoin(t *testing.T) {
	s := fresh(t)
	many(t, s, 20)
	for size := 1; size <= 7; size++ {
		var ids []string
		f := AlarmFilter{Limit: size}
		for {
			page, err := s.Alarms(context.Background(), site, f)
			ok(t, err)
			if len(page) == 0 {
				break
			}
			for _, a := range page {
				ids = append(ids, a.ID)
			}
			f.After = ids[len(ids)-1]
			if len(ids) < 3*size {
				seq := uint64(1000*size + len(ids))
				ok(t, s.Commit(context.Background(), Commit{Site: site, Transitions: []duty.Transition{
					moved(seq, int(seq), duty.EventRaise, duty.Normal, duty.Unacknowledged, 0)}}))
			}
		}
		if !slices.IsSortedFunc(ids, func(a, b string) int { return -cmpString(a, b) }) || len(slices.Compact(ids)) != len(ids) || ids[len(ids)-1] != "A000001" {
			t.Fatalf("pages of %d: %v", size, ids)
		}
	}
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestTransitionFilters(t *testing.T) {
	s := fresh(t)
	many(t, s, 6) // 1; 2 3; 4; 5 6; 7; 8 9
	for name, c := range map[string]struct {
		f    TransitionFilter
		want []uint64
	}{
		"all":    {TransitionFilter{}, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		"newest": {TransitionFilter{Newest: true, Limit: 3}, []uint64{9, 8, 7}},
		"before": {TransitionFilter{Newest: true, After: 7, Limit: 2}, []uint64{6, 5}},
		"after":  {TransitionFilter{After: 7}, []uint64{8, 9}},
		"alarm":  {TransitionFilter{Alarm: "A000004"}, []uint64{5, 6}},
		"events": {TransitionFilter{Events: []duty.AlarmEvent{duty.EventClear}}, []uint64{3, 6, 9}},
		"people": {TransitionFilter{ByPeople: true, Limit: 1}, []uint64{3}},
		"assets": {TransitionFilter{Assets: []gateway.AssetID{"pump-0"}, Rule: "PU-01"}, []uint64{4, 8, 9}},
		"within": {TransitionFilter{From: epoch.Add(2 * time.Hour), To: epoch.Add(3 * time.Hour)}, []uint64{2}},
	} {
		got, err := s.Transitions(context.Background(), site, c.f)
		ok(t, err)
		var seqs []uint64
		for _, tr := range got {
			seqs = append(seqs, tr.Seq)
		}
		same(t, name, seqs, c.want)
	}
}

func TestWhatThereIsNot(t *testing.T) {
	s := fresh(t)
	many(t, s, 1)
	if _, _, err := s.Alarm(context.Background(), site, "A000002"); !errors.Is(err, duty.ErrUnknown) {
		t.Fatal(err)
	}
	if _, _, err := s.Ticket(context.Background(), "nowhere", "T000001"); !errors.Is(err, duty.ErrUnknown) {
		t.Fatal(err)
	}
	if list, err := s.Alarms(context.Background(), "nowhere", AlarmFilter{}); err != nil || list == nil || len(list) != 0 {
		t.Fatalf("want an empty list, got %v, %v", list, err)
	}
}

func TestALimitIsNeverOver500(t *testing.T) {
	s := fresh(t)
	many(t, s, 600)
	for asked, want := range map[int]int{0: 100, -5: 100, 499: 499, 5000: 500} {
		got, err := s.Alarms(context.Background(), site, AlarmFilter{Limit: asked})
		ok(t, err)
		same(t, fmt.Sprint("asked for ", asked), len(got), want)
	}
}

// A long timeline is read from its end, and the rest page by page.
func TestTimelinePages(t *testing.T) {
	s := fresh(t)
	c := first()
	c.Events = nil
	for no := 1; no <= 700; no++ {
		c.Events = append(c.Events, duty.TicketEvent{Ticket: "T000001", No: no, At: epoch, What: duty.WhatNote})
	}
	ok(t, s.Commit(context.Background(), c))
	_, events, err := s.Ticket(context.Background(), site, "T000001")
	ok(t, err)
	same(t, "first and last", []int{events[0].No, events[len(events)-1].No}, []int{201, 700})
	events, err = s.Timeline(context.Background(), site, "T000001", events[0].No, 500)
	ok(t, err)
	same(t, "first and last before", []int{events[0].No, events[len(events)-1].No}, []int{1, 200})
}

// A row that cannot be read costs itself.
func TestAnUnreadableRow(t *testing.T) {
	opt, log := options(t.TempDir())
	s := open(t, opt)
	many(t, s, 3)
	_, err := s.w.Exec("UPDATE alarms SET body = '{' WHERE id = 'A000002'")
	ok(t, err)
	got, err := s.Alarms(context.Background(), site, AlarmFilter{})
	ok(t, err)
	same(t, "alarms", len(got), 2)
	same(t, "counted", s.Status().Unreadable, uint64(1))
	if log.String() == "" {
		t.Fatal("nothing was logged")
	}
}

func TestOutboxDelivery(t *testing.T) {
	s := fresh(t)
	c := first()
	c.Outbox = []duty.Message{{Key: "a", At: epoch}, {Key: "b", At: epoch.Add(-time.Minute)}, {Key: "c", At: epoch.Add(time.Hour)}}
	ok(t, s.Commit(context.Background(), c))
	pending := func(now time.Duration) (keys []string) {
		out, err := s.OutboxPending(context.Background(), site, epoch.Add(now), 10)
		ok(t, err)
		for _, o := range out {
			keys = append(keys, o.Message.Key)
		}
		return keys
	}
	same(t, "due now", pending(0), []string{"b", "a"})
	ok(t, s.OutboxMark(context.Background(), site, 1, Attempt{Next: epoch.Add(time.Minute), Failure: "busy"}))
	same(t, "after a failure", pending(0), []string{"b"})
	ok(t, s.OutboxMark(context.Background(), site, 2, Attempt{Delivered: epoch}))
	same(t, "a minute later", pending(time.Minute), []string{"a"})
	ok(t, s.OutboxMark(context.Background(), site, 2, Attempt{Failure: "told twice"}))
	out, err := s.Outbox(context.Background(), site, 1, 1)
	ok(t, err)
	same(t, "a delivered row", out, []Outgoing{{No: 2, Message: c.Outbox[1], Attempts: 2, Delivered: epoch, Failure: "told twice"}})
	if err := s.OutboxMark(context.Background(), "other", 1, Attempt{}); !errors.Is(err, duty.ErrUnknown) {
		t.Fatalf("another site's row was marked: %v", err)
	}
}
