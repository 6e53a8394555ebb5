package modbus

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// A coil that people must act on shares a line with more bulk meters than the
// line can serve: it is read in every one of its slots, and first.
func TestAnAlarmGoesFirstOnItsBus(t *testing.T) {
	const meterTurn, interval = 400 * time.Millisecond, time.Second
	read := func(t *testing.T, alarm bool) (longest time.Duration, meters int) {
		var mu sync.Mutex
		var coils []time.Time
		d := newDevice(func(_ uint16, r request) reply {
			if r.table == config.Coils {
				mu.Lock()
				coils = append(coils, time.Now())
				mu.Unlock()
				return reply{data: []byte{1}, after: 5 * time.Millisecond}
			}
			return reply{data: registers(r), after: meterTurn}
		})
		leak := assetOf("leak", 9, interval, 3)
		leak.Modbus.Points[0].Table, leak.Modbus.Points[0].Encoding = config.Coils, config.EncBool
		spec := specOf(config.Bus{}, assetOf("m1", 1, interval, 1), assetOf("m2", 2, interval, 1), assetOf("m3", 3, interval, 1),
			assetOf("m4", 4, interval, 1), assetOf("m5", 5, interval, 1), assetOf("m6", 6, interval, 1), leak)
		spec.Config.Site = gateway.Site{Assets: []gateway.Asset{{ID: "leak", Points: []gateway.Point{{Name: "p0", Type: gateway.Bool, Alarm: alarm}}}}}
		b, err := newBus(spec)
		if err != nil {
			t.Fatal(err)
		}
		fake(t, d, b, func(s *seen) {
			pass(2 * time.Minute)
			mu.Lock()
			defer mu.Unlock()
			for i := 1; i < len(coils); i++ {
				longest = max(longest, coils[i].Sub(coils[i-1]))
			}
			for _, id := range []gateway.AssetID{"m1", "m2", "m3", "m4", "m5", "m6"} {
				n := len(s.of(id))
				meters += n
				if n < 30 {
					t.Errorf("%s was read %d times in 2 min, want its share of about 48", id, n)
				}
			}
			if alarm && len(coils) < 119 {
				t.Errorf("the coil was asked for %d times in 2 min, want once a second", len(coils))
			}
		})
		return longest, meters
	}
	synctest.Test(t, func(t *testing.T) {
		first, meters := read(t, true)
		if first > interval+meterTurn {
			t.Errorf("the coil once waited %v, want %v and one meter's turn at most", first, interval)
		}
		if meters < 280 {
			t.Errorf("the meters were read %d times, want what the line has left: about 295", meters)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if among, _ := read(t, false); among <= interval+meterTurn {
			t.Errorf("without an alarm the coil never waited longer than %v: the line was not overloaded", among)
		}
	})
}
