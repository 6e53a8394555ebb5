package main

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/drivers/sim"
	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules"
)

// community is the demo's equipment and the rules that ship, in simulated
// time: hours of it take seconds.
type community struct {
	t     *testing.T
	plant *plant
	field *sim.Field
	core  rules.Core
	now   time.Time
	heard map[gateway.AssetID]time.Time
}

// step is how often the equipment is looked at: as often as its mean bus is.
const communityStep = 2 * time.Second

// evening is when the households draw most: every figure is at its worst.
func evening() time.Time { return time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) } // 17:30 in Shanghai

func newCommunity(t *testing.T, seed int64) *community {
	t.Helper()
	folder := t.TempDir()
	file, err := writeDemo(folder, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := loadPlant(file, func(string) (string, bool) { return "secret", true })
	if err != nil {
		t.Fatal(err)
	}
	e, d, err := p.judges()
	if err != nil {
		t.Fatal(err)
	}
	field, err := sim.New(p.cfg, sim.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	c := &community{t: t, plant: p, field: field, now: evening(), heard: map[gateway.AssetID]time.Time{},
		core: rules.Core{Engine: e, Desk: d, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}}
	c.core.Engine.Resume(c.now)
	return c
}

// pass lets time go by.
func (c *community) pass(d time.Duration) {
	for until := c.now.Add(d); c.now.Before(until); {
		c.now = c.now.Add(communityStep)
		c.field.Step(c.now)
		for i := range c.plant.cfg.Site.Assets {
			c.read(&c.plant.cfg.Site.Assets[i], c.plant.cfg.Assets[i].MQTT != nil)
		}
		c.core.Advance(c.now)
	}
}

// read takes what an asset says, as far as it is heard: what is on the radio
// every half minute and when a flag of it changes.
func (c *community) read(a *gateway.Asset, radio bool) {
	if !c.field.Answers(a.ID) {
		return
	}
	one := gateway.Reading{Asset: a.ID, Time: c.now, Received: c.now}
	for _, p := range a.Points {
		if v, ok := c.field.Value(a.ID, p.Name); ok {
			one.Values = append(one.Values, gateway.Value{Point: p.Name, Number: v, Quality: gateway.QualityGood})
		}
	}
	if radio && c.now.Sub(c.heard[a.ID]) < 10*time.Second && a.Kind != "elevator" {
		return
	}
	c.heard[a.ID] = c.now
	c.core.Take(one)
}

// alarms lists what rose, in order: rule@asset and priority, and where nobody
// was told of it by itself, what it went into.
func (c *community) alarms() (out []string) {
	var order []string
	last, told, into := map[string]duty.Alarm{}, map[string]bool{}, map[string]string{}
	for _, t := range c.core.Done.Transitions {
		if _, known := last[t.Alarm.ID]; !known {
			order = append(order, t.Alarm.ID)
		}
		last[t.Alarm.ID] = t.Alarm
		told[t.Alarm.ID] = told[t.Alarm.ID] || t.To == duty.Unacknowledged
		if t.Alarm.Cause != "" {
			into[t.Alarm.ID] = t.Alarm.Cause
		}
	}
	for _, id := range order {
		a := last[id]
		text := fmt.Sprintf("%s@%s %s", a.Rule, a.Asset, a.Priority)
		switch cause, folded := last[into[id]]; {
		case told[id]:
		case folded:
			text += " in " + cause.Rule
		default:
			text += " suppressed"
		}
		out = append(out, text)
	}
	return out
}

func (c *community) play(name string, on bool) {
	c.t.Helper()
	if err := c.field.Incident(name, on); err != nil {
		c.t.Fatal(err)
	}
}

// TestCalmCommunity: plausible equipment raises nothing, through the hours in
// which it is used most.
func TestCalmCommunity(t *testing.T) {
	const seed = 1 // the demo's
	t.Logf("seed %d", seed)
	c := newCommunity(t, seed)
	c.pass(3 * time.Hour)
	for _, a := range c.alarms() {
		t.Errorf("a calm evening raised %s", a)
	}
	for _, k := range c.core.Desk.Tickets() {
		t.Errorf("a calm evening opened %s %s %s", k.ID, k.Asset, k.Title.EN)
	}
}

// promised is what the rules that ship make of each incident of the demo,
// played for as long as its timetable does.
var promised = []struct {
	name    string
	alarms  []string // as community.alarms lists them
	tickets []string // fault@asset class trade
	over    time.Duration
}{
	{"leak", []string{"LK-01@leak-a-1203-kitchen P2"}, []string{"LK-01@leak-a-1203-kitchen simple plumber"}, 20 * time.Minute},
	{"entrapment", []string{"EL-01.button@lift-b3 P1", "EL-02.people@lift-b3 P1 suppressed", "EL-01@lift-b3 P1 suppressed", "EL-02@lift-b3 P2 suppressed"},
		[]string{"EL-01@lift-b3 emergency lift_contractor"}, 20 * time.Minute},
	{"dry-run", []string{"PU-01@pump-1 P1"}, []string{"PU-01@pump-1 simple plumber"}, 20 * time.Minute},
	{"phase-loss", []string{"PW-03@meter-a P1", "PW-02@meter-a P3 suppressed"}, []string{"PW-03@meter-a emergency electrician"}, 20 * time.Minute},
	{"outage", []string{"PW-04@meter-b P1", "EL-05@lift-b1 P2 in PW-04", "EL-05@lift-b2 P2 in PW-04", "PW-02@meter-b P3 suppressed",
		"EL-18@lift-b3 P3 in PW-04"},
		[]string{"PW-04@meter-b emergency electrician"}, 20 * time.Minute},
	{"rain", []string{"RN-01@rain-roof P4"}, []string{"plan/vacant-round@ simple property"}, 130 * time.Minute},
}

func TestIncidentsOfTheDemo(t *testing.T) {
	for _, x := range promised {
		t.Run(x.name, func(t *testing.T) {
			c := newCommunity(t, 1)
			c.pass(time.Minute)
			c.play(x.name, true)
			c.pass(lasting(x.name))
			if got := c.alarms(); !slices.Equal(got, x.alarms) {
				t.Errorf("alarms: %s\nwant %s", strings.Join(got, ", "), strings.Join(x.alarms, ", "))
			}
			var tickets []string
			for _, k := range c.core.Desk.Tickets() {
				tickets = append(tickets, fmt.Sprintf("%s@%s %s %s", k.Fault, k.Asset, k.Class, k.Trade))
			}
			if !slices.Equal(tickets, x.tickets) {
				t.Errorf("tickets: %s\nwant %s", strings.Join(tickets, ", "), strings.Join(x.tickets, ", "))
			}
			c.play(x.name, false)
			c.pass(x.over)
			for _, a := range c.core.Engine.Alarms() {
				if a.Active {
					t.Errorf("%s@%s is still there %s after the end", a.Rule, a.Asset, x.over)
				}
			}
			if got := c.alarms(); !slices.Equal(got, x.alarms) {
				t.Errorf("%s after the end the alarms were: %s", x.over, strings.Join(got, ", "))
			}
			if got := len(c.core.Desk.Tickets()); got != len(x.tickets) {
				t.Errorf("%d tickets %s after the end, want %d that wait for somebody", got, x.over, len(x.tickets))
			}
		})
	}
}

// lasting is how long an incident is in the demo's timetable.
func lasting(name string) (d time.Duration) {
	for _, row := range timetable {
		switch {
		case row.name == name && row.on:
			d -= row.at
		case row.name == name:
			d += row.at
		}
	}
	return d
}

// TestTimetable: what is begun is ended, in order, within the round.
func TestTimetable(t *testing.T) {
	on, was := map[string]bool{}, time.Duration(0)
	for _, row := range timetable {
		if row.at < was || row.at >= incidentRound || on[row.name] == row.on {
			t.Errorf("%s %v at %s is out of place", row.name, row.on, row.at)
		}
		on[row.name], was = row.on, row.at
	}
	for name, left := range on {
		if left {
			t.Errorf("%s never ends", name)
		}
	}
	if len(on) != len(promised) {
		t.Errorf("%d incidents in the timetable, %d are promised something of", len(on), len(promised))
	}
}
