package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/gateway/history/embedded/embeddedtest"
)

// BenchmarkCharts: a real browser asks for 30 days, and for a year, of four
// points that were read every second. The time is from the click on the range
// to the picture, with the server in it. A year of the past is written first;
// the charts wait until the gateway has rolled it up.
func BenchmarkCharts(b *testing.B) {
	site := liveSite(b, startRegisters(b, 1))
	data := dataFolder(b)
	names := floatPoints(b, 4)
	var past []embeddedtest.Point
	for i, name := range names {
		past = append(past, embeddedtest.Point{Asset: "r-0", Name: name, Number: func(second int) float64 {
			return 220 + math.Round(100*math.Sin(float64(second)/(900+float64(i))))/10
		}})
	}
	to := time.Now().Truncate(time.Second)
	embeddedtest.Write(b, filepath.Join(data, "history"), to.AddDate(-1, 0, 0), to, past...)
	p := start(b, nil, "run", "--config", site, "--data", data, "--listen", "127.0.0.1:0")
	eventually(b, 2*time.Minute, "the past is rolled up", func() bool { return strings.Contains(p.logText(), "rolled up") })
	c := inBrowser(b, 5*time.Minute, "draw.mjs", "r-0", strings.Join(names, ","), "30d", "1y")
	c.Env = append(c.Env, "STEWARD_URL="+p.url, "STEWARD_PASSWORD="+testPassword)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for answer := json.NewDecoder(strings.NewReader(string(out))); answer.More(); {
		var drawn struct {
			Range string
			Took  []float64
		}
		if err := answer.Decode(&drawn); err != nil {
			b.Fatalf("%v in %s", err, out)
		}
		b.ReportMetric(drawn.Took[len(drawn.Took)/2], drawn.Range+"-ms")
		b.ReportMetric(drawn.Took[len(drawn.Took)-1], drawn.Range+"-worst-ms")
	}
	b.ReportMetric(0, "ns/op")
}
