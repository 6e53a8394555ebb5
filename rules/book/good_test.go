package book

import (
	"math"
	"reflect"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

func TestRules(t *testing.T) {
	b := example(t)
	dry := rule(t, b, "PU-01")
	if dry.Pack != "example" || dry.Place != "brief.yaml:3" || dry.Fault != "PU-01" || dry.Class != duty.ClassEmergency || dry.Trade != "plumber" {
		t.Errorf("rule is %+v", dry)
	}
	want := Settings{Enabled: true, Priority: duty.P1, Latch: true, OnDelay: 5 * time.Second, OffDelay: time.Minute, Realarm: 4 * time.Hour, Proof: 45 * time.Minute}
	got := dry.Defaults
	got.Numbers = nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("settings are %+v, want %+v", got, want)
	}
	if n := dry.Defaults.Numbers; n["suction_min"] != 0.02 || !math.IsNaN(n["rated_current"]) || len(n) != 2 {
		t.Errorf("numbers are %v", n)
	}
	if in := dry.Inputs[3]; in.Kind != InRelated || !reflect.DeepEqual(in.Related, &Related{Relation: FedBy, Kind: "tank", Take: TakeAny}) || in.Point != "level_low_low" {
		t.Errorf("input is %+v", in)
	}
	night := rule(t, b, "PU-17")
	low, base := night.Inputs[1], night.Inputs[2]
	if low.Name != "night_min" || night.Inputs[low.Window.Of].Point != "flow" || low.Window.Every != 24*time.Hour ||
		!reflect.DeepEqual(low.Window.In, &Schedule{From: 2 * time.Hour, Until: 5 * time.Hour, Days: [7]bool{true, true, true, true, true, true, true}}) {
		t.Errorf("input is %+v over %+v", low, low.Window)
	}
	if base.Window.Of != 1 || !base.Window.Full || base.Window.Over != 14*24*time.Hour || base.Unit != "m3/h" {
		t.Errorf("input is %+v over %+v", base, base.Window)
	}
	if still := rule(t, b, "EL-01").Inputs[4]; still.Window == nil || *still.Window.Is != 0 || still.Unit != "s" {
		t.Errorf("input is %+v", still)
	}
	if r := rule(t, b, "EL-20"); r.Needs == (gateway.Text{}) || r.Raise == nil || r.Raise.Possible(func(int) bool { return true }) {
		t.Errorf("a rule without a signal can be raised: %+v", r)
	}
	if r := rule(t, b, "SY-03"); r.About != "flood" || r.Kind != "*" {
		t.Errorf("rule is %+v", r)
	}
	if s := rule(t, b, "VU-04").Inputs[2].Schedule; s == nil || s.From != 22*time.Hour || s.Until != 6*time.Hour || s.Days != [7]bool{5: true, 6: true} {
		t.Errorf("schedule is %+v", s)
	}
	if f := rule(t, b, "EL-15").Inputs[0].Fact; f == nil || !f.Age || !f.Need || f.Of != "" {
		t.Errorf("fact is %+v", f)
	}
}

