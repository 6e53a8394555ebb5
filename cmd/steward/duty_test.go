package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// dutyRules shorten what a test cannot wait for; what is promised stays.
const dutyRules = `overrides:
  - {rule: EL-01, set: {on_delay: 1s, off_delay: 1s}}
  - {rule: PU-01, set: {on_delay: 1s, off_delay: 1s}}
  - {rule: PW-03, set: {on_delay: 1s, off_delay: 1s}}
  - {rule: LK-01, set: {on_delay: 1s, off_delay: 1s}}
service: {proof: {simple: 6s, emergency: 6s}}
`

const dutyProof = 6 * time.Second

// dutyPromises is what the packs say of four incidents of the demo's site.
var dutyPromises = []dutyPromise{
	{"entrapment", "lift-b3", "EL-01", duty.P1, true, duty.ClassEmergency, "lift_contractor", []duty.Promise{duty.PromiseRespond, duty.PromiseEntrapment, duty.PromiseRepair}},
	{"dry-run", "pump-1", "PU-01", duty.P1, true, duty.ClassSimple, "plumber", []duty.Promise{duty.PromiseRespond, duty.PromiseRepair}},
	{"phase-loss", "meter-a", "PW-03", duty.P1, false, duty.ClassEmergency, "electrician", []duty.Promise{duty.PromiseRespond, duty.PromiseRepair}},
	{"leak", "leak-a-1203-kitchen", "LK-01", duty.P2, true, duty.ClassSimple, "plumber", []duty.Promise{duty.PromiseRespond, duty.PromiseRepair}},
}

type dutyPromise struct {
	incident string
	asset    gateway.AssetID
	rule     string
	priority duty.Priority
	latch    bool
	class    duty.Class
	trade    string
	clocks   []duty.Promise
}

// TestDuty follows four incidents of simulated equipment through the whole
// gateway: each gives the alarm and the ticket that the pack promises, the
// ticket is worked over HTTP, survives a kill in the middle of its proof,
// cannot be closed without one, and closes by itself when it has passed.
func TestDuty(t *testing.T) {
	d := startDuty(t)
	for _, x := range dutyPromises {
		d.play(x.incident, true)
	}
	for _, x := range dutyPromises {
		d.appears(x)
	}
	for _, x := range dutyPromises {
		d.work(x)
	}
	d.photo(dutyPromises[3])
	d.restart()
	for _, x := range dutyPromises {
		if k := d.ticket(x); k.State != duty.TicketProving || k.Closed != (time.Time{}) {
			t.Errorf("%s is %s while its condition is there, want proving", x.incident, k.State)
		}
	}
	d.waitUntil("the proofs' first time is over", d.ticket(dutyPromises[0]).ProofUntil.Add(time.Second))
	for _, x := range dutyPromises {
		if k := d.ticket(x); k.State != duty.TicketProving {
			t.Errorf("%s is %s after the proof's time, though its condition is there", x.incident, k.State)
		}
		d.play(x.incident, false)
	}
	d.comesBack(dutyPromises[3])
	for _, x := range dutyPromises {
		d.closes(x)
	}
	d.reset()
	d.audited()
	d.seen()
	d.commands()
	if took := d.p.stop(); took > stopTime {
		t.Errorf("a clean stop took %s", took)
	}
}

// appears waits for the alarm and the ticket of an incident.
func (d *dutyTest) appears(x dutyPromise) {
	d.Helper()
	eventually(d, 30*time.Second, x.incident+" is an alarm with a ticket", func() bool {
		return d.alarm(x).State == duty.Unacknowledged && d.ticket(x).ID != ""
	})
	a, k := d.alarm(x), d.ticket(x)
	if a.Priority != x.priority || a.Latch != x.latch || !a.Active || a.Class != x.class {
		d.Errorf("%s: the alarm is %+v", x.incident, a)
	}
	var clocks []duty.Promise
	for _, c := range k.Clocks {
		clocks = append(clocks, c.Promise)
		if c.Promise == duty.PromiseEntrapment && c.Limit != 30*time.Minute || !c.Met.IsZero() {
			d.Errorf("%s: its clock is %+v", x.incident, c)
		}
	}
	if k.State != duty.TicketOpen || k.Class != x.class || k.Trade != x.trade || k.Priority != x.priority ||
		k.Origin != duty.OriginAlarm || !slices.Equal(clocks, x.clocks) || !slices.Equal(k.Alarms, []string{a.ID}) {
		d.Errorf("%s: the ticket is %+v", x.incident, k)
	}
}

