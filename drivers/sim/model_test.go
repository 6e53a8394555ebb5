package sim

import (
	"math"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/kind"
)

// day moves every model through 24 simulated hours, in steps of a second: the
// usual grid would take four times as long for the same ranges.
func day(f *Field, each func(now time.Time)) {
	for now := start(); now.Before(start().Add(24 * time.Hour)); now = now.Add(time.Second) {
		f.advance(now, time.Second)
		if now.Second()%30 == 0 {
			each(now)
		}
	}
}

func TestEveryKindStaysPlausibleForADay(t *testing.T) {
	catalog, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	for _, name := range catalog.Names() {
		s.add(name+"-1", name, "here")
	}
	s.add("pump-2", "pump", "here", "power_meter-1")
	const seed = 11
	t.Logf("seed %d", seed)
	f := s.field(Options{Seed: seed})
	last := map[string]float64{}
	day(f, func(now time.Time) {
		for _, d := range f.devices {
			for i, p := range d.signals.points {
				v := d.signals.at(i)
				key := string(d.id) + " " + p.Name
				if err := plausible(p, v); err != "" {
					t.Fatalf("%s at %s: %v %s", key, now.Format(time.TimeOnly), v, err)
				}
				if p.Counter && v < last[key] {
					t.Fatalf("%s at %s: counter fell from %v to %v", key, now.Format(time.TimeOnly), last[key], v)
				}
				last[key] = v
			}
		}
	})
}

func plausible(p gateway.Point, v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "is not a number"
	case p.Min != nil && v < *p.Min:
		return "is below the kind's range"
	case p.Max != nil && v > *p.Max:
		return "is above the kind's range"
	case p.Type == gateway.Bool && v != 0 && v != 1:
		return "is not a bool"
	case p.Type == gateway.Int && v != math.Round(v):
		return "is not an integer"
	}
	if p.Type != gateway.Enum {
		return ""
	}
	for _, l := range p.Labels {
		if float64(l.Code) == v {
			return ""
		}
	}
	return "is no label"
}

