package kind

import (
	"slices"
	"strings"
	"testing"

	"steward/gateway"
)

func TestBuiltin(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ats", "booster", "breaker", "climate", "contact", "elevator", "fire_water", "gateway", "generator", "io_module",
		"leak_sensor", "power_meter", "pump", "rain_gauge", "tank", "transformer", "unit", "ups", "valve"}
	if got := c.Names(); !slices.Equal(got, want) {
		t.Errorf("kinds are %v, want %v", got, want)
	}
	meter, ok := c.Kind("power_meter")
	if !ok {
		t.Fatal("no power_meter")
	}
	if p, ok := meter.Point("energy_import"); !ok || p.Unit != "kWh" || !p.Counter || p.Type != gateway.Float {
		t.Errorf("energy_import is %+v", p)
	}
	lift, _ := c.Kind("elevator")
	if p, _ := lift.Point("door_state"); p.Type != gateway.Enum || p.Labels[2].Name != "open" || p.Labels[2].Text.ZH != "打开" {
		t.Errorf("door_state is %+v", p)
	}
	if _, ok := c.Kind("spaceship"); ok {
		t.Error("there is a spaceship")
	}
}

// One point name has one unit and type in every kind, or people would read
// two lists side by side wrongly.
func TestSameNameSameUnit(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	type sort struct {
		unit string
		typ  gateway.PointType
	}
	first := map[string]sort{}
	for _, n := range c.Names() {
		k, _ := c.Kind(n)
		for _, p := range k.Points {
			// A valve's and a breaker's position, a drive's and air's pressure are different things.
			if p.Name == "position" || p.Name == "pressure" {
				continue
			}
			s, ok := first[p.Name]
			if !ok {
				first[p.Name] = sort{p.Unit, p.Type}
			} else if s != (sort{p.Unit, p.Type}) {
				t.Errorf("%s.%s is %s %s, elsewhere %s %s", n, p.Name, p.Type, p.Unit, s.typ, s.unit)
			}
		}
	}
}

func TestBadKinds(t *testing.T) {
	head := "kind: pump\ntitle: {zh: a, en: b}\nfresh: 1m\npoints:\n"
	for name, c := range map[string]struct{ yaml, want string }{
		"unknown key":   {head + "  - {name: a, title: {zh: a, en: b}, unti: V}\n", "unti"},
		"twice":         {head + "  - {name: a, title: {zh: a, en: b}}\n  - {name: a, title: {zh: a, en: b}}\n", "twice"},
		"type":          {head + "  - {name: a, title: {zh: a, en: b}, type: text}\n", "text"},
		"no labels":     {head + "  - {name: a, title: {zh: a, en: b}, type: enum}\n", "labels"},
		"range":         {head + "  - {name: a, title: {zh: a, en: b}, min: 2, max: 1}\n", "min"},
		"float alarm":   {head + "  - {name: a, title: {zh: a, en: b}, alarm: true}\n", "alarm"},
		"count alarm":   {head + "  - {name: a, title: {zh: a, en: b}, type: int, counter: true, alarm: true}\n", "alarm"},
		"step of bool":  {head + "  - {name: a, title: {zh: a, en: b}, type: bool, max_step: 1}\n", "max_step"},
		"half a doc":    {head + "  - {name: a, title: {zh: a, en: b}, doc: {en: b}}\n", "doc"},
		"dotted name":   {head + "  - {name: a.b, title: {zh: a, en: b}}\n", "name"},
		"title":         {head + "  - {name: a, title: {zh: a}}\n", "title"},
		"not its file":  {strings.Replace(head, "pump", "fan", 1) + "  - {name: a, title: {zh: a, en: b}}\n", "file"},
		"nothing in it": {"kind: pump\ntitle: {zh: a, en: b}\n", "no points"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("kinds/pump.yaml", []byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error about %q", err, c.want)
			}
		})
	}
}

// What people must act on is marked in every kind that has such states, and
// what they only look at is not, or the marks would put nobody first.
func TestAlarmPoints(t *testing.T) {
	c, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	without := []string{"io_module", "power_meter"} // an input has no meaning of its own, a meter no state
	for _, n := range c.Names() {
		k, _ := c.Kind(n)
		some := slices.ContainsFunc(k.Points, func(p gateway.Point) bool { return p.Alarm })
		if some == slices.Contains(without, n) {
			t.Errorf("%s has alarm points: %v", n, some)
		}
		for _, p := range k.Points {
			switch p.Name {
			case "fault", "fault_code", "leak", "overload", "tamper", "trapped", "tripped", "dry_run", "level_high", "main_power":
				if !p.Alarm {
					t.Errorf("%s.%s is no alarm", n, p.Name)
				}
			case "mode", "running", "warning", "last_fault_code", "muted", "open":
				if p.Alarm {
					t.Errorf("%s.%s is an alarm", n, p.Name)
				}
			}
		}
	}
}
