package alarm

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

var update = flag.Bool("update", false, "write testdata anew")

var (
	t0  = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	key = duty.AlarmKey{Asset: "pump-1", Rule: "PU-01"}
)

func after(d time.Duration) time.Time { return t0.Add(d) }

func oneSite() *gateway.Site {
	return &gateway.Site{ID: "s", Language: "en", Zone: time.UTC, Assets: []gateway.Asset{{ID: "pump-1"}}}
}

func specOf(key duty.AlarmKey) Spec {
	return Spec{Key: key, Fault: key.Rule, Title: gateway.Text{ZH: "水泵干转", EN: "Pump running dry"},
		Priority: duty.P2, Class: duty.ClassSimple, Realarm: time.Hour, Points: []string{"running"}}
}

func allEvents() []duty.AlarmEvent {
	return []duty.AlarmEvent{duty.EventRaise, duty.EventClear, duty.EventAcknowledge, duty.EventReset, duty.EventRealarm,
		duty.EventShelve, duty.EventUnshelve, duty.EventSuppress, duty.EventUnsuppress, duty.EventRemove, duty.EventRestore,
		duty.EventMark}
}

// do makes the event happen by what a caller of the table can do.
func do(t *Table, s Spec, id string, at time.Time, on duty.AlarmEvent) error {
	act := func(v duty.Verb) error {
		return t.Act(at, duty.Action{Do: v, Alarm: id, By: "li", Note: "seen", Reason: "valve", Ticket: "T000009", Until: at.Add(12 * time.Hour)})
	}
	switch on {
	case duty.EventRaise:
		t.Raise(at, s, nil)
	case duty.EventClear:
		t.Clear(at, s.Key)
	case duty.EventAcknowledge:
		return act(duty.DoAcknowledge)
	case duty.EventReset:
		return act(duty.DoReset)
	case duty.EventRealarm:
		t.Tick(at.Add(s.Realarm))
	case duty.EventShelve:
		return act(duty.DoShelve)
	case duty.EventUnshelve:
		return act(duty.DoUnshelve)
	case duty.EventSuppress:
		t.Suppress(at, s, true, alike("maintenance"))
	case duty.EventUnsuppress:
		t.Suppress(at, s, false, alike("maintenance is over"))
	case duty.EventRemove:
		return act(duty.DoRemove)
	case duty.EventRestore:
		return act(duty.DoRestore)
	case duty.EventMark:
		t.Tick(at.Add(chatterEnd)) // the mark of those that chatter goes
	}
	return nil
}

// path leads to the state with the condition as wanted; nil: it cannot be.
func path(state duty.AlarmState, active, latch bool) []duty.AlarmEvent {
	const raise, clear = duty.EventRaise, duty.EventClear
	var way []duty.AlarmEvent
	switch state {
	case duty.Normal:
		if active {
			return nil
		}
		return []duty.AlarmEvent{}
	case duty.Unacknowledged, duty.Acknowledged:
		if !active {
			return nil
		}
		way = []duty.AlarmEvent{raise}
		if state == duty.Acknowledged {
			way = append(way, duty.EventAcknowledge)
		}
		return way
	case duty.Returned:
		if active {
			return nil
		}
		return []duty.AlarmEvent{raise, clear}
	case duty.Latched:
		if active || !latch {
			return nil
		}
		return []duty.AlarmEvent{raise, clear, duty.EventAcknowledge}
	case duty.Shelved:
		way = []duty.AlarmEvent{raise, duty.EventShelve}
	case duty.Suppressed:
		way = []duty.AlarmEvent{raise, duty.EventSuppress}
	case duty.OutOfService:
		way = []duty.AlarmEvent{raise, duty.EventRemove}
	}
	if !active {
		way = append(way, clear)
	}
	return way
}

