package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/drivers/mqtt/mqtttest"
	"steward/gateway"
	"steward/gateway/config"
)

const uncertainNow = "a temperature=21 uncertain no connection to the broker"

func TestLongOutageMakesUncertainOnce(t *testing.T) {
	m := mqtttest.Start(t, "")
	d := newDisk()
	field := func(filter string) []config.Topic {
		return []config.Topic{{Filter: filter, Format: config.FormatText, Fields: []config.Field{{Point: "temperature"}}}}
	}
	site := testSite(map[gateway.AssetID][]config.Topic{"a": field("t/a"), "b": field("t/b"), "never": field("t/c")})
	r := run(t, at(site, m.Addr), t.TempDir(), d.emit).up()
	publish(t, m.Addr, "t/a", "21")
	publish(t, m.Addr, "t/b", "broken")
	eventually(t, "both readings", func() bool { return d.count() == 2 })
	attempt := func() { r.again(d.emit); r.broken() }

	m.Stop()
	r.broken()
	attempt()
	if n := d.count(); n != 2 {
		t.Fatalf("a short outage made readings: %q", d.texts())
	}
	r.src.(*source).memory.after = time.Nanosecond // Run has returned: nobody else looks
	attempt()
	attempt()
	if got := d.texts()[2:]; !slices.Equal(got, []string{uncertainNow}) {
		t.Fatalf("got %q, want %q once", got, uncertainNow)
	}

	m.Start()
	r.again(d.emit)
	r.up()
	publish(t, m.Addr, "t/a", "22")
	eventually(t, "a fresh message", func() bool { return d.count() >= 4 })
	m.Stop()
	r.broken()
	attempt()
	want := []string{"a temperature=22 good", strings.Replace(uncertainNow, "21", "22", 1)}
	if got := d.texts()[3:]; !slices.Equal(got, want) {
		t.Errorf("after the broker came back and went again: got %q, want %q", got, want)
	}
}

// memoryAt makes a memory of asset a, down since the time.
func memoryAt(down time.Time, rs ...gateway.Reading) *memory {
	site := &gateway.Site{Assets: []gateway.Asset{{ID: "a", Points: []gateway.Point{
		{Name: "leak", Type: gateway.Bool, Fresh: 26 * time.Hour}, {Name: "temperature"}, {Name: "battery", Fresh: time.Minute},
	}}}}
	m := newMemory(site)
	for _, r := range rs {
		m.note([]gateway.Reading{r})
	}
	m.disconnected(down)
	return m
}

