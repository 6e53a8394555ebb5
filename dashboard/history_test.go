package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

func TestHistory(t *testing.T) {
	b := serve(t, nil).signIn()
	at := time.UnixMilli(1_700_000_000_000)
	b.parts.answer = func(gateway.Query) ([]gateway.Series, error) {
		return []gateway.Series{{Point: "pressure", Samples: []gateway.Sample{
			{Time: at, Number: 0.5, Quality: gateway.QualityGood},
			{Time: at.Add(time.Minute), Number: math.NaN(), Quality: gateway.QualityLost},
		}}, {Point: "running"}}, nil
	}
	text := b.get("/api/v1/assets/pump-1/history?points=pressure,running&from=1700000000000&to=2023-11-14T23:13:20Z&step=1m", 200)
	conforms(t, "History", text)
	want := `{"asset":"pump-1","from":"2023-11-14T22:13:20Z","to":"2023-11-14T23:13:20Z","step_ms":60000,"agg":"mean","series":[` +
		`{"point":"pressure","unit":"MPa","samples":[[1700000000000,0.5],[1700000060000,null,"lost"]]},{"point":"running","unit":"","samples":[]}]}`
	if string(text) != want {
		t.Errorf("history is\n%s\nwant\n%s", text, want)
	}
	b.parts.answer = func(gateway.Query) ([]gateway.Series, error) {
		return []gateway.Series{{Point: "pressure", Samples: []gateway.Sample{
			{Time: at, Number: 0.5, Low: 0.25, High: 1, Quality: gateway.QualityGood},
			{Time: at.Add(time.Minute), Number: math.NaN(), Low: math.NaN(), High: math.NaN(), Quality: gateway.QualityLost},
		}}}, nil
	}
	text = b.get("/api/v1/assets/pump-1/history?points=pressure&from=1700000000000&to=1700003600000&step=1m&agg=envelope", 200)
	conforms(t, "History", text)
	if want := `"samples":[[1700000000000,0.5],[1700000060000,null,"lost"]],"low":[0.25,null],"high":[1,null]}`; !strings.Contains(string(text), want) {
		t.Errorf("an envelope is\n%s\nwant\n%s", text, want)
	}
	if q := b.parts.asked[0]; q.Asset != "pump-1" || q.Step != time.Minute || q.Agg != gateway.AggMean || fmt.Sprint(q.Points) != "[pressure running]" {
		t.Errorf("asked %+v", q)
	}
	b.parts.answer = func(gateway.Query) ([]gateway.Series, error) { return nil, errors.New("database away") }
	for range 3 {
		text := b.get("/api/v1/assets/pump-1/history?points=pressure", 503)
		wantError(t, text, "history_unavailable", "history")
		if strings.Contains(string(text), "database") {
			t.Errorf("the answer tells inner things: %s", text)
		}
	}
	b.parts.answer = nil
	b.get("/api/v1/assets/pump-1/history?points=pressure", 200)
	if log := b.log.String(); strings.Count(log, "database away") != 1 || strings.Count(log, "failed=3") != 1 {
		t.Errorf("want one line when it begins and one when it is over:\n%s", log)
	}
	wantError(t, b.get("/api/v1/assets/nobody/history?points=a", 404), "unknown_asset", "nobody")
	b.parts.answer = func(gateway.Query) ([]gateway.Series, error) {
		return []gateway.Series{{Point: "pressure", Samples: make([]gateway.Sample, maxRawSamples+1)}}, nil
	}
	wantError(t, b.get("/api/v1/assets/pump-1/history?points=pressure", 400), "bad_query", "200001 raw samples")
}

