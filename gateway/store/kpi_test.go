package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"steward/gateway"
	"steward/gateway/duty"
)

// kpiCase is a file of testdata/kpi: what happened from the epoch on, and the
// figures of [epoch, epoch+length).
type kpiCase struct {
	About   string
	Length  string
	Steps   string // offset, alarm, asset/rule, priority, event, state, who
	Tickets []kpiTicket
	Want    map[string]struct {
		Value     *float64
		Count, Of *int
		Grade     *duty.Grade
		IDs       *[]string `yaml:"ids"`
	}
}

type kpiTicket struct {
	ID, Class, Opened, Accepted, Done, Closed, Cancelled, Recurrence string
	Reopened                                                         int
	Clocks                                                           []map[string]string
}

func readKPICase(t *testing.T, path string) (kpiCase, span) {
	t.Helper()
	body, err := os.ReadFile(path)
	ok(t, err)
	var c kpiCase
	ok(t, yaml.NewDecoder(bytes.NewReader(body), yaml.Strict()).Decode(&c))
	length, err := time.ParseDuration(c.Length)
	ok(t, err)
	return c, span{epoch, epoch.Add(length)}
}

func offset(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	d, err := time.ParseDuration(text)
	ok(t, err)
	return epoch.Add(d)
}

// transitions makes what happened of a case's lines.
func (c *kpiCase) transitions(t *testing.T) (out []duty.Transition) {
	t.Helper()
	now := map[string]duty.Alarm{}
	for line := range strings.Lines(c.Steps) {
		f := append(strings.Fields(line), "")
		a := now[f[1]]
		if a.ID == "" {
			a = duty.Alarm{ID: f[1], State: duty.Normal}
		}
		tr := duty.Transition{Seq: uint64(len(out) + 1), At: offset(t, f[0]), Event: duty.AlarmEvent(f[4]), From: a.State, To: duty.AlarmState(f[5]), By: f[6]}
		asset, rule, _ := strings.Cut(f[2], "/")
		a.Asset, a.Rule, a.State = gateway.AssetID(asset), rule, tr.To
		ok(t, a.Priority.UnmarshalText([]byte(f[3])))
		switch tr.Event {
		case duty.EventRaise:
			a.Active = true
		case duty.EventClear:
			a.Active = false
		}
		now[a.ID], tr.Alarm = a, a
		out = append(out, tr)
	}
	return out
}

func (c *kpiCase) tickets(t *testing.T) (out []duty.Ticket) {
	t.Helper()
	for _, k := range c.Tickets {
		d := duty.Ticket{ID: k.ID, Class: duty.Class(k.Class), State: duty.TicketOpen, Opened: offset(t, k.Opened), Accepted: offset(t, k.Accepted),
			Done: offset(t, k.Done), Closed: offset(t, k.Closed), Reopened: k.Reopened, Recurrence: k.Recurrence, Changed: offset(t, k.Opened)}
		if k.Closed != "" {
			d.State, d.Changed = duty.TicketClosed, d.Closed
		}
		if k.Cancelled != "" {
			d.State, d.Changed = duty.TicketCancelled, offset(t, k.Cancelled)
		}
		for _, m := range k.Clocks {
			for promise, how := range m {
				c := duty.Clock{Promise: duty.Promise(promise), Started: d.Opened}
				for words := strings.Fields(how); len(words) > 1; words = words[2:] {
					if words[0] == "met" {
						c.Met = offset(t, words[1])
					} else {
						c.Breached = offset(t, words[1])
					}
				}
				d.Clocks = append(d.Clocks, c)
			}
		}
		out = append(out, d)
	}
	return out
}

// hold fails where a figure is not what the case says.
func (c *kpiCase) hold(t *testing.T, figures []duty.Figure) {
	t.Helper()
	by := map[string]duty.Figure{}
	for _, f := range figures {
		by[f.Name] = f
	}
	for name, w := range c.Want {
		f, found := by[name]
		switch {
		case !found:
			t.Errorf("there is no figure %s", name)
		case (f.Value == nil) != (w.Value == nil) || f.Value != nil && math.Abs(*f.Value-*w.Value) > 1e-6:
			t.Errorf("%s: got %s, want %s", name, number(f.Value), number(w.Value))
		case w.Count != nil && f.Count != *w.Count || w.Of != nil && f.Of != *w.Of:
			t.Errorf("%s: got %d of %d", name, f.Count, f.Of)
		case w.Grade != nil && f.Grade != *w.Grade:
			t.Errorf("%s: got grade %q, want %q", name, f.Grade, *w.Grade)
		case w.IDs != nil && (!reflect.DeepEqual(f.IDs, *w.IDs) || f.Total != len(*w.IDs)):
			t.Errorf("%s: got %v (%d), want %v", name, f.IDs, f.Total, *w.IDs)
		}
	}
}

