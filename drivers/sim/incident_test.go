package sim

import (
	"math"
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

// scene is the demo's field in simulated time.
type scene struct {
	*testing.T
	f   *Field
	now time.Time
}

func newScene(t *testing.T) *scene {
	f, err := New(demo(t, 0), Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t, f, start()}
	s.pass(time.Minute)
	return s
}

func (s *scene) pass(d time.Duration) {
	s.now = s.now.Add(d)
	s.f.Step(s.now)
}

func (s *scene) play(name string, on bool) {
	s.Helper()
	if err := s.f.Incident(name, on); err != nil {
		s.Fatal(err)
	}
}

func (s *scene) value(asset gateway.AssetID, point string) float64 {
	s.Helper()
	v, ok := s.f.Value(asset, point)
	if !ok {
		s.Fatalf("there is no %s %s", asset, point)
	}
	return v
}

// want holds points of an asset to numbers, by name.
func (s *scene) want(asset gateway.AssetID, points map[string]float64) {
	s.Helper()
	for name, want := range points {
		if got := s.value(asset, name); got != want {
			s.Errorf("%s %s is %v, want %v", asset, name, got, want)
		}
	}
}

func TestIncidentsHaveTheirPlace(t *testing.T) {
	s := newScene(t)
	var got []string
	for _, n := range s.f.Incidents() {
		got = append(got, n.Name+" "+string(n.Asset))
		if n.Doc == "" {
			t.Errorf("%s says nothing of itself", n.Name)
		}
	}
	want := "leak leak-a-1203-kitchen, entrapment lift-b3, dry-run pump-1, phase-loss meter-a, outage meter-b, rain rain-roof"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("incidents: %s\nwant %s", text, want)
	}
	if err := s.f.Incident("earthquake", true); err == nil || !strings.Contains(err.Error(), "phase-loss") {
		t.Errorf("an unknown incident: %v", err)
	}
	none := newSite(t)
	none.add("pump-9", "pump", "a")
	f := none.field(Options{Seed: 1})
	if err := f.Incident("leak", true); err == nil {
		t.Error("a leak happened in a site without flats")
	}
	if got := f.Incidents(); len(got) != 1 || got[0].Asset != "pump-9" {
		t.Errorf("incidents of a pump: %+v", got)
	}
}

func TestEntrapment(t *testing.T) {
	s := newScene(t)
	s.play("entrapment", true)
	s.play("entrapment", true) // twice is once
	s.pass(time.Second)
	standing := map[string]float64{"trapped": 1, "stuck": 1, "people": 1, "door_open": 0, "car_speed": 0, "direction": 0, "alarm_button": 0}
	s.want("lift-b3", standing)
	if !s.f.Happens("entrapment") || s.f.Happens("leak") {
		t.Error("it is not told what happens")
	}
	s.pass(12 * time.Second)
	standing["alarm_button"] = 1
	s.want("lift-b3", standing)
	runs := s.value("lift-b3", "run_count")
	s.pass(20 * time.Minute)
	standing["alarm_button"] = 0
	s.want("lift-b3", standing)
	if got := s.value("lift-b3", "run_count"); got != runs {
		t.Error("a lift with trapped people went on")
	}
	s.play("entrapment", false)
	s.pass(2 * time.Second)
	s.want("lift-b3", map[string]float64{"trapped": 0, "stuck": 0, "people": 0, "door_open": 1, "car_speed": 0})
	s.pass(20 * time.Minute)
	if got := s.value("lift-b3", "run_count"); got <= runs {
		t.Error("the lift does not run again")
	}
}

func TestDryRun(t *testing.T) {
	s := newScene(t)
	s.play("dry-run", true)
	s.pass(20 * time.Second)
	s.want("pump-1", map[string]float64{"running": 1, "flow": 0})
	if p, w := s.value("pump-1", "suction_pressure"), s.value("pump-1", "power"); p >= 0.02 || w > 2.5 {
		t.Errorf("dry, its suction is %v MPa and its power %v kW", p, w)
	}
	if p := s.value("pump-1", "discharge_pressure"); p > 0.2 {
		t.Errorf("dry, it gives %v MPa", p)
	}
	s.play("dry-run", false)
	s.pass(time.Second)
	if p := s.value("pump-1", "suction_pressure"); p < 0.03 {
		t.Errorf("with water its suction is %v MPa", p)
	}
}