func TestSameSeedSameDay(t *testing.T) {
	sequence := func(seed int64, extra bool, batch time.Duration) []float64 {
		s := newSite(t)
		s.add("tank-1", "tank", "a")
		s.add("pump-1", "pump", "a", "meter-1")
		if extra {
			s.add("lift-9", "elevator", "b")
		}
		s.add("meter-1", "power_meter", "a")
		s.add("lift-1", "elevator", "a")
		f := s.field(Options{Seed: seed})
		var out []float64
		for now := start(); now.Before(start().Add(time.Hour)); now = now.Add(batch) {
			f.Step(now)
			if now.Sub(start())%(10*time.Second) != 0 {
				continue
			}
			for _, id := range []gateway.AssetID{"tank-1", "pump-1", "meter-1", "lift-1"} {
				for i := range f.byID[id].signals.points {
					out = append(out, f.byID[id].signals.at(i))
				}
			}
		}
		return out
	}
	same := func(a, b []float64) bool {
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	base := sequence(3, false, 10*time.Second)
	if !same(base, sequence(3, false, 10*time.Second)) {
		t.Error("the same seed gave another sequence")
	}
	if !same(base, sequence(3, true, 10*time.Second)) {
		t.Error("another asset changed what the others do")
	}
	if !same(base, sequence(3, false, 2*time.Second)) {
		t.Error("stepping more often gave another sequence")
	}
	if same(base, sequence(4, false, 10*time.Second)) {
		t.Error("another seed gave the same sequence")
	}
}

func TestLiftsTravelWithClosedDoors(t *testing.T) {
	s := newSite(t)
	s.add("lift-1", "elevator", "a")
	f := s.field(Options{Seed: 5})
	floors, doors := map[float64]bool{}, map[float64]bool{}
	from, _ := f.Value("lift-1", "run_count")
	for now := start(); now.Before(start().Add(2 * time.Hour)); now = now.Add(grid) {
		f.Step(now)
		speed, _ := f.Value("lift-1", "car_speed")
		door, _ := f.Value("lift-1", "door_state")
		floor, _ := f.Value("lift-1", "car_floor")
		direction, _ := f.Value("lift-1", "direction")
		floors[floor], doors[door] = true, true
		if speed > 0 && door != 0 {
			t.Fatalf("%s: travels at %v m/s with door state %v", now.Format(time.TimeOnly), speed, door)
		}
		if (speed > 0) != (direction != 0) {
			t.Fatalf("%s: speed %v but direction %v", now.Format(time.TimeOnly), speed, direction)
		}
	}
	to, _ := f.Value("lift-1", "run_count")
	if to-from < 20 || len(floors) < 8 || len(doors) != 4 {
		t.Errorf("two hours: %v runs, %d floors, %d door states; want a busy lift", to-from, len(floors), len(doors))
	}
}

func TestPumpsTakeTurnsAtTheTank(t *testing.T) {
	s := newSite(t)
	s.add("pump-1", "pump", "a")
	s.add("pump-2", "pump", "a")
	s.add("tank-1", "tank", "a")
	s.add("elsewhere", "tank", "b")
	f := s.field(Options{Seed: 5})
	first := map[gateway.AssetID]float64{}
	low, high := math.Inf(1), math.Inf(-1)
	for now := start(); now.Before(start().Add(2 * time.Hour)); now = now.Add(time.Second) {
		f.Step(now)
		level, _ := f.Value("tank-1", "level")
		low, high = min(low, level), max(high, level)
		for _, id := range []gateway.AssetID{"pump-1", "pump-2"} {
			if _, ok := first[id]; !ok {
				first[id], _ = f.Value(id, "starts")
			}
		}
	}
	if low < tankStart-0.15 || high > tankStop+0.15 || high-low < 0.25 {
		t.Errorf("level went from %.2f to %.2f m, want about %.2f to %.2f", low, high, tankStart, tankStop)
	}
	for id, from := range first {
		if to, _ := f.Value(id, "starts"); to-from < 3 {
			t.Errorf("%s started %v times in two hours, want turns", id, to-from)
		}
	}
}

func TestMainMeterCarriesWhatItFeeds(t *testing.T) {
	s := newSite(t)
	s.add("main", "power_meter", "a")
	s.add("tower", "power_meter", "a", "main")
	s.add("pump-1", "pump", "a", "tower")
	f := s.field(Options{Seed: 5})
	f.Step(start())
	f.Step(start().Add(time.Minute))
	if err := f.SetPoint("pump-1", "power", 999); err != nil { // held readings do not feed back
		t.Fatal(err)
	}
	main, _ := f.Value("main", "power")
	tower, _ := f.Value("tower", "power")
	l1, _ := f.Value("main", "power_l1")
	l2, _ := f.Value("main", "power_l2")
	l3, _ := f.Value("main", "power_l3")
	if main <= tower || main > tower+5 {
		t.Errorf("main %v kW, tower %v kW: want the main meter a little above", main, tower)
	}
	if math.Abs(l1+l2+l3-main) > 1e-9 {
		t.Errorf("phases sum to %v kW, total is %v", l1+l2+l3, main)
	}
}

func TestGenericPointsAreCalm(t *testing.T) {
	low, high := 10.0, 20.0
	points := []gateway.Point{
		{Name: "strange", Type: gateway.Float, Min: &low, Max: &high, Decimals: 2},
		{Name: "strange_fault", Type: gateway.Bool},
		{Name: "lamp", Type: gateway.Bool},
		{Name: "phase", Type: gateway.Enum, Labels: []gateway.Label{{Code: 4, Name: "a"}, {Code: 5, Name: "b"}}},
		{Name: "main_power", Type: gateway.Bool},
	}
	sig := newSignals(points)
	g := newGeneric(sig, source(1, "x"))
	lamp, values := map[float64]bool{}, map[float64]bool{}
	for range 24 * 3600 {
		g.step(1)
		if v := sig.get("strange"); v < low || v > high {
			t.Fatalf("strange = %v", v)
		}
		if sig.get("strange_fault") != 0 || sig.get("phase") != 4 || sig.get("main_power") != 1 {
			t.Fatal("a fault came up, a mode changed or the power went by itself")
		}
		lamp[sig.get("lamp")], values[sig.get("strange")] = true, true
	}
	if len(lamp) != 2 || len(values) < 50 {
		t.Errorf("lamp took %d states, strange %d: want life", len(lamp), len(values))
	}
}
