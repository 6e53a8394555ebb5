package modbus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// fake runs the source against the device on fake time for that long.
func fake(t *testing.T, d *device, b *bus, during func(s *seen)) {
	t.Helper()
	b.line.dial = d.pipes
	ctx, cancel := context.WithCancel(t.Context())
	s := &seen{change: make(chan struct{}, 1)}
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, s.emit) }()
	during(s)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run returned %v", err)
	}
	d.all.Wait()
}

// pass lets fake time go by until everything rests.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func reasons(r gateway.Reading) string {
	var out []string
	for _, v := range r.Values {
		out = append(out, fmt.Sprintf("%s %v %v %s", v.Point, v.Quality, v.Number, v.Reason))
	}
	return strings.Join(out, "; ")
}

// gapOver returns the longest time between two readings.
func longestGap(r []gateway.Reading) (longest time.Duration) {
	for i := 1; i < len(r); i++ {
		longest = max(longest, r[i].Received.Sub(r[i-1].Received))
	}
	return longest
}

func TestADeadUnitIsQuarantinedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dead atomic.Bool
		dead.Store(true)
		d := newDevice(func(_ uint16, r request) reply {
			if r.unit == 2 && dead.Load() {
				return reply{}
			}
			return reply{data: registers(r)}
		})
		const timeout = 500 * time.Millisecond
		b := open(t, config.Bus{Timeout: timeout}, assetOf("a", 1, time.Second, 1),
			assetOf("dead", 2, time.Second, 1), assetOf("dead too", 2, 5*time.Second, 9), assetOf("c", 3, time.Second, 1))
		fake(t, d, b, func(s *seen) {
			pass(20 * time.Minute)
			asked := 0
			for _, r := range d.requests() {
				if r.unit == 2 {
					asked++
				}
			}
			// Two polls with their retries, then probes after 2, 4, 8 … 256, 300, 300, 300 s.
			if want := 4 + 8 + 2; asked < want || asked > want+1 {
				t.Errorf("the dead unit was asked %d times in 20 min, want about %d", asked, want)
			}
			for _, id := range []gateway.AssetID{"a", "c"} {
				if gap := longestGap(s.of(id)); gap > 2*time.Second+2*timeout {
					t.Errorf("neighbour %s once waited %v", id, gap)
				}
				if n := len(s.of(id)); n < 20*60-8 {
					t.Errorf("neighbour %s has %d readings in 20 min, want one a second", id, n)
				}
			}
			for _, id := range []gateway.AssetID{"dead", "dead too"} {
				got := s.of(id)
				if len(got) < 8 || len(got) > 14 {
					t.Errorf("%s was said to be lost %d times, want once a failure", id, len(got))
				}
				for _, r := range got {
					if v := r.Values[0]; v.Quality != gateway.QualityLost || !strings.Contains(v.Reason, "no answer in 500ms") {
						t.Fatalf("%s: %s", id, reasons(r))
					}
				}
			}
			st := b.BusStatus()
			if st.State != gateway.StateWarning || !st.Units[1].Quarantined || st.Units[0].Quarantined || st.Units[1].NextProbe.IsZero() {
				t.Errorf("status: %+v", st)
			}

			dead.Store(false)
			before := len(s.of("dead"))
			pass(probeMax + 10*time.Second)
			if n := len(s.of("dead")) - before; n < 9 || !good(s.of("dead")[before]) {
				t.Errorf("after its return the unit gave %d readings, the first: %s", n, reasons(s.of("dead")[before]))
			}
			if st := b.BusStatus(); st.State != gateway.StateUp || st.Units[1].Quarantined {
				t.Errorf("status after the return: %+v", st)
			}
		})
	})
}

func TestAGatewaysExceptionForADeadUnitQuarantinesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(func(_ uint16, r request) reply {
			if r.unit == 2 {
				return reply{exception: 0x0B}
			}
			return reply{data: registers(r)}
		})
		b := open(t, config.Bus{}, assetOf("a", 1, time.Second, 1), assetOf("b", 2, time.Second, 1))
		fake(t, d, b, func(s *seen) {
			pass(time.Minute)
			if n := len(s.of("b")); n < 4 || n > 8 {
				t.Errorf("%d readings of the dead unit in a minute, want a few", n)
			}
			if v := s.of("b")[0].Values[0]; v.Quality != gateway.QualityLost || !strings.Contains(v.Reason, "gateway target does not answer") {
				t.Errorf("got %+v", v)
			}
			if n := len(s.of("a")); n < 58 {
				t.Errorf("neighbour has %d readings", n)
			}
		})
	})
}

