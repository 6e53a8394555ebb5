package modbus

import (
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// lowAt puts the low word somewhere else.
func lowAt(at uint16) func(*config.Register) {
	return func(r *config.Register) { r.LowWord = &at }
}

// Two words that do not stand beside each other come in one request, so that
// a value is never half old and half new.
func TestWordsApart(t *testing.T) {
	for name, c := range map[string]struct {
		high, low uint16
		enc       config.Encoding
		asked     string
	}{
		"low behind":     {20, 25, config.EncUint32, "holding 20+6"},
		"low before":     {25, 20, config.EncUint32, "holding 20+6"},
		"as far as four": {20, 23, config.EncInt32, "holding 20+4"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDevice(func(_ uint16, r request) reply { return reply{data: registers(r)} })
				a := assetOf("a", 1, time.Second, 0, 22)
				a.Modbus.Points[0].Encoding = c.enc
				a.Modbus.Points[0].Address = c.high
				lowAt(c.low)(&a.Modbus.Points[0])
				b := open(t, config.Bus{}, a)
				fake(t, d, b, func(s *seen) {
					pass(2 * time.Second)
					if r := of(s); !good(r) || r.Values[0].Number != float64(uint32(c.high)<<16|uint32(c.low)) || r.Values[1].Number != 22 {
						t.Errorf("got %s", reasons(r))
					}
					if got := show(b.assets[0].blocks); got != c.asked {
						t.Errorf("plan is %s, want %s", got, c.asked)
					}
				})
			})
		})
	}
}

// A device that refuses what lies between the two words costs that point
// alone, not those between.
func TestWordsApartRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(func(_ uint16, r request) reply {
			if r.first <= 24 && 24 < r.first+r.count {
				return reply{exception: 2}
			}
			return reply{data: registers(r)}
		})
		a := assetOf("a", 1, time.Second, 20, 21, 22)
		a.Modbus.Points[0].Encoding = config.EncUint32
		lowAt(30)(&a.Modbus.Points[0])
		b := open(t, config.Bus{}, a)
		fake(t, d, b, func(s *seen) {
			pass(time.Minute)
			r := of(s)
			if v := r.Values[0]; v.Quality != gateway.QualityBad || r.Values[1].Number != 21 || r.Values[2].Number != 22 {
				t.Errorf("got %s", reasons(r))
			}
		})
	})
}

func TestWordsApartDecode(t *testing.T) {
	r := with(reg(config.EncUint32), lowAt(13))
	r.Address, r.NA = 10, []uint64{0xFFFFFFFF}
	v, err := Decode(r, gateway.Point{}, []uint16{1, 7, 7, 2}, 10)
	if err != nil || v.Number != 655380 {
		t.Errorf("%+v, %v", v, err)
	}
	if v, _ := Decode(r, gateway.Point{}, []uint16{0xFFFF, 7, 7, 0xFFFF}, 1); !NotAvailable(v) {
		t.Errorf("the marker is %+v", v)
	}
	if _, err := Decode(r, gateway.Point{}, []uint16{1, 7, 7}, 1); err == nil {
		t.Error("three of its four registers were enough")
	}
}
