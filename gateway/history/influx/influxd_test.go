package influx

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/history/historytest"
)

func TestRealInfluxDBRefusesWhatItMust(t *testing.T) {
	influxd := historytest.StartInfluxd(t)
	ledger := &historytest.Ledger{}
	sink := NewSink(Options{Config: config.InfluxDB{URL: influxd.URL(), Bucket: "steward/autogen"}, Ledger: ledger})
	consume := func(lines ...string) {
		t.Helper()
		if err := sink.Consume(t.Context(), batchOf(lines...)); err != nil {
			t.Fatalf("consume: %v", err)
		}
	}
	consume("pump,asset=x speed=1.5,received=1i 1000")
	var lines []string
	for i := range 64 {
		switch i {
		case 10:
			lines = append(lines, `pump,asset=x speed="fast",received=1i 2010`) // type conflict
		case 11:
			lines = append(lines, `pump,asset=x speed=,received=1i 2011`) // no line protocol
		case 50:
			lines = append(lines, `pump,asset=x speed=true,received=1i 2050`)
		default:
			lines = append(lines, fmt.Sprintf("pump,asset=x speed=%d,received=1i %d", i, 2000+i))
		}
	}
	consume(lines...)
	refused := ledger.Refused()
	if len(refused) != 3 || refused[0].Seq != 11 || refused[1].Seq != 12 || refused[2].Seq != 51 {
		t.Fatalf("refused %+v, want entries 11, 12 and 51", refused)
	}
	for i, reason := range []string{"field type conflict", "unable to parse", "field type conflict"} {
		if !strings.Contains(refused[i].Reason, reason) {
			t.Errorf("entry %d was refused for %q, want %q", refused[i].Seq, refused[i].Reason, reason)
		}
	}
	if got := influxd.Query("SELECT count(speed) FROM pump"); !strings.Contains(got, ",62]") {
		t.Errorf("count is %s, want 62", got)
	}
}

// TestRealInfluxDBRefusesAWholeAsset has a sink that has stored nothing yet
// and lines of nothing but a point whose type changed: no configuration is at
// fault, and nothing may wait for them.
func TestRealInfluxDBRefusesAWholeAsset(t *testing.T) {
	influxd := historytest.StartInfluxd(t)
	c := config.InfluxDB{URL: influxd.URL(), Bucket: "steward/autogen"}
	ledger := &historytest.Ledger{}
	before := NewSink(Options{Config: c, Ledger: ledger})
	if err := before.Consume(t.Context(), batchOf("pump,asset=x speed=1.5,received=1i 1000")); err != nil {
		t.Fatal(err)
	}
	sink := NewSink(Options{Config: c, Ledger: ledger})
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("pump,asset=x speed=true,received=1i %d", 2000+i))
	}
	if err := sink.Consume(t.Context(), batchOf(lines...)); err != nil {
		t.Fatal(err)
	}
	refused := ledger.Refused()
	if len(refused) != 40 || !strings.Contains(refused[0].Reason, "field type conflict") {
		t.Fatalf("%d lines were refused, want 40 for their type: %+v", len(refused), refused)
	}
	if st := sink.Status(); st.State != gateway.StateWarning || !strings.Contains(st.Error, "field type conflict") {
		t.Errorf("status %+v, want a warning and why", st)
	}
	if err := sink.Consume(t.Context(), batchOf("pump,asset=y speed=2.5,received=1i 3000")); err != nil {
		t.Fatal(err)
	}
	if got := influxd.Query("SELECT count(speed) FROM pump"); !strings.Contains(got, ",2]") {
		t.Errorf("count is %s, want 2", got)
	}
}

func TestRealInfluxDBDownForAWhile(t *testing.T) {
	influxd := historytest.StartInfluxd(t)
	ledger := &historytest.Ledger{}
	sink := NewSink(Options{Config: config.InfluxDB{URL: influxd.URL(), Bucket: "steward/autogen"}, Ledger: ledger})
	if err := sink.Consume(t.Context(), testBatch(3)); err != nil {
		t.Fatal(err)
	}
	influxd.Kill()
	done := make(chan error, 1)
	go func() { done <- sink.Consume(t.Context(), testBatch(500)) }() // its end is awaited below
	historytest.Poll(t, 30*time.Second, "the sink to say that it is down", func() bool { return sink.Status().State == gateway.StateDown })
	influxd.Start()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := influxd.Query("SELECT count(v) FROM pump"); !strings.Contains(got, ",500]") {
		t.Errorf("count is %s, want 500", got)
	}
	if st := sink.Status(); st.State != gateway.StateUp {
		t.Errorf("status %+v", st)
	}
}

func TestRealInfluxDBWithoutTheDatabase(t *testing.T) {
	influxd := historytest.StartInfluxd(t)
	sink := NewSink(Options{Config: config.InfluxDB{URL: influxd.URL(), Bucket: "nothing/autogen"}, Ledger: &historytest.Ledger{}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sink.Consume(ctx, testBatch(1)) }() // its end is awaited below
	historytest.Poll(t, 10*time.Second, "the sink to name the bucket", func() bool {
		st := sink.Status()
		return st.State == gateway.StateDown && strings.Contains(st.Error, `create bucket "nothing/autogen"`)
	})
	cancel()
	if err := <-done; err == nil {
		t.Error("consume returned nil")
	}
}

// TestAnAssetThatMoved has one point in two series of a step.
func TestAnAssetThatMoved(t *testing.T) {
	influxd := historytest.StartInfluxd(t)
	c := config.InfluxDB{URL: influxd.URL(), Bucket: "steward/autogen"}
	sink := NewSink(Options{Config: c, Ledger: &historytest.Ledger{}})
	base := time.Now().UTC().Truncate(time.Hour)
	var lines []string
	for i := range 40 {
		area := "old"
		if i >= 30 {
			area = "new"
		}
		lines = append(lines, fmt.Sprintf("pump,area=%s,asset=a-0,kind=pump,site=test-site temperature=%d,received=1i %d", area, i, base.Add(time.Duration(i)*time.Second).UnixNano()))
	}
	if err := sink.Consume(t.Context(), batchOf(lines...)); err != nil {
		t.Fatal(err)
	}
	store := NewStore(StoreOptions{Config: c, Site: historytest.Site(1, 0)})
	store.version = "2.7.0" // finds the step in two series and aggregates here
	q := gateway.Query{Asset: "a-0", Points: []string{"temperature"}, From: base, To: base.Add(time.Hour), Step: time.Minute, Agg: gateway.AggMean}
	got, err := store.Range(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if s := got[0].Samples; len(s) != 1 || s[0].Number != 19.5 {
		t.Errorf("mean %v, want one of 19.5", s)
	}
	q.Agg = gateway.AggNone
	if got, err = store.Range(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	for i, s := range got[0].Samples {
		if s.Number != float64(i) {
			t.Fatalf("raw sample %d is %v: out of order", i, s)
		}
	}
}