// led makes a table that stands where the events lead.
func led(tb testing.TB, way []duty.AlarmEvent, latch, chatters bool) (*Table, Spec, time.Time) {
	tb.Helper()
	t := New(Options{Site: oneSite()})
	s := specOf(key)
	s.Latch = latch
	at := t0
	if chatters && len(way) > 0 {
		way = slices.Concat([]duty.AlarmEvent{duty.EventRaise, duty.EventClear, duty.EventRaise, duty.EventClear}, way)
	}
	for _, on := range way {
		at = at.Add(time.Second)
		if err := do(t, s, "A000001", at, on); err != nil {
			tb.Fatalf("on the way, %s: %v", on, err)
		}
		if e := t.entries[key]; e != nil && !e.clears.IsZero() && on == way[len(way)-1] {
			at = e.clears // held back, as it chatters
			t.Tick(at)
		}
	}
	t.Take()
	return t, s, at.Add(time.Second)
}

// outcome says what came of the event.
func outcome(t *Table, err error) (string, string) {
	var to, note []string
	for _, tr := range t.Take() {
		to = append(to, string(tr.To))
		note = append(note, fmt.Sprintf("%s A→%s", tr.Event, acted(tr)))
	}
	switch {
	case err != nil:
		return "-", "refused: " + err.Error()
	case len(to) == 0:
		return "-", "nothing happens"
	}
	return strings.Join(to, ", "), strings.Join(note, ", ")
}

// acted tells what the alarm is after a step.
func acted(tr duty.Transition) string {
	a := tr.Alarm
	s := "inactive"
	if a.Active {
		s = "active"
	}
	if !a.Acked.IsZero() {
		s += ", acknowledged"
	}
	if !a.Until.IsZero() {
		s += " until " + a.Until.Format("15:04:05")
	}
	if why := a.Words().EN; why != "" {
		s += fmt.Sprintf(", reason %q", why)
	}
	if tr.By != "" {
		s += " by " + tr.By
	}
	return s
}

// TestLife holds every (state, event) pair, for alarms that latch and that do
// not, active and not, against testdata/life.md, where a person reads them.
func TestLife(t *testing.T) {
	var b strings.Builder
	b.WriteString("# What becomes of an alarm\n\nMade by `go test ./rules/alarm -run TestLife -update`; the test fails when the code says otherwise.\n" +
		"Events are given to an alarm in the state, whether its rule latches or not, while its condition holds (active) or not.\n")
	used := make(map[int]bool)
	for _, state := range duty.AlarmStates() {
		fmt.Fprintf(&b, "\n## %s\n\n| event | latch | active | becomes | and then it is, or why not |\n|---|---|---|---|---|\n", state)
		for _, on := range allEvents() {
			var rows []outcomeRow
			for _, latch := range []bool{false, true} {
				for _, active := range []bool{false, true} {
					way := path(state, active, latch)
					if way == nil {
						continue
					}
					table, s, at := led(t, way, latch, on == duty.EventMark)
					if a, is := table.ByKey(key); (is && a.State != state) || is == (state == duty.Normal) {
						t.Fatalf("%v does not lead to %s (latch %v, active %v)", way, state, latch, active)
					}
					err := do(table, s, "A000001", at, on)
					to, note := outcome(table, err)
					rows = append(rows, outcomeRow{yes(latch), yes(active), to, strings.ReplaceAll(note, string(on)+" A→", "")})
					reached(used, state, on, latch, err == nil && to != "-")
				}
			}
			for _, r := range together(rows) {
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", on, r.latch, r.active, r.to, r.note)
			}
		}
	}
	b.WriteString(restlessLives(t))
	golden(t, "life.md", b.String())
	for i := range life {
		// TestOverlaps has those that need more than one thing to hold it.
		pair := life[i].from == duty.OutOfService && life[i].on == duty.EventUnshelve ||
			life[i].on == duty.EventUnsuppress && life[i].from != duty.Suppressed ||
			life[i].on == duty.EventSuppress && life[i].from == duty.Suppressed
		if !used[i] && !pair {
			t.Errorf("row %+v is never reached", life[i])
		}
	}
}

