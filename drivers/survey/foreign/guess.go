package foreign

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"steward/gateway"
	"steward/gateway/kind"
)

// kindOrder is which kind is meant where several know a device's signals
// equally well.
var kindOrder = []string{"power_meter", "climate", "leak_sensor", "contact", "tank", "pump", "valve", "ups", "rain_gauge", "elevator"}

var (
	camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	other = regexp.MustCompile(`[^a-z0-9]+`)
	phase = regexp.MustCompile(`(^|_)(l|phase_?|p|ph)_?([1-3abc])(_|$)`)
	pairs = regexp.MustCompile(`(^|_)(l?1_?l?2|l?2_?l?3|l?3_?l?1|ab|bc|ca)(_|$)`)
	short = regexp.MustCompile(`^([uivp])_?([abc123])$`)
)

// plain writes a name in small letters with underscores.
func plain(name string) string {
	_, name = unitIn(name)
	return strings.Trim(other.ReplaceAllString(strings.ToLower(camel.ReplaceAllString(name, "${1}_$2")), "_"), "_")
}

// which is the phase that a name tells: _l1, _l12 … or nothing.
func which(name string, between bool) string {
	if m := pairs.FindStringSubmatch(name); m != nil && between {
		switch {
		case strings.ContainsAny(m[2], "a1") && strings.ContainsAny(m[2], "b2"):
			return "_l12"
		case strings.ContainsAny(m[2], "b2"):
			return "_l23"
		}
		return "_l31"
	}
	m := phase.FindStringSubmatch(name)
	if m == nil {
		if m = short.FindStringSubmatch(name); m == nil {
			return ""
		}
		m = []string{"", "", "", m[2]}
	}
	return "_l" + string("123"[strings.Index("1a2b3c", m[3])/2])
}

// guess lists the canonical points that a signal may be, the best first.
func guess(s *signal) []string {
	n := plain(s.name)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains("_"+n+"_", "_"+w+"_") })
	}
	holds := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(w string) bool { return strings.Contains(n, w) })
	}
	of := func(class string, units ...string) bool { return s.class == class || slices.Contains(units, s.unit) }
	out := []string{n}
	if s.bit {
		return append(out, guessBit(s, has, holds)...)
	}
	p := which(n, false)
	switch {
	case of("power_factor") || holds("power_factor", "powerfactor", "cosphi", "cos_phi") || has("pf"):
		out = append(out, "power_factor"+p)
	case of("frequency", "Hz") || holds("freq"):
		out = append(out, "frequency")
	case of("reactive_energy", "varh", "kvarh", "Mvarh"), holds("reactive") && holds("energy"):
		out = append(out, guessEnergy("reactive_energy", holds)...)
	case of("apparent_energy", "VAh", "kVAh", "MVAh"), holds("apparent") && holds("energy"):
		if holds(given...) {
			out = append(out, "apparent_energy_export")
		}
		out = append(out, "apparent_energy")
	case of("reactive_power", "var", "kvar", "Mvar"), holds("reactive") && !holds("energy"):
		out = append(out, "reactive_power"+p)
	case of("apparent_power", "VA", "kVA", "MVA"), holds("apparent") && !holds("energy"):
		out = append(out, "apparent_power"+p)
	case of("energy", "Wh", "kWh", "MWh") || holds("energy", "kwh"):
		switch {
		case holds(given...):
			out = append(out, "energy_export"+p)
		case holds("total") && !holds("import"):
			out = append(out, "energy_total"+p, "energy_import"+p)
		}
		out = append(out, "energy_import"+p, "energy")
	case of("power", "W", "kW", "MW") || holds("power", "watt"):
		out = append(out, "power"+p)
	case of("voltage", "V", "mV", "kV") || holds("volt") || short.MatchString(n) && strings.ContainsAny(n[:1], "uv"):
		switch between := which(n, true); {
		case holds("bat"):
			out = append(out, "battery_voltage")
		case p == "" && between != "":
			out = append(out, "voltage"+between)
		case p == "":
			out = append(out, "voltage_l1", "voltage")
		}
		out = append(out, "voltage"+p)
	case of("current", "A", "mA") || holds("current", "ampere") || short.MatchString(n) && n[0] == 'i':
		switch {
		case holds("neutral"):
			out = append(out, "neutral_current")
		case p == "":
			out = append(out, "current_l1", "current")
		}
		out = append(out, "current"+p)
	default:
		out = append(out, guessOther(s, has, holds, of)...)
	}
	return out
}

// given are the parts of names of what was fed back.
var given = []string{"export", "return", "sold", "feed", "reverse"}

// guessEnergy lists the counters of one quantity, the best first.
func guessEnergy(name string, holds func(...string) bool) []string {
	switch {
	case holds(given...):
		return []string{name + "_export", name + "_import"}
	case holds("total") && !holds("import"):
		return []string{name + "_total", name + "_import"}
	}
	return []string{name + "_import", name + "_total"}
}

func guessBit(s *signal, has, holds func(...string) bool) []string {
	switch {
	case s.class == "moisture" || holds("leak", "flood", "water_leak", "moisture"):
		return []string{"leak"}
	case slices.Contains([]string{"door", "window", "opening", "garage_door"}, s.class) || holds("door", "window", "contact"):
		return []string{"open", "door_open"}
	case s.class == "tamper" || holds("tamper"):
		return []string{"tamper"}
	case s.class == "battery" || holds("battery"):
		return []string{"battery_low"}
	case s.class == "running" || has("run", "running", "on"):
		return []string{"running"}
	case s.class == "problem" || has("fault", "alarm", "error", "trip"):
		return []string{"fault"}
	}
	return nil
}

