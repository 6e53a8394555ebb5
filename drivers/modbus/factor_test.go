package modbus

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// metered is an asset whose two points at 10 and 11 are multiplied by the
// ratios at 141 and 142; the third, at 12, is not.
func metered() config.Asset {
	a := assetOf("a", 1, time.Second, 10, 11, 12)
	ratio := func(name string, at uint16) config.Factor {
		r := reg(config.EncUint16)
		r.Point, r.Address = name, at
		return config.Factor{Register: r}
	}
	a.Modbus.Factors = []config.Factor{ratio("pt", 141), ratio("ct", 142)}
	a.Modbus.Points[0].Transform.Scale, a.Modbus.Points[0].ScaleBy = 0.01, []string{"ct"}
	a.Modbus.Points[1].Transform.Scale, a.Modbus.Points[1].ScaleBy = 3, []string{"pt", "ct"}
	return a
}

// ratios answers registers by their address, the ratios as told, where 0 is
// what the reply says.
func ratios(pt, ct *atomic.Int32, otherwise reply) func(uint16, request) reply {
	return func(_ uint16, r request) reply {
		for at, n := range map[uint16]*atomic.Int32{141: pt, 142: ct} {
			if r.first != at {
				continue
			}
			if n.Load() == 0 {
				return otherwise
			}
			return reply{data: binary.BigEndian.AppendUint16(nil, uint16(n.Load()))}
		}
		return reply{data: registers(r)}
	}
}

func of(s *seen) gateway.Reading {
	all := s.of("a")
	return all[len(all)-1]
}

func asked(d *device, at uint16) (n int) {
	for _, r := range d.requests() {
		if r.first == at {
			n++
		}
	}
	return n
}

// Points are multiplied by ratios from the first reading on; a ratio is asked
// for now and then, and a change of it is said once.
func TestFactors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pt, ct atomic.Int32
		pt.Store(10)
		ct.Store(40)
		d := newDevice(ratios(&pt, &ct, reply{}))
		spec := specOf(config.Bus{}, metered())
		spec.Config.Site.Assets = []gateway.Asset{{ID: "a", Points: []gateway.Point{{Name: "p0", MaxStep: 1}}}}
		var log bytes.Buffer
		spec.Log = slog.New(slog.NewTextHandler(&log, nil))
		b, err := newBus(spec)
		if err != nil {
			t.Fatal(err)
		}
		fake(t, d, b, func(s *seen) {
			pass(59 * time.Minute)
			all := s.of("a")
			for _, r := range all {
				if v := r.Values; !good(r) || v[0].Number != 4 || v[1].Number != 3*11*400 || v[2].Number != 12 {
					t.Fatalf("with ratios of 10 and 40: %s", reasons(r))
				}
			}
			if n := asked(d, 142); len(all) < 3500 || n < 5 || n > 12 {
				t.Errorf("%d readings in 59 min, the ratio was asked for %d times", len(all), n)
			}
			if strings.Contains(log.String(), "changed") {
				t.Errorf("a change was said: %s", log.String())
			}
			ct.Store(60)
			pass(30 * time.Minute)
			if r := of(s); !good(r) || r.Values[0].Number != 6 || r.Values[1].Number != 3*11*600 {
				t.Errorf("with a ratio of 60: %s", reasons(r))
			}
			for _, r := range s.of("a") {
				if !good(r) {
					t.Fatalf("a reading between: %s", reasons(r))
				}
			}
			if n := strings.Count(log.String(), "factor has changed"); n != 1 || !strings.Contains(log.String(), "was=40 is=60") {
				t.Errorf("the change was said %d times: %s", n, log.String())
			}
		})
	})
}

