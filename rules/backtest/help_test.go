package backtest

import (
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/rules/book"
)

const voltageRule = `pack: test
rules:
  - {rule: PW-01, title: {zh: 过压, en: Overvoltage}, kind: power_meter, priority: P2, ticket: simple, trade: electrician,
     on_delay: 1m, off_delay: 1m, high: {points: [voltage_l1, voltage_l2, voltage_l3], limit: LIMIT, dead_band: 2}}
`

func loadBook(t testing.TB, site *gateway.Site, text string) *book.Book {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	b, err := book.Load(kinds, site, nil, []book.Source{{Name: "test.yaml", Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// meters is a site of power meters with three voltages that are fresh for a
// minute.
func meters(t testing.TB, ids ...gateway.AssetID) *gateway.Site {
	t.Helper()
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	k, _ := kinds.Kind("power_meter")
	site := &gateway.Site{ID: "garden", Zone: time.FixedZone("", 8*3600), Areas: []gateway.Area{{ID: "a"}}}
	for _, id := range ids {
		a := gateway.Asset{ID: id, Kind: "power_meter", Area: "a"}
		for _, name := range []string{"voltage_l1", "voltage_l2", "voltage_l3"} {
			p, _ := k.Point(name)
			p.Fresh = time.Minute
			a.Points = append(a.Points, p)
		}
		site.Assets = append(site.Assets, a)
	}
	return site
}

// voltages is one meter and two versions of a rule over its voltages.
func voltages(t testing.TB) (*gateway.Site, []Version) {
	site := meters(t, "meter")
	version := func(name, limit string) Version {
		return Version{name, loadBook(t, site, strings.ReplaceAll(voltageRule, "LIMIT", limit))}
	}
	return site, []Version{version("now", "235.4"), version("candidate", "237")}
}