func guessOther(s *signal, has, holds func(...string) bool, of func(string, ...string) bool) []string {
	switch {
	case of("temperature", "°C", "°F", "K") || has("temp", "temperature"):
		return []string{"temperature", "device_temperature", "liquid_temperature"}
	case of("humidity") || holds("humidity"):
		return []string{"humidity"}
	case of("battery") || holds("battery"):
		return []string{"battery"}
	case of("carbon_dioxide", "ppm") || has("co2"):
		return []string{"co2"}
	case of("illuminance", "lx") || holds("illuminance"):
		return []string{"illuminance"}
	case of("signal_strength", "dBm") || has("rssi"):
		return []string{"rssi"}
	case of("volume_flow_rate", "m³/h", "L/min", "l/min") || has("flow"):
		return []string{"flow"}
	case of("distance") || holds("distance"):
		return []string{"distance", "level"}
	case holds("level", "depth"):
		return []string{"level", "level_percent"}
	case of("pressure", "bar", "kPa", "MPa", "Pa", "psi") || holds("pressure"):
		return []string{"discharge_pressure", "pressure"}
	case has("speed", "rpm") || s.unit == "rpm":
		return []string{"speed"}
	}
	return nil
}

// place is where one signal goes.
type place struct {
	*signal
	point gateway.Point
}

// settle finds the kind that knows most of a device's signals, and which
// point each is; what has no place there is left.
func settle(d *device, kinds *kind.Catalog) (best kind.Kind, placed []place, left []*signal) {
	names := slices.Clone(kindOrder)
	for _, n := range kinds.Names() {
		if !slices.Contains(names, n) && n != "io_module" && n != "unit" {
			names = append(names, n)
		}
	}
	var live []*signal
	for _, s := range d.signals {
		if !s.dropped {
			live = append(live, s)
		}
	}
	if !slices.ContainsFunc(live, func(s *signal) bool { return !ofRoom(s) }) {
		names = slices.Insert(names, 0, "climate") // a lone temperature is a room's, not a meter's own
	}
	for _, n := range names {
		k, ok := kinds.Kind(n)
		if !ok {
			continue
		}
		if got := fill(live, k); len(got) > len(placed) {
			best, placed = k, got
		}
	}
	if 2*len(placed) < len(live) {
		placed = nil
	}
	for _, s := range live {
		if !slices.ContainsFunc(placed, func(p place) bool { return p.signal == s }) {
			left = append(left, s)
		}
	}
	return best, placed, left
}

// ofRoom reports whether a signal is what a room's sensor measures.
func ofRoom(s *signal) bool {
	list := guess(s)
	return slices.Contains(list, "temperature") || slices.Contains(list, "humidity")
}

// fill gives each signal a point of a kind, those first that name one
// exactly.
func fill(signals []*signal, k kind.Kind) []place {
	order := slices.Clone(signals)
	slices.SortStableFunc(order, func(a, b *signal) int { return cmp.Compare(len(guess(a)), len(guess(b))) })
	taken := map[string]bool{}
	got := map[*signal]gateway.Point{}
	for _, s := range order {
		for _, name := range guess(s) {
			p, ok := k.Point(name)
			number := p.Type == gateway.Float || p.Type == gateway.Int
			if !ok || taken[name] || s.bit != (p.Type == gateway.Bool) || !s.bit && !number {
				continue
			}
			if _, _, ok := convert(s.unit, p.Unit); !ok {
				continue
			}
			taken[name], got[s] = true, p
			break
		}
	}
	var out []place
	for _, s := range signals {
		if p, ok := got[s]; ok {
			out = append(out, place{s, p})
		}
	}
	return out
}

// units are what a number in the first unit is multiplied by to be in the
// second, and what is then added.
var units = map[[2]string][2]float64{
	{"W", "kW"}: {1e-3}, {"MW", "kW"}: {1e3}, {"var", "kvar"}: {1e-3}, {"VA", "kVA"}: {1e-3}, {"Mvar", "kvar"}: {1e3}, {"MVA", "kVA"}: {1e3},
	{"VAh", "kVAh"}: {1e-3}, {"MVAh", "kVAh"}: {1e3}, {"Mvarh", "kvarh"}: {1e3},
	{"Wh", "kWh"}: {1e-3}, {"MWh", "kWh"}: {1e3}, {"varh", "kvarh"}: {1e-3}, {"mV", "V"}: {1e-3}, {"kV", "V"}: {1e3}, {"mA", "A"}: {1e-3},
	{"bar", "MPa"}: {0.1}, {"mbar", "MPa"}: {1e-4}, {"kPa", "MPa"}: {1e-3}, {"Pa", "MPa"}: {1e-6}, {"psi", "MPa"}: {0.00689475729},
	{"Pa", "hPa"}: {0.01}, {"kPa", "hPa"}: {10}, {"mbar", "hPa"}: {1}, {"mm", "m"}: {1e-3}, {"cm", "m"}: {0.01},
	{"L/min", "m3/h"}: {0.06}, {"L/h", "m3/h"}: {1e-3}, {"L/s", "m3/h"}: {3.6}, {"L", "m3"}: {1e-3},
	{"min", "h"}: {1.0 / 60}, {"s", "h"}: {1.0 / 3600}, {"s", "min"}: {1.0 / 60},
	{"degF", "degC"}: {5.0 / 9, -160.0 / 9}, {"K", "degC"}: {1, -273.15},
}

// convert finds how a number in one unit becomes one in another. A unit that
// is not said is taken for the right one.
func convert(from, to string) (scale, offset float64, ok bool) {
	from = strings.NewReplacer("³", "3", "°C", "degC", "°F", "degF", "l/", "L/", "µg", "ug").Replace(from)
	if from == "" || from == to {
		return 1, 0, true
	}
	f, ok := units[[2]string{from, to}]
	return f[0], f[1], ok
}