func TestDoubts(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	reading := func(at, received time.Duration, v ...gateway.Value) gateway.Reading {
		return gateway.Reading{Asset: "a", Time: noon.Add(at), Received: noon.Add(received), Values: v}
	}
	good := gateway.Good
	lost := func(p string) gateway.Value { return gateway.NotGood(p, gateway.QualityLost, "availability offline") }
	doubtful := gateway.Value{Point: "leak", Number: 1, Quality: gateway.QualityUncertain, Reason: "backfilled"}
	const s = time.Second
	cases := []struct {
		name string
		want string // time from noon, then values
		rs   []gateway.Reading
	}{
		{"nothing known", "", nil},
		{"one message", "1ms leak=1 temperature=20", []gateway.Reading{reading(0, 0, good("leak", 1), good("temperature", 20))}},
		{"two messages, one time", "-1.999s temperature=20 leak=1",
			[]gateway.Reading{reading(-3*s, 0, good("temperature", 20)), reading(-2*s, 0, good("leak", 1))}},
		{"the newer of two", "1ms leak=0", []gateway.Reading{reading(-3*s, -3*s, good("leak", 1)), reading(0, 0, good("leak", 0))}},
		{"another order of values", "1ms leak=0 temperature=2",
			[]gateway.Reading{reading(-3*s, -3*s, good("leak", 1), good("temperature", 1)), reading(0, 0, good("temperature", 2), good("leak", 0))}},
		{"backfill does not replace", "1ms leak=0", []gateway.Reading{reading(0, 0, good("leak", 0)), reading(-3*s, s, doubtful)}},
		{"uncertain takes part", "1ms leak=1", []gateway.Reading{reading(0, 0, doubtful)}},
		{"lost stays lost", "", []gateway.Reading{reading(-s, -s, good("leak", 1)), reading(0, 0, lost("leak"))}},
		{"stale stays stale", "1ms leak=1", []gateway.Reading{reading(0, 0, good("leak", 1), good("battery", 80))}},
		{"clock set back", "1ms leak=1", []gateway.Reading{reading(time.Hour, time.Hour, good("leak", 0)), reading(0, 0, good("leak", 1))}},
		{"a source ahead", "1ms leak=1", []gateway.Reading{reading(4*time.Minute, 0, good("leak", 1))}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := memoryAt(noon, c.rs...)
			if early := m.doubts(noon.Add(doubtAfter - 1)); len(early) > 0 {
				t.Fatalf("doubts before %s: %v", doubtAfter, early)
			}
			now := noon.Add(doubtAfter)
			got := ""
			for _, r := range m.doubts(now) {
				got = r.Time.Sub(noon).String()
				for _, v := range r.Values {
					got += fmt.Sprintf(" %s=%g", v.Point, v.Number)
					if v.Quality != gateway.QualityUncertain || v.Reason != noConnection {
						t.Errorf("%+v", v)
					}
				}
				if !r.Received.Equal(now) {
					t.Errorf("received %s, want %s", r.Received, now)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if again := m.doubts(now.Add(time.Hour)); len(again) > 0 {
				t.Errorf("doubts again: %v", again)
			}
		})
	}
}

// A message that waited at the broker must count as newer than the doubt.
func TestDoubtIsOlderThanWhatWaits(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	m := memoryAt(noon, gateway.Reading{Asset: "a", Time: noon.Add(-time.Hour), Received: noon.Add(-time.Hour),
		Values: []gateway.Value{gateway.Good("leak", 0)}})
	rs := m.doubts(noon.Add(doubtAfter))
	if sent := noon.Add(time.Second); len(rs) != 1 || !rs[0].Time.Before(sent) {
		t.Errorf("doubts %v, want one before %s", rs, sent)
	}
}

func TestRefusedDoubtDoesNotStopTheOthers(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	log := &syncBuffer{}
	src := &source{log: slog.New(slog.NewTextHandler(log, nil)), now: func() time.Time { return noon.Add(time.Hour) }, memory: memoryAt(noon)}
	for _, id := range []gateway.AssetID{"a", "b", "c"} {
		src.memory.note([]gateway.Reading{{Asset: id, Time: noon, Received: noon, Values: []gateway.Value{gateway.Good("temperature", 1)}}})
	}
	var got []gateway.AssetID
	src.doubt(t.Context(), func(_ context.Context, rs []gateway.Reading) error {
		if slices.ContainsFunc(rs, func(r gateway.Reading) bool { return r.Asset == "b" }) {
			return errors.New("no such asset")
		}
		got = append(got, rs[0].Asset)
		return nil
	})
	slices.Sort(got)
	if !slices.Equal(got, []gateway.AssetID{"a", "c"}) {
		t.Errorf("emitted %q, want a and c", got)
	}
	if s := log.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, "assets=1") || !strings.Contains(s, "asset b: no such asset") {
		t.Errorf("log %q", s)
	}
}

func BenchmarkNote(b *testing.B) {
	var values []gateway.Value
	for _, p := range leakPoints()[:6] {
		values = append(values, gateway.Good(p.Name, 1))
	}
	m := newMemory(&gateway.Site{})
	now := time.Now()
	rs := []gateway.Reading{{Asset: "a", Time: now, Received: now, Values: values}}
	b.ReportAllocs()
	for b.Loop() {
		m.note(rs)
	}
}