func number(f *float64) string {
	if f == nil {
		return "nothing"
	}
	return fmt.Sprint(*f)
}

// Each case holds over what happened, and over what a store kept of it.
func TestKPICases(t *testing.T) {
	files, err := filepath.Glob("testdata/kpi/*.yaml")
	ok(t, err)
	if len(files) < 7 {
		t.Fatalf("only %d cases", len(files))
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			c, p := readKPICase(t, path)
			transitions, tickets := c.transitions(t), c.tickets(t)
			log := newAlarmLog()
			for i := range transitions {
				log.put(&transitions[i])
			}
			figures, _, _ := alarmFigures(p, log)
			c.hold(t, append(figures, serviceFigures(p, tickets)...))

			s := fresh(t)
			ok(t, s.Commit(context.Background(), Commit{Site: site, Clock: epoch.Add(-1000 * time.Hour), Transitions: transitions, Tickets: tickets}))
			k, err := s.KPI(context.Background(), site, p.from, p.to)
			ok(t, err)
			same(t, "period", []time.Time{k.From, k.To}, []time.Time{p.from, p.to})
			c.hold(t, append(k.Alarms, k.Service...))
		})
	}
}

// Every figure has a name of its own, both languages, IDs that are never nil,
// and can be written as JSON and read again.
func TestKPIIsWhole(t *testing.T) {
	s := fresh(t)
	many(t, s, 1200)
	k, err := s.KPI(context.Background(), site, epoch, epoch.Add(1300*time.Hour))
	ok(t, err)
	names := map[string]bool{}
	for _, f := range append(k.Alarms, k.Service...) {
		if f.Name == "" || names[f.Name] || f.Title.ZH == "" || f.Title.EN == "" || f.IDs == nil || f.Kind == "" || len(f.IDs) > duty.MaxIDs || f.Total < len(f.IDs) {
			t.Errorf("figure %q: %+v", f.Name, f.Title)
		}
		if (f.Grade != "") != (f.Target != nil && f.Value != nil) {
			t.Errorf("figure %s has grade %q", f.Name, f.Grade)
		}
		names[f.Name] = true
	}
	same(t, "figures", len(names), 20+13)
	same(t, "IDs and total of alarms", []int{len(k.Alarms[0].IDs), k.Alarms[0].Total}, []int{duty.MaxIDs, 1200})
	same(t, "top", []any{len(k.Top), k.Top[0].Count, k.Top[0].Total, k.Top[0].Rule, k.Rules[0].Share}, []any{3, 400, 400, "PU-01", 100.0})
	same(t, "IDs and total of a rule", []int{len(k.Rules[0].IDs), k.Rules[0].Total}, []int{duty.MaxIDs, 1200})
	body, err := json.Marshal(k)
	ok(t, err)
	var again duty.KPI
	ok(t, json.Unmarshal(body, &again))
	same(t, "read again", again, k)
}

// A period is cut to the time that the site was watched, and to now.
func TestKPIPeriod(t *testing.T) {
	opt, _ := options(t.TempDir())
	now := epoch.Add(48 * time.Hour)
	opt.Now = func() time.Time { return now }
	s := open(t, opt)
	c := first()
	c.Clock = epoch
	ok(t, s.Commit(context.Background(), c))
	k, err := s.KPI(context.Background(), site, epoch.Add(-30*24*time.Hour), epoch.Add(30*24*time.Hour))
	ok(t, err)
	same(t, "period", []time.Time{k.From, k.To}, []time.Time{epoch, now})
	same(t, "alarms a day", *k.Alarms[1].Value, 0.5)

	k, err = s.KPI(context.Background(), "nowhere", epoch, now.Add(time.Hour))
	ok(t, err)
	if k.From != k.To || k.Alarms[1].Value != nil {
		t.Fatalf("figures of a site that was never watched: %+v", k)
	}
	if _, err := s.KPI(context.Background(), site, now, now); !errors.Is(err, duty.ErrRefused) {
		t.Fatalf("an empty period: %v", err)
	}
}

