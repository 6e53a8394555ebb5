package store

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"steward/gateway"
	"steward/gateway/duty"
)

// Everything at once: what is written is all there, and every read is of one
// instant.
func TestTogether(t *testing.T) {
	s := fresh(t)
	const n = 60
	photo := jpegOf(t)
	var all sync.WaitGroup
	run := func(what string, f func(i int) error) {
		all.Go(func() {
			for i := range n {
				if err := f(i); err != nil {
					t.Errorf("%s %d: %v", what, i, err)
				}
			}
		})
	}
	ctx := context.Background()
	for _, where := range []string{site, "meadow"} {
		run("commit", func(i int) error {
			// The cursor and its only part say the same: a load must see so.
			return s.Commit(ctx, Commit{Site: where, Cursor: gateway.Seq(i + 1), Clock: epoch, State: []State{{"n", fmt.Append(nil, i+1)}},
				Transitions: []duty.Transition{moved(uint64(i+1), i+1, duty.EventRaise, duty.Normal, duty.Unacknowledged, 0)},
				Outbox:      []duty.Message{{Key: fmt.Sprint(i)}}, Action: &Acted{By: "wang", Do: "note", At: epoch}})
		})
		run("record", func(i int) error { return s.Record(ctx, where, Acted{By: "li", Do: "sign_in", At: epoch}) })
		run("load", func(int) error {
			part := "0"
			saved, err := s.Load(ctx, where, func(_ string, body []byte) error { part = string(body); return nil })
			if err == nil && fmt.Sprint(saved.Cursor) != part {
				err = fmt.Errorf("cursor %d, state %s", saved.Cursor, part)
			}
			return err
		})
		run("verify", func(int) error { _, err := s.VerifyAudit(ctx, where); return err })
		run("list", func(int) error { _, err := s.Alarms(ctx, where, AlarmFilter{Open: true}); return err })
		run("figures", func(int) error { _, err := s.KPI(ctx, where, epoch, epoch.Add(1)); return err })
	}
	run("attach", func(int) error { _, err := s.Attach(ctx, site, "a.jpg", bytes.NewReader(photo)); return err })
	run("backup", func(i int) error {
		if i%20 != 0 {
			return nil
		}
		return s.backup(ctx)
	})
	all.Wait()
	for _, where := range []string{site, "meadow"} {
		checked, err := s.VerifyAudit(ctx, where)
		ok(t, err)
		same(t, "audit rows", checked, 2*n)
		list, err := s.Alarms(ctx, where, AlarmFilter{})
		ok(t, err)
		same(t, "alarms", len(list), n)
		out, err := s.OutboxPending(ctx, where, epoch, 500)
		ok(t, err)
		same(t, "messages", len(out), n)
	}
	same(t, "commits", s.Status().Commits, uint64(2*n))
}