// A block that the device ignores while it answers others costs its
// neighbours little and its own points only.
func TestASilentBlockRestsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(func(_ uint16, r request) reply {
			if r.first == 0 {
				return reply{}
			}
			return reply{data: registers(r)}
		})
		b := open(t, config.Bus{Timeout: 100 * time.Millisecond}, assetOf("a", 1, time.Second, 0, 50, 90))
		fake(t, d, b, func(s *seen) {
			pass(10 * time.Minute)
			got := s.of("a")
			if len(got) < 595 {
				t.Errorf("%d readings in 10 min", len(got))
			}
			v := got[len(got)-1].Values
			if v[0].Quality != gateway.QualityLost || v[1].Quality != gateway.QualityGood || v[2].Quality != gateway.QualityGood {
				t.Errorf("got %s", reasons(got[len(got)-1]))
			}
			silent := 0
			for _, r := range d.requests() {
				if r.first == 0 {
					silent++
				}
			}
			if silent > 30 {
				t.Errorf("the silent block was asked for %d times in 10 min", silent)
			}
			if st := b.BusStatus(); st.Units[0].Quarantined {
				t.Error("the unit is quarantined although it answers")
			}
		})
	})
}

func TestAGatewayThatRepeatsItselfIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var beat, frozen atomic.Int64
		d := newDevice(func(_ uint16, r request) reply {
			if frozen.Load() == 0 {
				beat.Add(1)
			}
			out := registers(r)
			if r.first <= 27 && r.first+r.count > 27 {
				out[2*(27-r.first)+1] = byte(beat.Load())
			}
			return reply{data: out}
		})
		a := assetOf("a", 1, time.Second, 20)
		a.Modbus.Limits.Watch = &config.Heartbeat{Table: config.HoldingRegisters, Address: 27, Words: 2, Polls: 3}
		b := open(t, config.Bus{}, a)
		fake(t, d, b, func(s *seen) {
			pass(10 * time.Second)
			if last := s.all()[len(s.all())-1]; !good(last) {
				t.Fatalf("before: %s", reasons(last))
			}
			frozen.Store(1)
			n := len(s.all())
			pass(10 * time.Second)
			// The last living reading is the first of the equal ones.
			for i, r := range s.all()[n:] {
				lost := r.Values[0].Quality == gateway.QualityLost && r.Values[0].Reason == reasonSilent
				if lost != (i >= 1) && i != 0 {
					t.Errorf("reading %d after the freeze: %s", i, reasons(r))
				}
			}
			frozen.Store(0)
			pass(2 * time.Second)
			if last := s.all()[len(s.all())-1]; !good(last) {
				t.Errorf("after: %s", reasons(last))
			}
		})
	})
}

func TestAnEndpointThatIsDownIsSaidSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(func(_ uint16, r request) reply { return reply{data: registers(r)} })
		b := open(t, config.Bus{}, assetOf("a", 1, time.Second, 1), assetOf("b", 2, time.Minute, 1))
		var mu sync.Mutex
		var dials []time.Time
		var up atomic.Bool
		ctx, cancel := context.WithCancel(t.Context())
		b.line.dial = func(ctx context.Context) (wire, error) {
			mu.Lock()
			dials = append(dials, time.Now())
			mu.Unlock()
			if !up.Load() {
				return nil, errors.New("connection refused")
			}
			return d.pipes(ctx)
		}
		s := &seen{change: make(chan struct{}, 1)}
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx, s.emit) }()
		pass(12 * time.Minute)
		mu.Lock()
		for i := 1; i < len(dials); i++ {
			if gap := dials[i].Sub(dials[i-1]); gap < dialPauseMin/2 || gap > dialPauseMax+time.Millisecond {
				t.Errorf("%v between two attempts to connect", gap)
			}
		}
		mu.Unlock()
		for _, id := range []gateway.AssetID{"a", "b"} {
			got := s.of(id)
			if len(got) != 3 { // at once, and every 5 min
				t.Errorf("%s was said to be lost %d times in 12 min, want 3", id, len(got))
			}
			if v := got[0].Values[0]; v.Quality != gateway.QualityLost || v.Reason != "connection refused" {
				t.Errorf("got %+v", v)
			}
		}
		if st := b.BusStatus(); st.State != gateway.StateDown || st.Error != "connection refused" {
			t.Errorf("status %+v", st)
		}
		up.Store(true)
		pass(dialPauseMax + time.Second)
		for _, id := range []gateway.AssetID{"a", "b"} {
			got := s.of(id)
			if last := got[len(got)-1]; !good(last) {
				t.Errorf("%s after the return: %s", id, reasons(last))
			}
		}
		if st := b.BusStatus(); st.State != gateway.StateUp || st.Error != "" {
			t.Errorf("status %+v", st)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		d.all.Wait()
	})
}

func TestIntervalsAndPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var times []time.Time
		d := newDevice(func(_ uint16, r request) reply {
			mu.Lock()
			times = append(times, time.Now())
			mu.Unlock()
			return reply{data: registers(r), after: 20 * time.Millisecond}
		})
		b := open(t, config.Bus{Pause: 30 * time.Millisecond, ConnectPause: 2 * time.Second},
			assetOf("fast", 1, 500*time.Millisecond, 1), assetOf("slow", 2, 10*time.Second, 1))
		start := time.Now()
		fake(t, d, b, func(s *seen) {
			pass(time.Minute)
			mu.Lock()
			defer mu.Unlock()
			if first := times[0].Sub(start); first < 2*time.Second {
				t.Errorf("first request %v after the start, want the pause after connecting first", first)
			}
			for i := 1; i < len(times); i++ {
				if gap := times[i].Sub(times[i-1]); gap < 50*time.Millisecond {
					t.Errorf("%v between two requests, want at least the answer's 20 ms and the pause of 30", gap)
				}
			}
			if n := len(s.of("fast")); n < 115 || n > 118 {
				t.Errorf("fast has %d readings, want 2 a second after 2 s", n)
			}
			if n := len(s.of("slow")); n < 6 || n > 7 {
				t.Errorf("slow has %d readings, want 6 or 7", n)
			}
			r := s.of("fast")[10]
			if mid := r.Received.Sub(r.Time); mid < 10*time.Millisecond || mid > 30*time.Millisecond {
				t.Errorf("the reading's time is %v before its arrival, want the middle of request and answer", mid)
			}
			if share := b.BusStatus().LineTime; share < 0.02 || share > 0.2 {
				t.Errorf("line time is %v", share)
			}
		})
	})
}

func TestAnOverloadedLineSkipsAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(func(_ uint16, r request) reply { return reply{data: registers(r), after: 400 * time.Millisecond} })
		b := open(t, config.Bus{}, assetOf("a", 1, time.Second, 1), assetOf("b", 2, time.Second, 1),
			assetOf("c", 3, time.Second, 1), assetOf("d", 4, time.Second, 1))
		fake(t, d, b, func(s *seen) {
			pass(100 * time.Second)
			for _, id := range []gateway.AssetID{"a", "b", "c", "d"} {
				if n := len(s.of(id)); n < 48 || n > 72 {
					t.Errorf("%s was read %d times, want its fair share of about 60", id, n)
				}
			}
			if st := b.BusStatus(); st.State != gateway.StateWarning || !strings.Contains(st.Error, "polls skipped") || st.LineTime < 0.95 {
				t.Errorf("status %+v", st)
			}
		})
	})
}

func TestNewRefuses(t *testing.T) {
	unit := assetOf("a", 300, time.Second, 1)
	for _, c := range []struct {
		bus   config.Bus
		asset config.Asset
		want  string
	}{
		{config.Bus{Transport: "udp"}, assetOf("a", 1, time.Second, 1), "transport"},
		{config.Bus{Transport: config.ModbusRTU, Baud: 9600, DataBits: 9, Parity: "N", StopBits: 1}, assetOf("a", 1, time.Second, 1), "data bits"},
		{config.Bus{}, unit, "asset a: unit 300"},
		{config.Bus{}, assetOf("a", 1, 0, 1), "interval"},
	} {
		spec := specOf(c.bus, c.asset)
		if _, err := Driver().New(spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}