// work takes a ticket from open to its proof, while its condition is there.
func (d *dutyTest) work(x dutyPromise) {
	d.Helper()
	a, k := d.alarm(x), d.ticket(x)
	d.refused("tickets", k.ID, verb{"do": "close", "reason": "it is late"}, "say that it is done before it can be closed")
	d.do("alarms", a.ID, verb{"do": "acknowledge", "note": "on the way"})
	if got := d.alarm(x); got.State != duty.Acknowledged || !got.Active {
		d.Errorf("%s: acknowledged, the alarm is %s, active %v", x.incident, got.State, got.Active)
	}
	if got := d.ticket(x); got.State != duty.TicketAccepted || got.Accepted.IsZero() {
		d.Errorf("%s: with the alarm acknowledged the ticket is %s", x.incident, got.State)
	}
	d.refused("tickets", k.ID, verb{"do": "accept"}, "accepted it already")
	if x.priority == duty.P1 {
		d.refused("alarms", a.ID, verb{"do": "shelve", "reason": "noise", "until": time.Now().Add(time.Hour)}, "P1")
	}
	d.do("tickets", k.ID, verb{"do": "start"})
	if x.incident == "entrapment" { // no work hides that somebody is trapped
		eventually(d, 10*time.Second, "somebody is at work", func() bool { return d.ticket(x).State == duty.TicketInProgress })
		if got := d.alarm(x); got.State != duty.Acknowledged {
			d.Errorf("%s: under work the alarm is %s, want it to go on being judged", x.incident, got.State)
		}
	} else {
		eventually(d, 10*time.Second, "the points under work are out of service", func() bool { return d.alarm(x).State == duty.OutOfService })
	}
	d.do("tickets", k.ID, verb{"do": "done", "note": "mended"})
	if got := d.ticket(x); got.State != duty.TicketProving {
		d.Errorf("%s: done, the ticket is %s", x.incident, got.State)
	}
	d.refused("tickets", k.ID, verb{"do": "close", "reason": "I am sure"}, "another person closes it, or the proof does")
}

// photo hangs a picture on a ticket and fetches it again.
func (d *dutyTest) photo(x dutyPromise) {
	d.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		d.Fatal(err)
	}
	id := d.ticket(x).ID
	if status, why := d.post("/api/v1/tickets/"+id+"/attachments?name=kitchen.png", "image/png", b.Bytes()); status != http.StatusOK {
		d.Fatalf("a photo: %d %s", status, why)
	}
	if status, why := d.post("/api/v1/tickets/"+id+"/attachments?name=list.txt", "text/plain", []byte("no photo")); status != http.StatusUnsupportedMediaType || why == "" {
		d.Errorf("a text as a photo: %d %q", status, why)
	}
	d.pictures(id)
}

// pictures fetches every picture of a ticket.
func (d *dutyTest) pictures(id string) {
	d.Helper()
	n := 0
	for _, e := range d.timeline(id) {
		if e.Attach == nil {
			continue
		}
		r, err := d.pg.client.Get(d.pg.url + "/api/v1/attachments/" + e.Attach.ID)
		if err != nil {
			d.Fatal(err)
		}
		if m, err := png.Decode(r.Body); err != nil || m.Bounds().Dx() != 8 || e.Attach.Name != "kitchen.png" {
			d.Errorf("%s: %v", e.Attach.Name, err)
		}
		r.Body.Close()
		n++
	}
	if n != 1 {
		d.Errorf("%s has %d pictures, want 1", id, n)
	}
}

func (d *dutyTest) timeline(id string) []duty.TicketEvent {
	d.Helper()
	var one struct{ Timeline []duty.TicketEvent }
	d.pg.get("/api/v1/tickets/"+id, &one)
	return one.Timeline
}

// restart kills the gateway and starts it again: nothing is lost or changed.
func (d *dutyTest) restart() {
	d.Helper()
	before := d.state()
	d.endLive()
	d.p.kill()
	d.start()
	if after := d.state(); after != before {
		d.Errorf("before the kill:\n%s\nafter it:\n%s", before, after)
	}
	d.pictures(d.ticket(dutyPromises[3]).ID)
	eventually(d, 30*time.Second, "every point is good again", func() bool { return len(notGood(d.pg)) == 0 })
}

// state is every alarm and every ticket with its timeline.
func (d *dutyTest) state() string {
	d.Helper()
	var all strings.Builder
	for _, x := range dutyPromises {
		k := d.ticket(x)
		for _, part := range []any{d.alarm(x), k, d.timeline(k.ID)} {
			b, err := json.Marshal(part)
			if err != nil {
				d.Fatal(err)
			}
			fmt.Fprintf(&all, "%s\n", b)
		}
	}
	return all.String()
}

func (d *dutyTest) waitUntil(what string, at time.Time) {
	d.Helper()
	eventually(d, time.Until(at)+5*time.Second, what, func() bool { return time.Now().After(at) })
}

// comesBack lets a fault return while it is proved: the ticket is opened again.
func (d *dutyTest) comesBack(x dutyPromise) {
	d.Helper()
	eventually(d, 10*time.Second, x.incident+" has gone", func() bool { return !d.alarm(x).Active })
	if k := d.ticket(x); k.State != duty.TicketProving {
		d.Errorf("%s: with the condition gone the ticket is %s, before its proof is over", x.incident, k.State)
	}
	d.play(x.incident, true)
	eventually(d, 10*time.Second, x.incident+" opens its ticket again", func() bool { return d.ticket(x).State == duty.TicketReopened })
	if k := d.ticket(x); k.Reopened != 1 {
		d.Errorf("%s came back %d times, want 1", x.incident, k.Reopened)
	}
	d.do("alarms", d.alarm(x).ID, verb{"do": "acknowledge"})
	d.do("tickets", d.ticket(x).ID, verb{"do": "start"})
	d.play(x.incident, false)
	d.do("tickets", d.ticket(x).ID, verb{"do": "done", "note": "mended for good"})
}

