package store

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

const aDay = 24 * time.Hour

// left lists the IDs of what a table still has.
func left(t *testing.T, s *Store, column, table string) (ids []string) {
	t.Helper()
	ok(t, each(context.Background(), s.r, "SELECT DISTINCT "+column+" FROM "+table+" ORDER BY 1", nil, func(scan func(...any) error) error {
		var id string
		ids = append(ids, "")
		err := scan(&id)
		ids[len(ids)-1] = id
		return err
	}))
	return ids
}

// What is over for longer than Keep is deleted with all that belongs to it;
// what is open, however old, what is younger, and the audit log stay.
func TestOldRecordsAreDeleted(t *testing.T) {
	opt, log := options(t.TempDir())
	opt.Keep = 30 * aDay
	now := epoch
	opt.Now = func() time.Time { return now }
	s := open(t, opt)
	c := Commit{Site: site, Cursor: 1, Clock: epoch.Add(100 * aDay), Action: &Acted{By: "li", Do: "acknowledge", About: "A000001", At: epoch}}
	seq := uint64(0)
	step := func(n int, event duty.AlarmEvent, from, to duty.AlarmState, at time.Duration) {
		seq++
		c.Transitions = append(c.Transitions, moved(seq, n, event, from, to, at))
	}
	for n, over := range map[int]time.Duration{1: aDay, 2: 69 * aDay, 3: 71 * aDay} { // day 70 is the limit
		step(n, duty.EventRaise, duty.Normal, duty.Unacknowledged, 0)
		step(n, duty.EventClear, duty.Unacknowledged, duty.Returned, time.Hour)
		step(n, duty.EventAcknowledge, duty.Returned, duty.Normal, over)
	}
	step(4, duty.EventRaise, duty.Normal, duty.Unacknowledged, 0) // open to this day
	for range 700 {                                               // more than a batch
		step(5, duty.EventMark, duty.Unacknowledged, duty.Unacknowledged, 0)
	}
	step(5, duty.EventClear, duty.Acknowledged, duty.Normal, aDay)
	for n, k := range []duty.Ticket{ticket(1, duty.TicketClosed, aDay), ticket(2, duty.TicketClosed, 80*aDay), ticket(3, duty.TicketOpen, 0)} {
		c.Tickets = append(c.Tickets, k)
		c.Events = append(c.Events, duty.TicketEvent{Ticket: k.ID, No: 1, At: epoch, What: duty.WhatOpened})
		c.Outbox = append(c.Outbox, duty.Message{Key: fmt.Sprint(n), At: epoch.Add(time.Duration(n) * 40 * aDay)})
	}
	ok(t, s.Commit(context.Background(), c))

	// The rules' clock counts as well: a wall clock years ahead deletes nothing.
	now = epoch.Add(3650 * aDay)
	_, err := s.w.Exec("UPDATE cursors SET clock = ?", ns(epoch.Add(20*aDay)))
	ok(t, err)
	before := dump(t, s)
	ok(t, s.trim(context.Background()))
	same(t, "rows while the clock is ahead", dump(t, s), before)

	now = epoch.Add(100 * aDay)
	_, err = s.w.Exec("UPDATE cursors SET clock = ?, began = ?", ns(now), ns(epoch))
	ok(t, err)
	s.status.Backup = time.Time{}
	s.upkeep(context.Background())
	same(t, "error", s.Status().Error, "")
	same(t, "alarms", left(t, s, "id", "alarms"), []string{"A000003", "A000004"})
	same(t, "transitions", left(t, s, "alarm", "transitions"), []string{"A000003", "A000004"})
	same(t, "tickets", left(t, s, "id", "tickets"), []string{"T000002", "T000003"})
	same(t, "lines", left(t, s, "ticket", "ticket_events"), []string{"T000002", "T000003"})
	same(t, "messages", left(t, s, "key", "outbox"), []string{"2"})
	if n, err := s.VerifyAudit(context.Background(), site); n != 1 || err != nil {
		t.Errorf("audit log: %d rows, %v", n, err)
	}
	if !strings.Contains(log.String(), "old records were deleted") {
		t.Errorf("log: %s", log)
	}
	k, err := s.KPI(context.Background(), site, epoch, now)
	ok(t, err)
	same(t, "figures begin where records do", k.From, epoch.Add(70*aDay))
}

