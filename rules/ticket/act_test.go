package ticket

import (
	"strings"
	"testing"
	"time"

	"steward/gateway/duty"
)

func report(change func(*duty.Report)) duty.Action {
	r := &duty.Report{Title: "water on the stairs", Detail: "third floor", Class: duty.ClassSimple, Priority: duty.P3, Trade: "plumber"}
	change(r)
	return duty.Action{Do: duty.DoOpen, New: r, By: "resident"}
}

func TestReport(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	b.act(report(func(r *duty.Report) { r.Asset = "pump" })) // beside the pump's open one
	b.act(report(func(r *duty.Report) { r.Unit = "f1" }))
	b.act(report(func(r *duty.Report) { r.Area = "roof"; r.Asset = "leak-1" }))
	b.act(report(func(r *duty.Report) {}))
	for id, want := range map[string][3]string{"T000002": {"pump", "", "roof"}, "T000003": {"", "f1", "tower"}, "T000004": {"leak-1", "f1", "tower"}, "T000005": {}} {
		got := b.ticket(id)
		if [3]string{string(got.Asset), got.Unit, got.Area} != want || got.Fault != "" || got.By != "resident" || got.Origin != duty.OriginPerson || got.Title.ZH != "water on the stairs" {
			t.Errorf("%s is %+v, want it at %v", id, got, want)
		}
		if len(got.Clocks) != 2 || got.State != duty.TicketOpen {
			t.Errorf("%s is %s with clocks %+v", id, got.State, got.Clocks)
		}
		b.told(id + "/opened")
	}
}

func TestReportRefused(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		of     error
		words  string
		change func(*duty.Report)
	}{
		{duty.ErrUnknown, `asset "ghost"`, func(r *duty.Report) { r.Asset = "ghost" }},
		{duty.ErrUnknown, `unit "f9"`, func(r *duty.Report) { r.Unit = "f9" }},
		{duty.ErrUnknown, `area "moon"`, func(r *duty.Report) { r.Area = "moon" }},
		{duty.ErrRefused, "needs a title", func(r *duty.Report) { r.Title = "" }},
		{duty.ErrRefused, "201 characters", func(r *duty.Report) { r.Title = strings.Repeat("水", 201) }},
		{duty.ErrRefused, "UTF-8", func(r *duty.Report) { r.Title = "\xff" }},
		{duty.ErrRefused, "4001 characters", func(r *duty.Report) { r.Detail = strings.Repeat("x", 4001) }},
		{duty.ErrRefused, "trade", func(r *duty.Report) { r.Trade = strings.Repeat("x", 41) }},
		{duty.ErrRefused, `class "none"`, func(r *duty.Report) { r.Class = duty.ClassNone }},
		{duty.ErrRefused, `class "huge"`, func(r *duty.Report) { r.Class = "huge" }},
		{duty.ErrRefused, "priority", func(r *duty.Report) { r.Priority = 0 }},
		{duty.ErrRefused, "priority P9", func(r *duty.Report) { r.Priority = 9 }},
	} {
		b.refused(report(c.change), c.of, c.words)
	}
	b.refused(duty.Action{Do: duty.DoOpen}, duty.ErrRefused, "no report")
	b.act(report(func(r *duty.Report) { r.Title, r.Detail = strings.Repeat("水", 200), strings.Repeat("水", 4000) }))
}