// restlessLives tells what becomes of the clear of an alarm that chatters, in
// every state in which its condition can hold.
func restlessLives(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("\n## chattering\n\nThe condition of an alarm that carries the mark goes; it comes again within a minute, or it does not, or the hold ends.\n\n" +
		"| state | latch | the condition goes | comes again within a minute | stays away for a minute | what holds it ends |\n|---|---|---|---|---|---|\n")
	ends := map[duty.AlarmState]duty.AlarmEvent{duty.Shelved: duty.EventUnshelve, duty.Suppressed: duty.EventUnsuppress, duty.OutOfService: duty.EventRestore}
	for _, state := range duty.AlarmStates() {
		for _, latch := range []bool{false, true} {
			way := path(state, true, latch)
			if way == nil {
				continue
			}
			row := []string{string(state), yes(latch)}
			for i, then := range []func(table *Table, s Spec, at time.Time) error{
				func(table *Table, s Spec, at time.Time) error {
					return do(table, s, "A000001", at.Add(59*time.Second), duty.EventRaise)
				},
				func(table *Table, _ Spec, at time.Time) error { table.Tick(at.Add(time.Minute)); return nil },
				func(table *Table, s Spec, at time.Time) error {
					return do(table, s, "A000001", at.Add(time.Second), ends[state])
				},
			} {
				table, s, at := led(t, way, latch, true)
				a, _ := table.ByKey(key)
				if a.State != state || !a.Active || !a.Has(duty.MarkChattering) {
					t.Fatalf("%v does not lead to %s, chattering: %+v", way, state, a)
				}
				err := do(table, s, a.ID, at, duty.EventClear)
				went, _ := outcome(table, err)
				if i == 0 {
					row = append(row, went)
				}
				if i == 2 && ends[state] == "" {
					row = append(row, "")
					continue
				}
				err = then(table, s, at)
				to, _ := outcome(table, err)
				row = append(row, to)
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		}
	}
	return b.String()
}

// outcomeRow is one line of life.md.
type outcomeRow struct{ latch, active, to, note string }

// together joins lines that say the same whether the rule latches or not,
// and then those that say it whether the condition holds or not.
func together(rows []outcomeRow) []outcomeRow {
	join := func(rows []outcomeRow, of func(r *outcomeRow) *string) []outcomeRow {
		var out []outcomeRow
		for _, r := range rows {
			bare := func(r outcomeRow) outcomeRow { *of(&r) = ""; return r }
			i := slices.IndexFunc(out, func(o outcomeRow) bool { return bare(o) == bare(r) })
			if i < 0 {
				out = append(out, r)
			} else {
				*of(&out[i]) = "any"
			}
		}
		return out
	}
	rows = join(rows, func(r *outcomeRow) *string { return &r.latch })
	return join(rows, func(r *outcomeRow) *string { return &r.active })
}

// reached notes which rows of the life-cycle were taken.
func reached(used map[int]bool, state duty.AlarmState, on duty.AlarmEvent, latch, taken bool) {
	for i := range life {
		if taken && life[i].from == state && life[i].on == on &&
			(life[i].when == always || (life[i].when == latches) == latch) {
			used[i] = true
		}
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Fatalf("%s:%d: the code says\n%s\nthe file says\n%s", file, i+1, a, b)
		}
	}
}

