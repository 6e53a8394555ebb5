package mqtt

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// FuzzDecode: whatever comes, a reading has values, a value is a number
// exactly where its quality says so, and its time is plausible.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/payloads/*")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, false)
	}
	f.Add([]byte(`{"water_leak":"1e400","battery":"0x1p-2","params":{"flood:0":{},"ts":1e300}}`), true)
	f.Add([]byte(`{"object":{"history":[{"timestamp":-1e18},[],null,{"timestamp":"1765000000","temperature":"1 \u00b0C"}]}}`), false)
	f.Add([]byte(`{"state":"offline"}`), true)
	topics := append(milesightSLD("x"), z2mLeak("application/1/device/x/event/up"), shellyGen4("application/1/device/x"))
	topics[len(topics)-1].Filter = "application/#"
	topics = append(topics, config.Topic{
		Filter: "application/#", Format: config.FormatText,
		Fields:       []config.Field{{Point: "temperature", Strip: true}, {Point: "humidity", TopicPart: 2}},
		Availability: &config.Availability{Path: "state", Online: []string{"online"}, Offline: []string{"offline"}},
	})
	topics = append(topics, config.Topic{
		Filter: "application/#", Format: config.FormatJSON, Valid: &config.Valid{Path: "q", Min: number(3.6), Max: number(21)},
		Fields: []config.Field{{Point: "humidity", Path: "h", Optional: true}, {Point: "leak", Path: "l", Hold: 10 * time.Second}},
	}, config.Topic{
		Filter: "application/#", Format: config.FormatJSON, When: "q", Valid: &config.Valid{Path: "q", Is: []string{"192"}},
		Fields: []config.Field{{Point: "tamper", Path: "t", Absent: number(0)}},
	})
	f.Add([]byte(`{"q":"12 mA","h":null,"l":false,"t":true}`), false)
	d := newDecoder(f, testSite(map[gateway.AssetID][]config.Topic{"a": topics}))
	received := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, payload []byte, retained bool) {
		d.reset()
		v, err := d.message(&message{
			topic: "application/1/device/x/event/up", payload: string(payload), size: len(payload), retained: retained, received: received,
		})
		if (v == used) != (err == nil) {
			t.Errorf("verdict %v with error %v", v, err)
		}
		for _, r := range d.collected() {
			if len(r.Values) == 0 || r.Asset != "a" {
				t.Errorf("reading %+v", r)
			}
			if _, err := gateway.ReadingTime(r.Time, received, 400*24*time.Hour); err != nil || r.Time.IsZero() {
				t.Errorf("time %s: %v", r.Time, err)
			}
			for _, v := range r.Values {
				finite := !math.IsNaN(v.Number) && !math.IsInf(v.Number, 0)
				if finite != v.Quality.HasNumber() || (v.Quality == gateway.QualityGood) != (v.Reason == "") {
					t.Errorf("value %+v", v)
				}
				if retained && v.Quality == gateway.QualityGood {
					t.Errorf("retained and good: %+v", v)
				}
			}
		}
	})
}
