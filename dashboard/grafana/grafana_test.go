// Package grafana holds a dashboard for those who prefer Grafana on the same
// InfluxDB: steward.json, to be imported there.
package grafana

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/history/historytest"
	"steward/gateway/kind"
	"steward/gateway/line"
)

type panel struct {
	Title   string `json:"title"`
	Targets []struct {
		Query string `json:"query"`
	} `json:"targets"`
}

func panels(t *testing.T) []panel {
	t.Helper()
	text, err := os.ReadFile("steward.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []panel `json:"panels"`
	}
	if err := json.Unmarshal(text, &d); err != nil || len(d.Panels) < 10 {
		t.Fatalf("steward.json has %d panels: %v", len(d.Panels), err)
	}
	return d.Panels
}

var (
	measurement = regexp.MustCompile(`_measurement == "(\w+)"`)
	field       = regexp.MustCompile(`_field == "(\w+)"`)
)

// TestPoints holds every query against the catalogue of kinds.
func TestPoints(t *testing.T) {
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range panels(t) {
		for _, q := range p.Targets {
			m := measurement.FindStringSubmatch(q.Query)
			if m == nil {
				continue // of all kinds
			}
			k, ok := kinds.Kind(m[1])
			if !ok {
				t.Errorf("%s: there is no kind %s", p.Title, m[1])
			}
			for _, f := range field.FindAllStringSubmatch(q.Query, -1) {
				if _, ok := k.Point(f[1]); !ok {
					t.Errorf("%s: kind %s has no point %s", p.Title, m[1], f[1])
				}
			}
		}
	}
}

// TestQueries asks a real InfluxDB every query, over readings as the gateway
// writes them.
func TestQueries(t *testing.T) {
	db := historytest.StartInfluxd(t)
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var body []byte
	for _, p := range panels(t) {
		for _, q := range p.Targets {
			if m := measurement.FindStringSubmatch(q.Query); m != nil {
				body = appendReading(t, body, kinds, m[1], now.Add(-time.Minute))
			}
		}
	}
	post(t, db.URL()+"/api/v2/write?bucket=steward/autogen", "text/plain", string(body), 204)
	fill := strings.NewReplacer("${bucket}", "steward/autogen", "${site:regex}", "hall", "${asset:regex}", ".*",
		"v.timeRangeStart", now.Add(-time.Hour).UTC().Format(time.RFC3339), "v.timeRangeStop", now.UTC().Format(time.RFC3339), "v.windowPeriod", "1m")
	for _, p := range panels(t) {
		for _, q := range p.Targets {
			answer := post(t, db.URL()+"/api/v2/query?org=", "application/vnd.flux", fill.Replace(q.Query), 200)
			if !strings.Contains(answer, "hall-") {
				t.Errorf("%s: nothing came back: %s", p.Title, answer)
			}
		}
	}
}

// appendReading writes one reading of every point of a kind, the last one not good.
func appendReading(t *testing.T, body []byte, kinds *kind.Catalog, name string, at time.Time) []byte {
	t.Helper()
	k, _ := kinds.Kind(name)
	asset := gateway.Asset{ID: gateway.AssetID("hall-" + name), Kind: name, Area: "hall", Points: k.Points}
	r := gateway.Reading{Asset: asset.ID, Time: at, Received: at}
	for i, p := range k.Points {
		if i == len(k.Points)-1 {
			r.Values = append(r.Values, gateway.NotGood(p.Name, gateway.QualityBad, "out of range"))
			continue
		}
		r.Values = append(r.Values, gateway.Good(p.Name, 1))
	}
	body, err := line.NewEncoder(&gateway.Site{ID: "hall", Assets: []gateway.Asset{asset}}).Append(body, &r)
	if err != nil {
		t.Fatal(err)
	}
	return append(body, '\n')
}

func post(t *testing.T, url, kind, body string, status int) string {
	t.Helper()
	q, _ := http.NewRequest("POST", url, strings.NewReader(body))
	q.Header.Set("Content-Type", kind)
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	if r.StatusCode != status {
		t.Fatal(fmt.Errorf("POST %s: %s: %s\n%s", url, r.Status, text, body))
	}
	return string(text)
}
