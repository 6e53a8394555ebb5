package foreign

import (
	"regexp"
	"strings"
)

// runs are the letters of a name between digits, spaces and marks.
var runs = regexp.MustCompile(`[A-Za-z°]+`)

// anywhere are units that mean nothing else in a name, in small letters.
var anywhere = map[string]string{
	"kwh": "kWh", "mwh": "MWh", "varh": "varh", "kvarh": "kvarh", "mvarh": "Mvarh", "vah": "VAh", "kvah": "kVAh", "mvah": "MVAh",
	"kw": "kW", "kvar": "kvar", "mvar": "Mvar", "kva": "kVA", "mva": "MVA", "kv": "kV", "mv": "mV", "hz": "Hz", "mpa": "MPa", "kpa": "kPa",
	"degc": "°C", "°c": "°C", "celsius": "°C", "degf": "°F", "°f": "°F", "fahrenheit": "°F", "rpm": "rpm",
}

// atEnd are units only at the end of a name, where they are no phase and no
// word of another language.
var atEnd = map[string]string{"wh": "Wh", "w": "W", "v": "V", "ma": "mA", "var": "var", "va": "VA", "bar": "bar", "mbar": "mbar", "psi": "psi"}

// glued are spellings that are a unit behind a small letter too: energyKWh.
// mA is not among them: AlarmA is a word and a phase.
var glued = []string{"kVAh", "KVAh", "KVarh", "Kvarh", "kWh", "KWh", "KWH", "MWh", "MWH", "kVA", "KVA", "Kvar", "KVar", "KVAR", "kPa", "KPa", "MPa",
	"degC", "DegC", "degF", "DegF", "KW", "MW", "KV", "Wh", "WH", "VA", "Hz", "HZ"}

// unitIn finds the unit that a name tells, and the name with every unit set
// apart in small letters: a split at capitals would make k and Wh of kWh.
func unitIn(name string) (unit, apart string) {
	var b strings.Builder
	found := runs.FindAllStringIndex(name, -1)
	end := 0
	for i, at := range found {
		word, last := name[at[0]:at[1]], i == len(found)-1
		start, u := at[0], unitOf(word, last && i > 0)
		for _, g := range glued {
			stem, ok := strings.CutSuffix(word, g)
			if u == "" && ok && stem != "" && stem[len(stem)-1] >= 'a' && stem[len(stem)-1] <= 'z' {
				start, u = at[1]-len(g), unitOf(g, true)
			}
		}
		if u == "" {
			continue
		}
		unit = u
		b.WriteString(name[end:start] + "_" + strings.ToLower(name[start:at[1]]) + "_")
		end = at[1]
	}
	return unit, b.String() + name[end:]
}

// unitOf is the unit that a whole word is, if any. The capitals tell mega from
// milli only here: mW and mw are left open.
func unitOf(word string, last bool) string {
	switch word {
	case "MW":
		return "MW"
	case "Wh":
		return "Wh"
	}
	small := strings.ToLower(word)
	if u := anywhere[small]; u != "" {
		return u
	}
	if last {
		return atEnd[small]
	}
	return ""
}
