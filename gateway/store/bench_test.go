package store

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/sqlite"
)

// step of the rules at a busy moment: 400 parts of state, three transitions,
// one ticket with two lines, two messages.
func busyCommit(n int) Commit {
	c := Commit{Site: site, Cursor: gateway.Seq(n), Clock: epoch.Add(time.Duration(n) * time.Second)}
	for i := range 400 {
		body, _ := json.Marshal(map[string]any{"truth": "true", "since": epoch, "number": float64(n*400 + i), "window": []float64{1.5, 2.25, 3, 4.75, float64(n)}})
		c.State = append(c.State, State{fmt.Sprintf("rule/PW-%02d/meter-%03d", i%20, i/20), body})
	}
	for i := range 3 {
		c.Transitions = append(c.Transitions, moved(uint64(3*n+i+1), 3*n+i, duty.EventRaise, duty.Normal, duty.Unacknowledged, time.Duration(n)*time.Second))
	}
	k := ticket(n, duty.TicketOpen, 0)
	c.Tickets = []duty.Ticket{k}
	c.Events = []duty.TicketEvent{{Ticket: k.ID, No: 1, At: epoch, What: duty.WhatOpened}, {Ticket: k.ID, No: 2, At: epoch, What: duty.WhatAlarm, Alarm: "A000001"}}
	c.Outbox = []duty.Message{{Key: fmt.Sprint("a/", n), At: epoch}, {Key: fmt.Sprint("b/", n), At: epoch}}
	return c
}

// BenchmarkCommit is a commit of 400 state parts, 3 transitions and 1 ticket.
// On two cores it should take less than 3 ms; fsyncs are counted with strace.
func BenchmarkCommit(b *testing.B) {
	s := fresh(b)
	all := make([]Commit, b.N)
	for i := range all {
		all[i] = busyCommit(i)
	}
	b.ResetTimer()
	for i := range all {
		ok(b, s.Commit(context.Background(), all[i]))
	}
	b.StopTimer()
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/commit")
}

// BenchmarkCursor is a commit that moves nothing but the cursor.
func BenchmarkCursor(b *testing.B) {
	s := fresh(b)
	for i := 0; b.Loop(); i++ {
		ok(b, s.Commit(context.Background(), Commit{Site: site, Cursor: gateway.Seq(i), Clock: epoch}))
	}
}

// BenchmarkOpenAlarms lists the open ones among many that are over.
func BenchmarkOpenAlarms(b *testing.B) {
	s := fresh(b)
	many(b, s, 20_000)
	_, err := s.w.Exec("UPDATE alarms SET open = 0, state = 'normal' WHERE n % 200 <> 0")
	ok(b, err)
	for b.Loop() {
		_, err := s.Alarms(context.Background(), site, AlarmFilter{Open: true, Limit: 100})
		ok(b, err)
	}
}

// BenchmarkKPI is a month of figures over 20,000 alarms.
func BenchmarkKPI(b *testing.B) {
	s := fresh(b)
	many(b, s, 20_000)
	_, err := s.w.Exec("UPDATE alarms SET ended = began + 3600000000000; UPDATE tickets SET ended = began + 3600000000000")
	ok(b, err)
	s.opt.Now = func() time.Time { return epoch.Add(20_001 * time.Hour) }
	for b.Loop() {
		_, err := s.KPI(context.Background(), site, epoch.Add(10_000*time.Hour), epoch.Add(10_720*time.Hour))
		ok(b, err)
	}
}

// BenchmarkCheck is quick_check at the start, over a file whose size is told.
func BenchmarkCheck(b *testing.B) {
	s := fresh(b)
	many(b, s, 20_000)
	info, err := os.Stat(s.path)
	ok(b, err)
	for b.Loop() {
		ok(b, sqlite.Check(context.Background(), s.r))
	}
	b.ReportMetric(float64(info.Size())/(1<<20), "MiB")
}

// BenchmarkKPIOfAMonthOfChattering is a month of figures over 300,000 raises
// and clears of four alarms; a body is as large as it is in a gateway.
func BenchmarkKPIOfAMonthOfChattering(b *testing.B) {
	s := fresh(b)
	many(b, s, 4)
	_, err := s.w.Exec(`WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 299999)
		INSERT INTO transitions (site, seq, at, alarm, asset, rule, priority, event, was, state, active, who, body)
		SELECT ?1, 100 + i, ?2 + i * 8640000000, printf('A%06d', 1 + i / 2 % 4), printf('pump-%d', i / 2 % 4), 'PU-01', 2, iif(i % 2, 'clear', 'raise'),
			iif(i % 2, 'unacknowledged', 'returned'), iif(i % 2, 'returned', 'unacknowledged'), 1 - i % 2, '', zeroblob(900) FROM c`, site, ns(epoch))
	ok(b, err)
	s.opt.Now = func() time.Time { return epoch.Add(30 * aDay) }
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.KPI(context.Background(), site, epoch, epoch.Add(30*aDay))
		ok(b, err)
	}
}