// pixels is a photo that no other one equals.
func pixels(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 10+n, 10))))
	return b.Bytes()
}

// Photos that no line of a timeline names go after a day, those of deleted
// tickets too; a file that another site has, or that was kept anew, stays.
func TestOrphanPhotos(t *testing.T) {
	opt, _ := options(t.TempDir())
	now := epoch
	opt.Now = func() time.Time { return now }
	s := open(t, opt)
	attach := func(site string, n int) duty.Attachment {
		a, err := s.Attach(context.Background(), site, "x.png", bytes.NewReader(pixels(t, n)))
		ok(t, err)
		return a
	}
	files := func() (names []string) {
		list, err := os.ReadDir(filepath.Join(opt.Dir, photos))
		ok(t, err)
		for _, f := range list {
			names = append(names, f.Name())
		}
		return names
	}
	named, orphan, again, shared := attach(site, 1), attach(site, 2), attach(site, 3), attach(site, 4)
	attach("other", 4)
	c := Commit{Site: site, Cursor: 1, Clock: epoch, Tickets: []duty.Ticket{ticket(1, duty.TicketClosed, 0)},
		Events: []duty.TicketEvent{{Ticket: "T000001", No: 1, At: epoch, What: duty.WhatAttached, Attach: &named}}}
	ok(t, s.Commit(context.Background(), c))
	ok(t, s.Commit(context.Background(), Commit{Site: "other", Cursor: 1, Clock: epoch, Tickets: []duty.Ticket{ticket(1, duty.TicketOpen, 0)},
		Events: []duty.TicketEvent{{Ticket: "T000001", No: 1, At: epoch, What: duty.WhatAttached, Attach: &shared}}}))
	lost := strings.Repeat("0", 64) // a kill came between file and row
	ok(t, os.WriteFile(filepath.Join(opt.Dir, photos, lost), nil, 0o600))
	ok(t, os.Chtimes(filepath.Join(opt.Dir, photos, lost), epoch, epoch))

	now = epoch.Add(orphanAge)
	ok(t, s.trim(context.Background()))
	same(t, "files within the day", len(files()), 5)
	now = now.Add(time.Hour)
	attach(site, 3)
	ok(t, s.trim(context.Background()))
	want := []string{named.ID, again.ID, shared.ID}
	slices.Sort(want)
	same(t, "files", files(), want)
	for id, there := range map[string]bool{named.ID: true, again.ID: true, orphan.ID: false, shared.ID: false} {
		if _, f, err := s.Attachment(context.Background(), site, id); (err == nil) != there {
			t.Errorf("photo %s: %v", id, err)
		} else if err == nil {
			ok(t, f.Close())
		}
	}
	// With its ticket goes its photo.
	s.opt.Keep = 30 * aDay
	now = epoch.Add(31 * aDay)
	ok(t, s.Commit(context.Background(), Commit{Site: site, Cursor: 2, Clock: now}))
	ok(t, s.trim(context.Background()))
	same(t, "files without the ticket", files(), []string{shared.ID})
}

// A commit that comes while an alarm is read is in both parts of the answer,
// or in neither.
func TestAnAlarmIsReadAtOneInstant(t *testing.T) {
	s := fresh(t)
	ok(t, s.Commit(context.Background(), Commit{Site: site, Transitions: []duty.Transition{moved(1, 1, duty.EventRaise, duty.Normal, duty.Unacknowledged, 0)}}))
	s.opt.hooks.between = func() {
		s.opt.hooks.between = nil
		ok(t, s.Commit(context.Background(), Commit{Site: site, Cursor: gateway.Seq(1),
			Transitions: []duty.Transition{moved(2, 1, duty.EventAcknowledge, duty.Unacknowledged, duty.Acknowledged, time.Second)}}))
	}
	a, steps, err := s.Alarm(context.Background(), site, "A000001")
	ok(t, err)
	same(t, "steps", len(steps), 1)
	same(t, "alarm", a, steps[0].Alarm)
}