func TestActionsRefused(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	id := "T000001"
	photo := func(change func(*duty.Attachment)) *duty.Attachment {
		f := &duty.Attachment{ID: strings.Repeat("0a", 32), Name: "a.jpg", Type: "image/jpeg", Size: 1000}
		change(f)
		return f
	}
	b.act(duty.Action{Do: duty.DoAccept, Ticket: id})
	for _, c := range []struct {
		a     duty.Action
		of    error
		words string
	}{
		{duty.Action{Do: duty.DoNote, Ticket: "T000002", Note: "n"}, duty.ErrUnknown, `ticket "T000002"`},
		{duty.Action{Do: duty.DoNote, Ticket: "T1", Note: "n"}, duty.ErrUnknown, `ticket "T1"`},
		{duty.Action{Do: duty.DoNote, Ticket: "", Note: "n"}, duty.ErrUnknown, `ticket ""`},
		{duty.Action{Do: "explode", Ticket: id}, duty.ErrRefused, `"explode"`},
		{duty.Action{Do: duty.DoShelve, Ticket: id}, duty.ErrRefused, `"shelve"`},
		{duty.Action{Do: duty.DoNote, Ticket: id}, duty.ErrRefused, "empty"},
		{duty.Action{Do: duty.DoNote, Ticket: id, Note: strings.Repeat("水", 4001)}, duty.ErrRefused, "4001"},
		{duty.Action{Do: duty.DoNote, Ticket: id, Note: "a\xf0"}, duty.ErrRefused, "UTF-8"},
		{duty.Action{Do: duty.DoAssign, Ticket: id}, duty.ErrRefused, "to whom"},
		{duty.Action{Do: duty.DoAssign, Ticket: id, To: strings.Repeat("x", 201)}, duty.ErrRefused, "201"},
		{duty.Action{Do: duty.DoWait, Ticket: id, Waits: "lunch"}, duty.ErrRefused, `"lunch"`},
		{duty.Action{Do: duty.DoCancel, Ticket: id}, duty.ErrRefused, "why"},
		{duty.Action{Do: duty.DoClassify, Ticket: id, Class: duty.ClassComplex}, duty.ErrRefused, "why"},
		{duty.Action{Do: duty.DoAttach, Ticket: id}, duty.ErrRefused, "no attachment"},
		{duty.Action{Do: duty.DoAttach, Ticket: id, Attach: photo(func(f *duty.Attachment) { f.ID = "../../etc" })}, duty.ErrRefused, "SHA-256"},
		{duty.Action{Do: duty.DoAttach, Ticket: id, Attach: photo(func(f *duty.Attachment) { f.Type = "image/svg+xml" })}, duty.ErrRefused, "svg"},
		{duty.Action{Do: duty.DoAttach, Ticket: id, Attach: photo(func(f *duty.Attachment) { f.Size = maxSize + 1 })}, duty.ErrRefused, "bytes"},
		{duty.Action{Do: duty.DoAttach, Ticket: id, Attach: photo(func(f *duty.Attachment) { f.Size = 0 })}, duty.ErrRefused, "0 bytes"},
		{duty.Action{Do: duty.DoAttach, Ticket: id, Attach: photo(func(f *duty.Attachment) { f.Name = "" })}, duty.ErrRefused, "no name"},
	} {
		b.refused(c.a, c.of, c.words)
	}
	if _, err := b.d.Act(b.now, duty.Action{Do: duty.DoNote, Ticket: id, Note: "n"}); err == nil || !strings.Contains(err.Error(), "who") {
		t.Errorf("an action of nobody: %v", err)
	}
	for range maxFiles {
		b.act(duty.Action{Do: duty.DoAttach, Ticket: id, Attach: photo(func(*duty.Attachment) {})})
	}
	b.refused(duty.Action{Do: duty.DoAttach, Ticket: id, Attach: photo(func(*duty.Attachment) {})}, duty.ErrRefused, "no more")
}

// What fell due before a refused action is not lost with it.
func TestRefusedActionLosesNothing(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	late := b.now.Add(time.Hour)
	if _, err := b.d.Act(late, duty.Action{Do: duty.DoResume, Ticket: "T000001", By: "li"}); err == nil {
		t.Fatal("resumed what did not wait")
	}
	if at, ok := b.d.Due(); !ok || at.After(late) {
		t.Fatalf("due at %s, %t; want at once", at, ok)
	}
	b.take(b.d.Step(late, nil))
	b.told("T000001/breached/respond")
	b.take(b.d.Step(late, nil))
	if len(b.last.Tickets) != 0 {
		t.Errorf("told twice: %+v", b.last)
	}
}

// The timeline has who did what, in what words.
func TestTimeline(t *testing.T) {
	b := newBench(t)
	b.raise(pumpDry())
	for _, a := range []duty.Action{
		{Do: duty.DoAssign, To: "li", By: "duty"},
		{Do: duty.DoStart, By: "li", Note: "there"},
		{Do: duty.DoAssign, To: "zhao", By: "duty"},
		{Do: duty.DoNote, By: "zhao", Note: "strainer blocked"},
		{Do: duty.DoWait, By: "zhao", Waits: duty.WaitParts, Note: "seal"},
		{Do: duty.DoCancel, By: "duty", Reason: "pump given away"},
	} {
		a.Ticket = "T000001"
		b.pass(time.Minute)
		b.act(a)
	}
	const want = `1 0s opened >open  "" "Pump running dry: raised" A000001
2 0s trend >  "{\"asset\":\"pump\",\"points\":[],\"from\":\"2026-03-02T08:00:00Z\",\"to\":\"2026-03-02T08:30:00Z\"}" "" A000001
3 1m0s state open>assigned duty "" "" 
4 1m0s assigned > duty "li" "" 
5 2m0s state assigned>in_progress li "there" "" 
6 3m0s assigned > duty "zhao" "" 
7 4m0s note > zhao "strainer blocked" "" 
8 5m0s state in_progress>waiting zhao "seal" "waits for parts" 
9 6m0s state waiting>cancelled duty "pump given away" "" 
`
	if got := b.timeline("T000001"); got != want {
		t.Errorf("timeline:\n%s\nwant:\n%s", got, want)
	}
	if got := b.ticket("T000001"); got.Assignee != "zhao" || !got.Started.Equal(t0.Add(2*time.Minute)) || !got.Changed.Equal(b.now) {
		t.Errorf("ticket %+v", got)
	}
}
