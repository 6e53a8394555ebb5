package ticket

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"steward/gateway/duty"
)

var update = flag.Bool("update", false, "write the golden files anew")

// verbs lists what can be asked of a ticket.
var verbs = []duty.Verb{duty.DoAccept, duty.DoAssign, duty.DoStart, duty.DoWait, duty.DoResume, duty.DoPlan, duty.DoClassify,
	duty.DoDone, duty.DoClose, duty.DoReopen, duty.DoCancel, duty.DoNote, duty.DoAttach}

// Every pair of state and verb leads to where the golden table says, or is
// refused with a sentence that says what is possible.
func TestMovesAreTheGoldenTable(t *testing.T) {
	var out strings.Builder
	out.WriteString("# state verb: what comes of it (done is proving where points watch the fault)\n")
	for _, s := range duty.TicketStates() {
		out.WriteString("\n")
		for _, v := range verbs {
			if to, ok := next(s, v); ok {
				fmt.Fprintf(&out, "%s %s: %s\n", s, v, to)
				continue
			}
			err := refuseMove("T000012", s, v).(*duty.Refusal)
			fmt.Fprintf(&out, "%s %s: refused | %s | %s\n", s, v, err.EN, err.ZH)
		}
	}
	const file = "testdata/moves.golden"
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the table differs from %s; look at it and run with -update\n%s", file, out.String())
	}
}

// reach brings a ticket into a state by what people do.
func reach(t *testing.T, s duty.TicketState, watched bool) (*bench, string) {
	b := newBench(t)
	if watched {
		b.w.watched("pump", "PU-01", "suction_pressure")
	}
	a := pumpDry()
	a.Class = duty.ClassComplex
	b.raise(a)
	b.pass(time.Minute)
	b.clear(a)
	const id = "T000001"
	steps := map[duty.TicketState][]duty.Action{
		duty.TicketOpen:       {},
		duty.TicketAccepted:   {{Do: duty.DoAccept}},
		duty.TicketAssigned:   {{Do: duty.DoAssign, To: "li"}},
		duty.TicketInProgress: {{Do: duty.DoStart}},
		duty.TicketWaiting:    {{Do: duty.DoStart}, {Do: duty.DoWait, Waits: duty.WaitParts}},
		duty.TicketDone:       {{Do: duty.DoStart}, {Do: duty.DoDone}},
		duty.TicketProving:    {{Do: duty.DoStart}, {Do: duty.DoDone}},
		duty.TicketClosed:     {{Do: duty.DoStart}, {Do: duty.DoDone}, {Do: duty.DoClose, By: "zhao", Reason: "seen"}},
		duty.TicketReopened:   {{Do: duty.DoStart}, {Do: duty.DoDone}, {Do: duty.DoReopen, Reason: "drips"}},
		duty.TicketCancelled:  {{Do: duty.DoCancel, Reason: "a test"}},
	}
	for _, a := range steps[s] {
		b.pass(time.Minute)
		a.Ticket = id
		b.act(a)
	}
	b.want(id, s)
	b.pass(time.Minute)
	return b, id
}

// The desk does what the table says in every state that a ticket really got into.
func TestDeskFollowsTheTable(t *testing.T) {
	photo := &duty.Attachment{ID: strings.Repeat("ab", 32), Name: "a.jpg", Type: "image/jpeg", Size: 9}
	for _, s := range duty.TicketStates() {
		for _, v := range verbs {
			t.Run(string(s)+"/"+string(v), func(t *testing.T) {
				watched := s == duty.TicketProving
				b, id := reach(t, s, watched)
				a := duty.Action{Do: v, Ticket: id, By: "sun", Note: "n", Reason: "r", To: "qian", Waits: duty.WaitAccess,
					Class: duty.ClassSimple, Until: b.now.Add(time.Hour), Attach: photo}
				to, ok := next(s, v)
				if !ok {
					b.refused(a, duty.ErrRefused, "")
					return
				}
				b.act(a)
				if to == duty.TicketDone && watched {
					to = duty.TicketProving
				}
				b.want(id, to)
				if _, open := b.d.Ticket(id); open == to.Over() {
					t.Errorf("a ticket that is %s is on the desk: %t", to, open)
				}
			})
		}
	}
}

// A ticket whose fault is watched is proving after done.
func TestDoneIsProvingWhereWatched(t *testing.T) {
	for _, watched := range []bool{false, true} {
		s := map[bool]duty.TicketState{false: duty.TicketDone, true: duty.TicketProving}[watched]
		b, id := reach(t, duty.TicketInProgress, watched)
		b.act(duty.Action{Do: duty.DoDone, Ticket: id})
		b.want(id, s)
	}
}