// The conditions of the example, judged over what the assets may tell.
func TestConditions(t *testing.T) {
	b := example(t)
	type values = map[string]float64
	for _, c := range []struct {
		rule  string
		in    values
		raise Tri
		clear Tri // Unknown is also that of no condition of its own
	}{
		{"PU-01", values{"running": 1, "suction_pressure": 0.01, "suction_min": 0.02}, True, False},
		{"PU-01", values{"running": 0, "suction_pressure": 0.01, "suction_min": 0.02}, False, True},
		{"PU-01", values{"running": 1, "suction_pressure": 0.025, "suction_min": 0.02}, Unknown, False},
		{"PU-01", values{"running": 1, "suction_pressure": 0.025, "suction_min": 0.02, "dry_tank": 0, "current": 10, "rated_current": 12}, False, False},
		{"PU-01", values{"running": 1, "suction_pressure": 0.5, "suction_min": 0.02, "dry_tank": 0, "current": 5, "rated_current": 12}, True, True},
		{"PU-01", values{"suction_pressure": 0.01, "suction_min": 0.02}, Unknown, Unknown},
		{"PU-01", values{"running": 0}, False, True},
		{"PU-02", values{"starts_h": 16, "most": 15}, True, Unknown},
		{"PU-02", values{"starts_h": 15, "most": 15}, False, Unknown},
		{"PU-17", values{"night_min": 1.4, "base": 1}, True, Unknown},
		{"PU-17", values{"night_min": 1.4}, Unknown, Unknown},
		{"EL-01", values{"trapped": 1}, True, Unknown},
		{"EL-01", values{"trapped": 0}, Unknown, Unknown},
		{"EL-01", values{"trapped": 0, "people": 1, "door_state": 0, "still": 600, "mode": 0}, True, Unknown},
		{"EL-01", values{"trapped": 0, "people": 1, "door_state": 0, "still": 600, "mode": 10}, False, Unknown},
		{"EL-01", values{"trapped": 0, "people": 1, "door_state": 2, "still": 600}, False, Unknown},
		{"EL-11", values{"temperature": 41, "limit": 40, "limit_low": 5, "dead_band": 2, "dead_band_low": 2}, True, False},
		{"EL-11", values{"temperature": 39, "limit": 40, "limit_low": 5, "dead_band": 2, "dead_band_low": 2}, False, False},
		{"EL-11", values{"temperature": 38, "limit": 40, "limit_low": 5, "dead_band": 2, "dead_band_low": 2}, False, True},
		{"EL-11", values{"temperature": 4, "limit": 40, "limit_low": 5, "dead_band": 2, "dead_band_low": 2}, True, False},
		{"EL-11", values{"temperature": 6, "limit": 40, "limit_low": 5, "dead_band": 2, "dead_band_low": 2}, False, False},
		{"EL-11", values{"temperature": 7, "limit": 40, "limit_low": 5, "dead_band": 2, "dead_band_low": 2}, False, True},
		{"EL-11", values{"limit": 40, "limit_low": 5, "dead_band": 2, "dead_band_low": 2}, Unknown, Unknown},
		{"TR-09", values{"winding_temperature_b": 131, "limit": 130, "dead_band": 5}, True, False},
		{"TR-09", values{"winding_temperature_b": 100, "limit": 130, "dead_band": 5}, Unknown, Unknown},
		{"LK-04", values{"silence": 90001, "for": 90000}, True, Unknown},
		{"LK-04", values{"silence": 90000, "for": 90000}, False, Unknown},
		{"VU-04", values{"open": 1, "vacant": 1, "night": 0}, True, Unknown},
		{"VU-04", values{"open": 1, "vacant": 0, "night": 0}, False, Unknown},
	} {
		r := rule(t, b, c.rule)
		if got := eval(t, r, r.Raise, c.in); got != c.raise {
			t.Errorf("%s over %v is %s, want %s", c.rule, c.in, got, c.raise)
		}
		if r.Clear == nil {
			if c.clear != Unknown {
				t.Errorf("%s has no end of its own", c.rule)
			}
		} else if got := eval(t, r, r.Clear, c.in); got != c.clear {
			t.Errorf("%s over %v ends %s, want %s", c.rule, c.in, got, c.clear)
		}
	}
	if r := rule(t, b, "VU-04"); eval(t, r, r.Suppress, values{"visit": 1}) != True {
		t.Error("a visit does not suppress")
	}
}

// An asset that lacks points is judged by what it has.
func TestOn(t *testing.T) {
	b := example(t)
	having := func(r *Rule, names ...string) func(int) bool {
		return func(i int) bool {
			if r.Inputs[i].Kind == InNumber {
				return true
			}
			for _, n := range names {
				if r.Inputs[i].Name == n {
					return true
				}
			}
			return false
		}
	}
	type values = map[string]float64
	r := rule(t, b, "TR-09")
	raise, clear, suppress := r.On(having(r, "winding_temperature_a", "winding_temperature_b"))
	in := values{"winding_temperature_a": 100, "winding_temperature_b": 100, "limit": 130, "dead_band": 5}
	if suppress != nil || eval(t, r, raise, in) != False || eval(t, r, clear, in) != True {
		t.Errorf("two of three windings: raise %s, clear %s", eval(t, r, raise, in), eval(t, r, clear, in))
	}
	if raise, _, _ := r.On(having(r)); raise != nil || r.Raise.Possible(having(r)) {
		t.Error("without a point the rule could be raised")
	}
	r = rule(t, b, "PU-01")
	raise, clear, _ = r.On(having(r, "running", "dry_tank"))
	if got := eval(t, r, raise, values{"running": 1, "dry_tank": 0}); got != False {
		t.Errorf("a pump without suction pressure is %s", got)
	}
	if got := eval(t, r, clear, values{"running": 0}); got != True {
		t.Errorf("it ends %s", got)
	}
	if raise, _, _ := r.On(having(r, "suction_pressure", "dry_tank")); raise != nil {
		t.Error("a pump that does not say whether it runs cannot run dry")
	}
	r = rule(t, b, "EL-01")
	if raise, _, _ := r.On(having(r, "people", "door_state", "still", "mode")); raise == nil || eval(t, r, raise, values{"people": 0}) != False {
		t.Error("a lift without a trapped flag is not watched")
	}
	if same, _, _ := r.On(func(int) bool { return true }); !reflect.DeepEqual(same, r.Raise) {
		t.Error("a whole asset has other conditions")
	}
}