// While a ratio is not known, what it multiplies is not good and says why;
// the rest is read, and the unit is not taken for dead.
func TestFactorNotKnown(t *testing.T) {
	for name, c := range map[string]struct {
		otherwise reply
		quality   gateway.Quality
		says      string
	}{
		"refused": {reply{exception: 2}, gateway.QualityBad, "factor ct: exception 2: illegal data address"},
		"zero":    {reply{data: []byte{0, 0}}, gateway.QualityBad, "factor ct: 0 is no factor"},
		"silent":  {reply{}, gateway.QualityBad, "factor ct: no answer in"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var pt, ct atomic.Int32
				pt.Store(10)
				d := newDevice(ratios(&pt, &ct, c.otherwise))
				b := open(t, config.Bus{}, metered())
				fake(t, d, b, func(s *seen) {
					pass(5 * time.Minute)
					r := of(s)
					for _, v := range r.Values[:2] {
						if v.Quality != c.quality || !strings.Contains(v.Reason, c.says) {
							t.Errorf("got %s, want %v because %s", reasons(r), c.quality, c.says)
						}
					}
					if v := r.Values[2]; v.Quality != gateway.QualityGood {
						t.Errorf("the point without a ratio: %s", reasons(r))
					}
					lost := 0
					for _, r := range s.of("a") {
						if r.Values[2].Quality != gateway.QualityGood {
							lost++
						}
					}
					if lost > 2 {
						t.Errorf("the point without a ratio was not good in %d of %d readings", lost, len(s.of("a")))
					}
					st := b.BusStatus().Units[0]
					if st.Quarantined || len(st.BadPoints) != 1 || st.BadPoints[0].Point != "factor ct" {
						t.Errorf("status: %+v", st)
					}
					if n := asked(d, 142); n > 40 {
						t.Errorf("the ratio was asked for %d times in 5 min", n)
					}
					ct.Store(40)
					pass(6 * time.Minute)
					if r := of(s); !good(r) || r.Values[0].Number != 4 || len(b.BusStatus().Units[0].BadPoints) != 0 {
						t.Errorf("once it is given: %s", reasons(r))
					}
				})
			})
		})
	}
}

// A unit that was away may be another one when it is back: its ratio is read
// before its values count. A ratio that only cannot be read again is kept.
func TestFactorsAreForgottenWithTheUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pt, ct atomic.Int32
		pt.Store(1)
		ct.Store(40)
		var away atomic.Bool
		script := ratios(&pt, &ct, reply{exception: 2})
		d := newDevice(func(tid uint16, r request) reply {
			if away.Load() {
				return reply{}
			}
			return script(tid, r)
		})
		b := open(t, config.Bus{}, metered())
		fake(t, d, b, func(s *seen) {
			pass(time.Minute)
			ct.Store(0)
			pass(30 * time.Minute)
			if r := of(s); !good(r) || r.Values[0].Number != 4 {
				t.Errorf("a ratio that is refused later on is not kept: %s", reasons(r))
			}
			away.Store(true)
			pass(time.Minute)
			away.Store(false)
			ct.Store(80)
			before := len(s.of("a"))
			pass(6 * time.Minute)
			for _, r := range s.of("a")[before:] {
				if v := r.Values[0]; v.Quality == gateway.QualityGood && v.Number != 8 {
					t.Fatalf("the new device's value with the old one's ratio: %s", reasons(r))
				}
			}
			if r := of(s); !good(r) || r.Values[0].Number != 8 {
				t.Errorf("in the end: %s", reasons(r))
			}
		})
	})
}