func TestPhaseLoss(t *testing.T) {
	s := newScene(t)
	before := s.value("meter-a", "power")
	s.play("phase-loss", true)
	s.pass(time.Second)
	l1, l2, l12, l31 := s.value("meter-a", "voltage_l1"), s.value("meter-a", "voltage_l2"), s.value("meter-a", "voltage_l12"), s.value("meter-a", "voltage_l31")
	if l1 < 215 || l2 > 10 || l12 > 240 || l31 < 380 {
		t.Errorf("L1 %v V, L2 %v V, L1-L2 %v V, L3-L1 %v V", l1, l2, l12, l31)
	}
	s.want("meter-a", map[string]float64{"current_l2": 0, "power_l2": 0})
	if p := s.value("meter-a", "power"); p > before*0.8 {
		t.Errorf("with two phases it takes %v kW, with three %v", p, before)
	}
	s.play("phase-loss", false)
	s.pass(time.Second)
	if v := s.value("meter-a", "voltage_l2"); v < 215 {
		t.Errorf("L2 is back with %v V", v)
	}
}

func TestOutageReachesWhatIsFed(t *testing.T) {
	s := newScene(t)
	runs := s.value("lift-b3", "run_count") + 1
	s.play("outage", true)
	s.pass(time.Minute)
	for _, p := range []string{"voltage_l1", "voltage_l2", "voltage_l3"} {
		if v := s.value("meter-b", p); v > 10 {
			t.Errorf("%s is %v V", p, v)
		}
	}
	s.want("meter-b", map[string]float64{"power": 0, "frequency": 0})
	for _, lift := range []gateway.AssetID{"lift-b1", "lift-b2"} {
		s.want(lift, map[string]float64{"fault_code": underVoltage, "door_state": 2, "car_speed": 0, "car_load": 0})
		if m := math.Mod(s.value(lift, "car_position")+1e-9, floorHeight); m > 1e-6 {
			t.Errorf("%s let people out %v m above a floor", lift, m)
		}
	}
	s.want("lift-a1", map[string]float64{"fault_code": 0})
	if s.value("meter-a", "voltage_l1") < 215 || !s.f.Answers("lift-b3") {
		t.Error("it reached too far, or too soon")
	}
	s.pass(time.Minute)
	if s.f.Answers("lift-b3") || !s.f.Answers("lift-b1") {
		t.Error("without supply the terminal lives on, or the controller does not")
	}
	s.play("outage", false)
	s.pass(time.Second)
	s.want("lift-b1", map[string]float64{"fault_code": 0, "mode": 0})
	if !s.f.Answers("lift-b3") || s.value("meter-b", "voltage_l1") < 215 {
		t.Error("the supply is not back")
	}
	s.pass(20 * time.Minute)
	if got := s.value("lift-b3", "run_count"); got <= runs {
		t.Error("the lifts do not run again")
	}
}

func TestLeakAndRain(t *testing.T) {
	s := newScene(t)
	volume := s.value("valve-a-1203", "volume")
	s.pass(time.Hour)
	s.want("leak-a-1203-kitchen", map[string]float64{"leak": 0})
	s.want("valve-a-1203", map[string]float64{"flow": 0, "volume": volume})
	s.want("door-b-0604", map[string]float64{"open": 0})
	s.play("leak", true)
	s.play("rain", true)
	s.pass(time.Minute)
	s.want("leak-a-1203-kitchen", map[string]float64{"leak": 1})
	s.want("leak-b-0604-kitchen", map[string]float64{"leak": 0})
	s.want("valve-a-1203", map[string]float64{"flow": drip})
	s.want("rain-roof", map[string]float64{"rain": 1})
	if got := s.value("valve-a-1203", "volume"); got <= volume {
		t.Errorf("what ran out was not counted: %v m3 after %v", got, volume)
	}
	s.play("leak", false)
	s.play("rain", false)
	s.pass(2 * time.Second)
	s.want("leak-a-1203-kitchen", map[string]float64{"leak": 0})
	s.want("valve-a-1203", map[string]float64{"flow": 0})
	s.want("rain-roof", map[string]float64{"rain": 0})
}

// The booster draws from the tank what the households draw from it, and the
// sump's pump keeps the sump low.
func TestWaterGoesRound(t *testing.T) {
	s := newScene(t)
	low, high, was, starts := math.Inf(1), 0.0, 0.0, 0
	for range 2 * 360 {
		s.pass(10 * time.Second)
		level := s.value("sump-1", "level")
		low, high = min(low, level), max(high, level)
		on := s.value("pump-sump", "running")
		if on > was {
			starts++
		}
		was = on
		if n := s.value("booster-1", "pump1_running") + s.value("booster-1", "pump2_running") + s.value("booster-1", "pump3_running"); n < 1 || n > setPumps {
			t.Fatalf("%v pumps of the booster run", n)
		}
		if f := s.value("booster-1", "feedback"); f < 60 || f > 65 {
			t.Fatalf("the booster holds %v %%", f)
		}
		if v := s.value("tank-1", "level"); v < tankStart-0.2 || v > tankStop+0.2 {
			t.Fatalf("the tank is at %v m", v)
		}
	}
	if low < 0.2 || high > 1 || starts < 2 || starts > 12 {
		t.Errorf("two hours of the sump: %v to %v m, %d starts", low, high, starts)
	}
}