// Rules that speak of alarms are left out where the options say so.
func TestKPINotCounted(t *testing.T) {
	opt, _ := options(t.TempDir())
	opt.NotCounted = []string{"SY-03", "SY-04"}
	s := open(t, opt)
	c := Commit{Site: site, Clock: epoch}
	for i, rule := range []string{"SY-03", "PU-01", "SY-04", "SY-05"} {
		tr := moved(uint64(i+1), i+1, duty.EventRaise, duty.Normal, duty.Unacknowledged, time.Minute)
		tr.Alarm.Rule = rule
		c.Transitions = append(c.Transitions, tr)
	}
	ok(t, s.Commit(context.Background(), c))
	k, err := s.KPI(context.Background(), site, epoch, epoch.Add(time.Hour))
	ok(t, err)
	same(t, "alarms", k.Alarms[0].IDs, []string{"A000002", "A000004"})
}

func TestGrades(t *testing.T) {
	most := 12.0
	for _, c := range []struct {
		t     duty.Target
		value float64
		want  duty.Grade
	}{
		{duty.Target{Acceptable: 6, Manageable: &most}, 6, duty.GradeAcceptable},
		{duty.Target{Acceptable: 6, Manageable: &most}, 6.1, duty.GradeManageable},
		{duty.Target{Acceptable: 6, Manageable: &most}, 12, duty.GradeManageable},
		{duty.Target{Acceptable: 6, Manageable: &most}, 12.1, duty.GradeBeyond},
		{duty.Target{Acceptable: 1, Strict: true}, 1, duty.GradeBeyond},
		{duty.Target{Acceptable: 1, Strict: true}, 0.9, duty.GradeAcceptable},
		{duty.Target{Acceptable: 98, AtLeast: true}, 98, duty.GradeAcceptable},
		{duty.Target{Acceptable: 98, AtLeast: true}, 97.9, duty.GradeBeyond},
	} {
		if got := c.t.Grade(c.value); got != c.want {
			t.Errorf("%+v at %v: got %s, want %s", c.t, c.value, got, c.want)
		}
	}
}

// TestFiguresNeedNoWholeLives holds figures made of the steps that are read
// against those made of all that ever happened, over random lives.
func TestFiguresNeedNoWholeLives(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	s := fresh(t)
	commit := Commit{Site: site, Cursor: 1, Clock: epoch}
	var all []duty.Transition
	now, ids, when := make([]duty.Alarm, 12), 0, time.Duration(0)
	for seq := range uint64(3000) {
		when += time.Duration(rnd.Int64N(int64(20 * time.Minute)))
		if rnd.IntN(40) == 0 {
			when += 30 * time.Hour
		}
		k := rnd.IntN(len(now))
		a := &now[k]
		if a.ID == "" || a.State == duty.Normal {
			ids++
			*a = duty.Alarm{ID: fmt.Sprintf("A%06d", ids), State: duty.Normal, Priority: duty.Priority(1 + k%4),
				AlarmKey: duty.AlarmKey{Asset: gateway.AssetID(fmt.Sprint("pump-", k%5)), Rule: fmt.Sprint("PU-0", k)}}
		}
		tr := duty.Transition{Seq: seq + 1, At: epoch.Add(when), From: a.State}
		switch {
		case !a.Active:
			a.Active, a.State, tr.Event = true, duty.Unacknowledged, duty.EventRaise
		case rnd.IntN(8) == 0 && a.State == duty.Unacknowledged:
			a.State, tr.Event, tr.By = duty.Acknowledged, duty.EventAcknowledge, "li"
		case rnd.IntN(20) == 0:
			tr.Event = duty.EventMark
		case a.State == duty.Acknowledged || rnd.IntN(10) == 0:
			a.Active, a.State, tr.Event = false, duty.Normal, duty.EventClear
		default:
			a.Active, a.State, tr.Event = false, duty.Returned, duty.EventClear
		}
		tr.To, tr.Alarm = a.State, *a
		commit.Transitions = append(commit.Transitions, tr)
		all = append(all, tr)
	}
	ok(t, s.Commit(context.Background(), commit))
	sorted := func(figures []duty.Figure, _, _ []duty.Share) []duty.Figure {
		for i := range figures {
			slices.Sort(figures[i].IDs)
		}
		return figures
	}
	for range 60 {
		from := epoch.Add(time.Duration(rnd.Int64N(int64(when))))
		p := span{from, from.Add(time.Hour + time.Duration(rnd.Int64N(int64(when/4))))}
		read, before := newAlarmLog(), newAlarmLog()
		ok(t, s.read(context.Background(), func(tx *sql.Tx) error { return s.steps(context.Background(), tx, site, p, read) }))
		for i := range all {
			if all[i].At.Before(p.to) {
				before.put(&all[i])
			}
		}
		same(t, fmt.Sprintf("figures of %s to %s", p.from, p.to), sorted(alarmFigures(p, read)), sorted(alarmFigures(p, before)))
		for i, st := range read.steps {
			if old := st.at.Before(p.from.Add(-24 * time.Hour)); old && slices.ContainsFunc(read.steps[:i], func(o step) bool { return o.life == st.life }) {
				t.Fatalf("two steps of %s from before %s are read", st.life.id, p.from)
			}
		}
	}
}