func TestSettings(t *testing.T) {
	site, b := garden(t), example(t)
	asset := func(id gateway.AssetID) *gateway.Asset {
		for i := range site.Assets {
			if site.Assets[i].ID == id {
				return &site.Assets[i]
			}
		}
		t.Fatalf("no asset %s", id)
		return nil
	}
	r := rule(t, b, "EL-11")
	s := b.Settings(r, site, asset("room-1"))
	if s.Enabled || !s.Latch || s.Priority != duty.P2 || s.OnDelay != 2*time.Minute || s.Numbers["limit"] != 45 || s.Numbers["limit_low"] != 5 {
		t.Errorf("room-1 has %+v", s)
	}
	s = b.Settings(r, site, asset("room-2"))
	if !s.Enabled || !s.Latch || s.Priority != duty.P3 || s.OnDelay != 10*time.Minute || s.Numbers["limit"] != 40 {
		t.Errorf("room-2 has %+v", s)
	}
	if r.Defaults.Latch || r.Defaults.Numbers["limit"] != 40 {
		t.Errorf("an override changed the rule itself: %+v", r.Defaults)
	}
	if got := b.Settings(rule(t, b, "EL-15"), site, asset("lift-1")).Numbers["overdue"]; got != 20*86400 {
		t.Errorf("overdue after %v s", got)
	}
	stale := rule(t, b, "SY-01")
	pump := *asset("pump-1")
	pump.Points = []gateway.Point{{Name: "running", Fresh: 4 * time.Minute}, {Name: "flow", Fresh: 3 * time.Minute}, {Name: "mode"}}
	if got := b.Settings(stale, site, &pump).Numbers["for"]; got != 540 {
		t.Errorf("three periods are %v s", got)
	}
	pump.Points = []gateway.Point{{Name: "running", Fresh: time.Second}}
	if got := b.Settings(stale, site, &pump).Numbers["for"]; got != 300 {
		t.Errorf("at least %v s", got)
	}
	pump.Points = []gateway.Point{{Name: "mode"}}
	if got := b.Settings(stale, site, &pump).Numbers["for"]; !math.IsNaN(got) {
		t.Errorf("points that never grow old are silent after %v s", got)
	}
}

func TestText(t *testing.T) {
	b := example(t)
	for id, want := range map[string]string{
		"PU-01": "running and (suction_pressure < 0.02 MPa or dry_tank or current < 0.5 * not set (rated_current)); over when not running or suction_pressure > 0.02 MPa + 0.01",
		"PU-02": "starts_h > 15",
		"EL-11": "temperature > 40 degC (dead band 2) or temperature < 5 degC (dead band 2)",
		"TR-09": "winding_temperature_a, winding_temperature_b or winding_temperature_c > 130 degC (dead band 5)",
		"EL-15": "since_service > 15d",
		"LK-04": "no good value of leak for 25h",
		"SY-03": "",
		"EL-01": `trapped or (people and door_state == "closed" and still >= 600 and mode not in ["inspection", "learn"])`,
	} {
		r := rule(t, b, id)
		if got := r.Condition(r.Defaults); got != want {
			t.Errorf("%s: %s\nwant %s", id, got, want)
		}
	}
	r := rule(t, b, "EL-11")
	d := r.Describe(b.Settings(r, garden(t), &garden(t).Assets[1]))
	if d.Condition != "temperature > 45 degC (dead band 2) or temperature < 5 degC (dead band 2)" || d.Priority != duty.P2 || d.ID != "EL-11" || r.Text != "temperature > limit or temperature < limit_low" {
		t.Errorf("described as %+v; text %q", d, r.Text)
	}
}

func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		v          float64
		unit, want string
	}{
		{1296000, "s", "15d"}, {90000, "s", "25h"}, {183600, "s", "2d3h"}, {90, "s", "1m30s"}, {60, "s", "1m"}, {5, "s", "5 s"}, {3600.5, "s", "3600.5 s"},
		{0.02, "MPa", "0.02 MPa"}, {1296000, "", "1296000"}, {math.NaN(), "A", "not set"}, {1e-9, "", "1e-09"}, {0, "V", "0 V"},
	} {
		if got := Quantity(c.v, c.unit); got != c.want {
			t.Errorf("%v %s is %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestServiceAndPlans(t *testing.T) {
	b := example(t)
	s := DefaultService()
	s.Respond[duty.P1], s.Trapped, s.Warn, s.Proof[duty.ClassComplex] = 3*time.Minute, []string{"EL-01"}, 0.5, 3*time.Hour
	if !reflect.DeepEqual(b.Service, s) {
		t.Errorf("service is %+v, want %+v", b.Service, s)
	}
	if len(b.Plans) != 4 || b.Plans[0].ID != "lift-half-month" || b.Plans[0].Every != 15*24*time.Hour || b.Plans[0].Warn != 72*time.Hour {
		t.Errorf("plans are %+v", b.Plans)
	}
	if p := b.Plans[2]; p.By != 2000 || p.Counter != "run_hours" || !reflect.DeepEqual(p.Points, []string{"running"}) {
		t.Errorf("plan is %+v", p)
	}
	if p := b.Plans[1]; p.Months != 3 || !reflect.DeepEqual(p.Assets, []gateway.AssetID{"lift-1"}) {
		t.Errorf("plan is %+v", p)
	}
}
