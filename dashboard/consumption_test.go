package dashboard

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"steward/gateway"
)

// TestConsumed shares a counter's rises among days, over a roll-over, a gap
// and a replaced meter.
func TestConsumed(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	day := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, zone) }
	at := func(d, h int, n float64) gateway.Sample { // the last of an hour that ends then
		return gateway.Sample{Time: day(d, h).Add(-time.Hour), Number: n, Quality: gateway.QualityGood}
	}
	begins := []time.Time{day(1, 0), day(2, 0), day(3, 0), day(4, 0), day(5, 0)}
	meter := gateway.Point{Name: "energy_import", Unit: "kWh", Counter: true, Rollover: 1000}
	for _, c := range []struct {
		name    string
		samples []gateway.Sample
		want    []Period // Amount -1: null
	}{
		{"steady", []gateway.Sample{at(1, 0, 10), at(1, 1, 11), at(1, 2, 13)}, days(3, -1, -1, -1)},
		{"nothing", nil, days(-1, -1, -1, -1)},
		{"one sample tells no rise", []gateway.Sample{at(1, 5, 10)}, days(-1, -1, -1, -1)},
		{"what rose before the first day", []gateway.Sample{at(0, 23, 1), at(1, 0, 6), at(1, 1, 8)}, days(2, -1, -1, -1)},
		{"over its range", []gateway.Sample{at(1, 1, 998), at(1, 2, 3)}, days(5, -1, -1, -1)},
		{"not good is passed over", []gateway.Sample{at(1, 1, 1), {Time: day(1, 1), Number: math.NaN(), Quality: gateway.QualityBad}, at(1, 3, 5)}, days(4, -1, -1, -1)},
		{"a gap over midnight is shared out", []gateway.Sample{at(1, 18, 0), at(2, 6, 12)},
			[]Period{{Amount: new(6.0), Estimated: true}, {Amount: new(6.0), Estimated: true}, {}, {}}},
		{"another meter", []gateway.Sample{at(2, 1, 500), at(2, 2, 4)}, []Period{{}, {Amount: new(4.0), Reset: true}, {}, {}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := consumed(meter, c.samples, time.Hour, begins)
			for i := range c.want {
				c.want[i].Start = begins[i]
			}
			if a, b := mustJSON(t, got.Periods), mustJSON(t, c.want); a != b {
				t.Errorf("got  %s\nwant %s", a, b)
			}
		})
	}
}

func days(amounts ...float64) (p []Period) {
	for _, n := range amounts {
		if n < 0 {
			p = append(p, Period{})
		} else {
			p = append(p, Period{Amount: &n})
		}
	}
	return p
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPeriods are those of the site's time, also where a day has 23 hours.
func TestPeriods(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ every, at, begin, next string }{
		{"hour", "2026-03-29T03:30:00+02:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"},
		{"day", "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"week", "2026-03-29T12:00:00+02:00", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"week", "2026-03-30T00:00:00+02:00", "2026-03-30T00:00:00+02:00", "2026-04-06T00:00:00+02:00"},
		{"month", "2026-12-31T23:59:59+01:00", "2026-12-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		begin, next := everyStep[c.every](at.In(zone))
		if b, n := begin.Format(time.RFC3339), next.Format(time.RFC3339); b != c.begin || n != c.next {
			t.Errorf("%s of %s: %s to %s, want %s to %s", c.every, c.at, b, n, c.begin, c.next)
		}
	}
}

func TestConsumption(t *testing.T) {
	site := hall()
	site.Assets[1].Points = append(site.Assets[1].Points, gateway.Point{Name: "energy", Unit: "kWh", Counter: true, Fresh: time.Hour})
	b := serve(t, func(o *Options) { o.Site = site }).signIn()
	b.answer = func(q gateway.Query) ([]gateway.Series, error) {
		s := gateway.Series{Point: "energy"}
		for at := q.From; at.Before(q.To); at = at.Add(q.Step) {
			s.Samples = append(s.Samples, gateway.Sample{Time: at, Number: at.Sub(q.From).Hours(), Quality: gateway.QualityGood})
		}
		return []gateway.Series{s}, nil
	}
	body := b.get("/api/v1/assets/meter.main/consumption?points=energy&from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z", 200)
	conforms(t, "Consumption", body)
	var got Consumption
	if err := json.Unmarshal(body, &got); err != nil || len(got.Series) != 1 || len(got.Series[0].Periods) != 2 || math.Abs(got.Series[0].Total-48) > 1e-6 {
		t.Errorf("got %s (%v), want two days of 24 kWh", body, err)
	}
	for query, says := range map[string]string{
		"points=power":                       "is no counter; those are energy",
		"points=":                            "name at least one",
		"points=energy&every=year":           "none of hour, day, week, month",
		"points=energy&from=2026&to=2025":    "from must be before to",
		"points=energy&every=hour&from=1000": "more than 1000 periods",
	} {
		wantError(t, b.get("/api/v1/assets/meter.main/consumption?"+query, 400), "bad_query", says)
	}
}