// put adds a transition.
func (l *alarmLog) put(tr *duty.Transition) {
	l.add(tr.Seq, tr.At, tr.Alarm.ID, tr.Alarm.AlarmKey, tr.Alarm.Priority, tr.Event, tr.From, tr.To, tr.Alarm.Active, tr.By)
}

// Figures are made one at a time; who waits gives up with his context.
func TestFiguresWaitForEachOther(t *testing.T) {
	s := fresh(t)
	many(t, s, 3)
	s.figures <- struct{}{} // somebody's are being made
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { // ends with its answer
		_, err := s.KPI(ctx, site, epoch, epoch.Add(time.Hour))
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	go func() { // ends with its answer
		_, err := s.KPI(context.Background(), site, epoch, epoch.Add(time.Hour))
		done <- err
	}()
	<-s.figures
	ok(t, <-done)
}

// Lists and figures search; they do not walk what a month of chattering left.
func TestQueriesSearch(t *testing.T) {
	s := fresh(t)
	many(t, s, 50)
	for query, want := range map[string]string{
		"SELECT t.seq, t.at, t.alarm, t.asset, t.rule, t.priority, t.event, t.was, t.state, t.active, t.who FROM transitions t WHERE t.site = 'a' AND t.at >= 1 AND t.at < 9": "COVERING INDEX transitions_at",
		"SELECT x.seq FROM transitions x WHERE x.site = 'a' AND x.alarm = 'b' AND x.at < 9 ORDER BY x.at DESC, x.seq DESC LIMIT 1":                                            "COVERING INDEX transitions_life",
		"SELECT body FROM alarms WHERE site = 'a' AND rule = 'b' ORDER BY n DESC LIMIT 9":                                                                                     "INDEX alarms_rule (site=? AND rule=?)",
		"SELECT body FROM transitions WHERE site = 'a' AND who <> '' ORDER BY seq DESC LIMIT 9":                                                                               "INDEX transitions_people",
		"SELECT n FROM outbox WHERE site = 'a' AND at < 9 LIMIT 9":                                                                                                            "INDEX outbox_at (site=? AND at<?)",
		"SELECT 1 FROM ticket_events e WHERE e.site = 'a' AND e.attach = 'b' AND e.attach <> ''":                                                                              "INDEX ticket_events_attach (site=? AND attach=?)",
	} {
		var plan []string
		ok(t, each(context.Background(), s.r, "EXPLAIN QUERY PLAN "+query, nil, func(scan func(...any) error) error {
			var a, b, c int
			var line string
			err := scan(&a, &b, &c, &line)
			plan = append(plan, line)
			return err
		}))
		if got := strings.Join(plan, "; "); !strings.Contains(got, want) || strings.Contains(got, "TEMP B-TREE") {
			t.Errorf("%s:\n got %s\nwant %s", query, got, want)
		}
	}
}