// closes waits for a ticket to close by itself, not before its proof.
func (d *dutyTest) closes(x dutyPromise) {
	d.Helper()
	eventually(d, time.Minute, x.incident+"'s ticket closes by itself", func() bool { return d.ticket(x).State == duty.TicketClosed })
	k, cleared := d.ticket(x), d.alarm(x).Cleared
	if k.Closed.Sub(cleared) < dutyProof || k.Closed.Sub(k.Done) < dutyProof {
		d.Errorf("%s: done %s, clear %s, closed %s: want a proof of %s before", x.incident, k.Done, cleared, k.Closed, dutyProof)
	}
	last := d.timeline(k.ID)
	if e := last[len(last)-1]; e.To != duty.TicketClosed || e.By != "" {
		d.Errorf("%s: the timeline ends with %+v, want closed by the gateway", x.incident, e)
	}
	d.refused("tickets", k.ID, verb{"do": "reopen", "reason": "once more"}, "is over; open a new ticket")
}

// reset takes the latches off: they stay until somebody does, although the
// tickets are closed.
func (d *dutyTest) reset() {
	d.Helper()
	for _, x := range dutyPromises {
		a := d.alarm(x)
		if a.State == duty.Returned { // it was back in service, and so new, before it cleared
			d.do("alarms", a.ID, verb{"do": "acknowledge"})
			a = d.alarm(x)
		}
		if x.latch {
			if a.State != duty.Latched {
				d.Errorf("%s is %s without a reset, want latched", x.rule, a.State)
			}
			d.do("alarms", a.ID, verb{"do": "reset", "note": "seen to"})
		}
		if a := d.alarm(x); a.State != duty.Normal {
			d.Errorf("%s is %s in the end, want normal", x.rule, a.State)
		}
	}
}

// audited looks for what was done in the audit log.
func (d *dutyTest) audited() {
	d.Helper()
	var log struct {
		Rows []struct {
			By, Do, Hash string
		}
	}
	d.pg.get("/api/v1/audit?limit=500", &log)
	done, hashes := map[string]int{}, map[string]bool{}
	for _, row := range log.Rows {
		if row.By == "admin" {
			done[row.Do]++
		}
		hashes[row.Hash] = true
	}
	for do, want := range map[string]int{"acknowledge": 5, "start": 5, "done": 5, "attach": 1, "reset": 3} {
		if done[do] < want {
			d.Errorf("the audit log has %d times %s, want %d: %v", done[do], do, want, done)
		}
	}
	if len(hashes) != len(log.Rows) {
		d.Errorf("%d rows have %d hashes", len(log.Rows), len(hashes))
	}
}

// seen looks for what the live stream must have told.
func (d *dutyTest) seen() {
	d.Helper()
	eventually(d, 10*time.Second, "the live stream told of everything", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, x := range dutyPromises {
			worked := duty.OutOfService
			if x.incident == "entrapment" {
				worked = duty.Acknowledged
			}
			for _, s := range []duty.AlarmState{duty.Unacknowledged, worked, duty.Normal} {
				if !d.told[fmt.Sprintf("alarm %s %s", x.rule, s)] {
					return false
				}
			}
			for _, s := range []duty.TicketState{duty.TicketOpen, duty.TicketAccepted, duty.TicketProving, duty.TicketClosed} {
				if !d.told[fmt.Sprintf("ticket %s %s", x.rule, s)] {
					return false
				}
			}
		}
		return true
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Logf("the live stream told: %s", strings.Join(slices.Sorted(maps.Keys(d.told)), ", "))
}

// commands looks at the state and the history beside the running gateway.
func (d *dutyTest) commands() {
	d.Helper()
	out := d.run("rules", "explain", "lift-b3", "--config", d.site, "--data", d.data, "--lang", "en")
	if !strings.Contains(out, "lift-b3 as of ") || !strings.Contains(out, "EL-01 P1 Passenger entrapment: normal") {
		d.Errorf("explain: %s", tail(out, 2000))
	}
	slower := writeFile(d, "slower.yaml", "overrides: [{rule: EL-01, set: {on_delay: 1h}}]\n")
	var report struct {
		Readings int
		Versions []struct{ Alarms, Tickets int }
	}
	text := d.run("rules", "backtest", "--rule", slower, "--config", d.site, "--data", d.data, "--from", "5m", "--format", "json")
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		d.Fatalf("backtest: %v: %s", err, tail(text, 1000))
	}
	if v := report.Versions; report.Readings == 0 || len(v) != 2 || v[0].Alarms != 1 || v[0].Tickets != 1 || v[1].Alarms != 0 {
		d.Errorf("backtest: %+v, want one alarm now and none with an hour's delay", report)
	}
}
