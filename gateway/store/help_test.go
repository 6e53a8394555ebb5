package store

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const site = "garden"

// logs keeps what was logged.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func options(dir string) (Options, *logs) {
	l := &logs{}
	return Options{Dir: dir, Now: func() time.Time { return epoch.Add(100 * 24 * time.Hour) }, Log: slog.New(slog.NewTextHandler(l, nil))}, l
}

func open(t testing.TB, opt Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.w != nil {
			ok(t, s.Close())
		}
	})
	return s
}

func fresh(t testing.TB) *Store {
	opt, _ := options(t.TempDir())
	return open(t, opt)
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// alarm is the n-th alarm as it is in a state, t after the epoch.
func alarm(n int, state duty.AlarmState, t time.Duration) duty.Alarm {
	number := 1.5
	return duty.Alarm{ID: fmt.Sprintf("A%06d", n), AlarmKey: duty.AlarmKey{Asset: gateway.AssetID(fmt.Sprintf("pump-%d", n%3)), Rule: "PU-01"},
		Fault: "PU-01", Title: gateway.Text{ZH: "水泵干转", EN: "Pump running dry"}, Priority: duty.Priority(1 + n%4), Class: duty.ClassSimple,
		State: state, Active: state != duty.Normal, Raised: epoch, Changed: epoch.Add(t), Activations: 1,
		Inputs: []duty.Input{{Name: "suction_pressure", Number: &number, Quality: gateway.QualityGood, Time: epoch}}}
}

// moved is a transition of that alarm.
func moved(seq uint64, n int, event duty.AlarmEvent, from, to duty.AlarmState, t time.Duration) duty.Transition {
	return duty.Transition{Seq: seq, At: epoch.Add(t), Event: event, From: from, To: to, Alarm: alarm(n, to, t)}
}

func ticket(n int, state duty.TicketState, t time.Duration) duty.Ticket {
	return duty.Ticket{ID: fmt.Sprintf("T%06d", n), Asset: gateway.AssetID(fmt.Sprintf("pump-%d", n%3)), Fault: "PU-01", Unit: fmt.Sprint("unit-", n%2),
		Area: "cellar", Title: gateway.Text{ZH: "水泵干转", EN: "Pump running dry"}, Origin: duty.OriginAlarm, Class: duty.ClassSimple,
		Priority: duty.Priority(1 + n%4), State: state, Opened: epoch, Changed: epoch.Add(t), Alarms: []string{fmt.Sprintf("A%06d", n)},
		Clocks: []duty.Clock{{Promise: duty.PromiseRespond, Limit: time.Hour, Started: epoch, Due: epoch.Add(time.Hour)}}}
}

// first is a commit with a little of everything.
func first() Commit {
	return Commit{Site: site, Cursor: 7, Clock: epoch.Add(time.Second),
		State:       []State{{"alarm/A000001", []byte(`{"a":1}`)}, {"rule/PU-01", []byte(`{"b":2}`)}},
		Transitions: []duty.Transition{moved(1, 1, duty.EventRaise, duty.Normal, duty.Unacknowledged, 0)},
		Tickets:     []duty.Ticket{ticket(1, duty.TicketOpen, 0)},
		Events:      []duty.TicketEvent{{Ticket: "T000001", No: 1, At: epoch, What: duty.WhatOpened, Alarm: "A000001"}},
		Outbox:      []duty.Message{{Key: "A000001/raise/1", At: epoch, What: "alarm.raise", Priority: duty.P2, Alarm: "A000001"}},
		Action:      &Acted{By: "wang", Do: "acknowledge", About: "A000001", Text: "on my way", At: epoch}}
}

// parts loads a site's state.
func parts(t testing.TB, s *Store) (map[string]string, Saved) {
	t.Helper()
	out := map[string]string{}
	saved, err := s.Load(context.Background(), site, func(key string, body []byte) error {
		out[key] = string(body)
		return nil
	})
	ok(t, err)
	return out, saved
}

// dump is every row of every table, for comparing two stores.
func dump(t testing.TB, s *Store) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range []string{"alarms", "transitions", "tickets", "ticket_events", "outbox", "rule_state", "cursors", "audit", "audit_heads", "attachments"} {
		rows, err := s.r.Query("SELECT * FROM " + table)
		ok(t, err)
		columns, err := rows.Columns()
		ok(t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			ok(t, rows.Scan(values...))
			line := ""
			for _, v := range values {
				line += fmt.Sprintf("%q|", fmt.Sprint(*v.(*any)))
			}
			out[table] = append(out[table], line)
		}
		ok(t, rows.Err())
		ok(t, rows.Close())
	}
	return out
}