func TestHistoryRefusesWhatMakesNoSense(t *testing.T) {
	b := serve(t, nil).signIn()
	long := make([]string, maxPoints+1)
	for i := range long {
		long[i] = fmt.Sprintf("p%d", i)
	}
	for query, says := range map[string]string{
		"":                               "name at least one",
		"points=,,":                      "name at least one",
		"points=nonsense":                `no point "nonsense"`,
		"points=pressure&from=yesterday": "from: \"yesterday\" is neither",
		"points=pressure&to=soon":        "to: \"soon\" is neither",
		"points=pressure&to=-5":          "between 1970 and 2200",
		"points=pressure&to=9999-01-01T00:00:00Z":    "between 1970 and 2200",
		"points=pressure&from=9&to=9":                "before",
		"points=pressure&from=20&to=10":              "before",
		"points=pressure&step=often":                 "neither a duration",
		"points=pressure&step=-5s":                   "whole number of milliseconds",
		"points=pressure&step=0":                     "whole number of milliseconds",
		"points=pressure&step=1us":                   "whole number of milliseconds",
		"points=pressure&step=NaN":                   "neither a duration",
		"points=pressure&step=1m&agg=median":         `"median" is none of`,
		"points=pressure&agg=mean":                   "mean needs a step",
		"points=pressure&from=0&step=1s":             "at most 20000",
		"points=pressure&from=0":                     "give a step",
		"points=pressure,running&from=0&to=90000001": "at most 48h0m0s over all points",
	} {
		text := b.get("/api/v1/assets/pump-1/history?"+query, 400)
		var e Error
		if json.Unmarshal(text, &e) != nil || e.Error.Code != "bad_query" || !strings.Contains(e.Error.Message, says) {
			t.Errorf("%s: %s, want a message with %q", query, text, says)
		}
	}
	if n := len(b.parts.asked); n != 0 {
		t.Errorf("history was asked %d times", n)
	}
}

func TestHistoryDefaults(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	a := &hall().Assets[0]
	for _, c := range []struct {
		q    chartQuery
		want gateway.Query
	}{
		{chartQuery{points: "running"}, gateway.Query{From: now.Add(-time.Hour), To: now}},
		{chartQuery{points: "running, running,", step: "90"}, gateway.Query{From: now.Add(-time.Hour), To: now, Step: 90 * time.Second, Agg: gateway.AggMean}},
		{chartQuery{points: "running", step: "0.5", agg: "max"}, gateway.Query{From: now.Add(-time.Hour), To: now, Step: 500 * time.Millisecond, Agg: gateway.AggMax}},
		{chartQuery{points: "running", step: "1h", agg: "none"}, gateway.Query{From: now.Add(-time.Hour), To: now}},
		{chartQuery{points: "running", from: "2023-11-15T06:00:00 08:00"}, gateway.Query{From: time.Date(2023, 11, 14, 22, 0, 0, 0, time.UTC), To: now}},
	} {
		got, err := c.q.parse(a, now)
		if err != nil || !got.From.Equal(c.want.From) || !got.To.Equal(c.want.To) || got.Step != c.want.Step || got.Agg != c.want.Agg || len(got.Points) != 1 {
			t.Errorf("%+v is %+v (%v), want %+v", c.q, got, err, c.want)
		}
	}
}

// FuzzChartQuery: whatever stands in the address, a query that is let through
// is within the bounds, and a refusal says something.
func FuzzChartQuery(f *testing.F) {
	for _, s := range []string{
		"points=pressure&from=0&to=1000&step=1s&agg=max", "points=running,mode", "step=1e300&points=mode",
		"points=mode&from=1969-12-31T23:59:59Z", "points=mode&to=9223372036854775807", "points=mode&step=2562047h", "points=%ff&agg=%00",
	} {
		f.Add(s)
	}
	a, now := &hall().Assets[0], time.Unix(1_700_000_000, 0)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		g, err := chartQuery{v.Get("points"), v.Get("from"), v.Get("to"), v.Get("step"), v.Get("agg")}.parse(a, now)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error that says nothing")
			}
			return
		}
		span := g.To.Sub(g.From)
		switch {
		case len(g.Points) == 0 || len(g.Points) > maxPoints || span <= 0:
			t.Errorf("%q became %+v", s, g)
		case g.Agg == gateway.AggNone && (g.Step != 0 || span*time.Duration(len(g.Points)) > maxRawTime):
			t.Errorf("%q became raw %+v", s, g)
		case g.Agg != gateway.AggNone && (g.Step < time.Millisecond || int64(span/g.Step) > maxSteps):
			t.Errorf("%q became %+v: %d steps", s, g, span/g.Step)
		}
	})
}