// A decimal point's place is a power of ten, a wiring word an enum.
func TestFactorForms(t *testing.T) {
	power := reg(config.EncInt16)
	power.Transform.Offset = -4
	for name, c := range map[string]struct {
		f    config.Factor
		raw  uint16
		want float64
		err  string
	}{
		"power":        {config.Factor{Register: power, Power: true}, 3, 0.1, ""},
		"power above":  {config.Factor{Register: power, Power: true}, 6, 100, ""},
		"power beyond": {config.Factor{Register: power, Power: true}, 4000, 0, "+Inf is no factor"},
		"enum":         {config.Factor{Register: with(reg(config.EncUint16), func(r *config.Register) { r.Transform.Enum = map[string]float64{"1": 1.5} })}, 1, 1.5, ""},
		"not in it":    {config.Factor{Register: with(reg(config.EncUint16), func(r *config.Register) { r.Transform.Enum = map[string]float64{"1": 1.5} })}, 2, 0, reasonUnlisted},
		"range":        {config.Factor{Register: with(reg(config.EncUint16), within(1, 5000))}, 6000, 0, "out of range 1..5000"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := assetOf("a", 1, time.Second, 10)
				c.f.Point, c.f.Address = "f", 141
				a.Modbus.Factors, a.Modbus.Points[0].ScaleBy = []config.Factor{c.f}, []string{"f"}
				d := newDevice(func(_ uint16, r request) reply {
					if r.first == 141 {
						return reply{data: binary.BigEndian.AppendUint16(nil, c.raw)}
					}
					return reply{data: registers(r)}
				})
				b := open(t, config.Bus{}, a)
				fake(t, d, b, func(s *seen) {
					pass(2 * time.Second)
					switch v := of(s).Values[0]; {
					case c.err == "" && (v.Quality != gateway.QualityGood || v.Number != 10*c.want):
						t.Errorf("got %+v, want %v", v, 10*c.want)
					case c.err != "" && (v.Quality != gateway.QualityBad || !strings.HasPrefix(v.Reason, "factor f: ") || !strings.Contains(v.Reason, c.err)):
						t.Errorf("got %+v, want it bad because %s", v, c.err)
					}
				})
			})
		})
	}
	a := metered()
	a.Modbus.Factors = a.Modbus.Factors[:1]
	if _, err := newAsset(a, nil); err == nil || !strings.Contains(err.Error(), "there is no factor ct") {
		t.Errorf("a factor that is nowhere: %v", err)
	}
}

// Factors cost the decoding of a poll no allocation.
func TestFactorsAllocateNothing(t *testing.T) {
	a, data := sixtyDecoded(t)
	a.factors = []factor{{name: "ct", value: 40, known: true}}
	for i := range a.points {
		a.scaled = append(a.scaled, factored{index: i, factors: []int{0}, scale: a.points[i].scale})
	}
	a.rescale()
	if n := testing.AllocsPerRun(100, func() { a.decode(&a.blocks[0], data); a.withhold() }); n > 0 {
		t.Errorf("decoding 60 values takes %v allocations", n)
	}
	if v := a.values[59]; v.Number != 40*230.5 {
		t.Errorf("the last value is %+v", v)
	}
}

// On a line without transaction ids a late answer is never taken for a ratio,
// and a ratio's late answer never for a value.
func TestFactorsOnASerialLine(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		const timeout = 100 * time.Millisecond
		b := open(t, config.Bus{Transport: config.ModbusRTU, Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1, Timeout: timeout}, metered())
		var all sync.WaitGroup
		prompt := 0
		b.line.dial = lateSerial(&all, func() time.Duration {
			if prompt--; prompt >= 0 || rnd.IntN(6) > 0 {
				return 5 * time.Millisecond
			}
			prompt = 3
			return time.Duration(rnd.Int64N(int64(28 * timeout / 10)))
		})
		ctx, cancel := context.WithTimeout(t.Context(), 6*time.Hour)
		defer cancel()
		want := []float64{10 * 0.01 * 142, 11 * 3 * 141 * 142, 12}
		numbers, wrong := 0, 0
		if err := b.Run(ctx, func(_ context.Context, rs []gateway.Reading) error {
			for _, r := range rs {
				for i, v := range r.Values {
					if v.Quality != gateway.QualityGood {
						continue
					}
					numbers++
					if math.Abs(v.Number-want[i]) > 1e-6 {
						wrong++
					}
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		all.Wait()
		if st := b.BusStatus(); wrong > 0 || numbers < 20_000 || st.Timeouts < 100 {
			t.Errorf("%d of %d numbers were wrong; %d time-outs", wrong, numbers, st.Timeouts)
		}
	})
}