// TestOverlaps holds what becomes of an alarm that several things put aside
// at once against testdata/overlaps.md: every order in which they can come
// and go, with the condition active throughout or gone meanwhile.
func TestOverlaps(t *testing.T) {
	covers := []struct{ on, off duty.AlarmEvent }{
		{duty.EventSuppress, duty.EventUnsuppress}, {duty.EventShelve, duty.EventUnshelve}, {duty.EventRemove, duty.EventRestore},
	}
	var b strings.Builder
	b.WriteString("# Put aside by more than one thing\n\nMade by `go test ./rules/alarm -run TestOverlaps -update`.\n\n" +
		"| latch | what happens | the states |\n|---|---|---|\n")
	for _, latch := range []bool{false, true} {
		for i := range covers {
			for j := range covers {
				if i == j {
					continue
				}
				x, y := covers[i], covers[j]
				for _, way := range [][]duty.AlarmEvent{
					{x.on, y.on, x.off, y.off}, {x.on, y.on, y.off, x.off},
					{x.on, y.on, duty.EventClear, x.off, y.off}, {x.on, y.on, duty.EventClear, y.off, x.off},
				} {
					table, s, at := led(t, []duty.AlarmEvent{duty.EventRaise, duty.EventAcknowledge}, latch, false)
					states := []string{"acknowledged"}
					for _, on := range way {
						at = at.Add(time.Second)
						err := do(table, s, "A000001", at, on)
						if to, _ := outcome(table, err); err != nil {
							states = append(states, "refused")
						} else {
							states = append(states, to)
						}
						if err != nil {
							break
						}
					}
					names := make([]string, len(way))
					for i, on := range way {
						names[i] = string(on)
					}
					fmt.Fprintf(&b, "| %s | %s | %s |\n", yes(latch), strings.Join(names, ", "), strings.Join(states, " → "))
				}
			}
		}
	}
	golden(t, "overlaps.md", b.String())
}

// TestStandard walks the rows of the standard (FACTS C.1), written down by
// hand.
func TestStandard(t *testing.T) {
	for _, c := range []struct {
		from  duty.AlarmState
		on    duty.AlarmEvent
		facts facts
		to    duty.AlarmState
	}{
		{duty.Normal, duty.EventRaise, facts{active: true}, duty.Unacknowledged},
		{duty.Unacknowledged, duty.EventAcknowledge, facts{active: true}, duty.Acknowledged},
		{duty.Unacknowledged, duty.EventClear, facts{}, duty.Returned},
		{duty.Acknowledged, duty.EventClear, facts{}, duty.Normal},
		{duty.Acknowledged, duty.EventClear, facts{latch: true}, duty.Latched},
		{duty.Acknowledged, duty.EventRealarm, facts{active: true}, duty.Unacknowledged},
		{duty.Returned, duty.EventAcknowledge, facts{}, duty.Normal},
		{duty.Returned, duty.EventAcknowledge, facts{latch: true}, duty.Latched},
		{duty.Returned, duty.EventRaise, facts{active: true}, duty.Unacknowledged},
		{duty.Latched, duty.EventReset, facts{latch: true}, duty.Normal},
		{duty.Latched, duty.EventRaise, facts{active: true, latch: true}, duty.Unacknowledged},
		{duty.Shelved, duty.EventUnshelve, facts{active: true}, duty.Unacknowledged},
		{duty.Shelved, duty.EventUnshelve, facts{}, duty.Normal},
		{duty.Suppressed, duty.EventUnsuppress, facts{active: true}, duty.Unacknowledged},
		{duty.Suppressed, duty.EventUnsuppress, facts{}, duty.Normal},
		{duty.OutOfService, duty.EventRestore, facts{active: true}, duty.Unacknowledged},
		{duty.OutOfService, duty.EventRestore, facts{}, duty.Normal},
		{duty.OutOfService, duty.EventRestore, facts{latch: true}, duty.Latched},
	} {
		if to, _, ok := next(c.from, c.on, c.facts); !ok || to != c.to {
			t.Errorf("%s, %s %+v: %s %v, want %s", c.from, c.on, c.facts, to, ok, c.to)
		}
	}
	seen := make(map[string]bool)
	for _, s := range life {
		for _, when := range []guard{latches, plain} {
			if s.when != always && s.when != when {
				continue
			}
			row := fmt.Sprint(s.from, s.on, when)
			if seen[row] {
				t.Errorf("%s is in the table twice", row)
			}
			seen[row] = true
		}
		if s.on == duty.EventAcknowledge && s.to == duty.Normal && s.from != duty.Returned {
			t.Errorf("acknowledging clears %s", s.from)
		}
	}
}
