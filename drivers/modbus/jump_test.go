package modbus

import (
	"encoding/binary"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// A device that once answers nonsense within its range: that one value is
// bad, with its reason, and the ones beside it are not.
func TestImpossibleJump(t *testing.T) {
	polls := 0
	d := newDevice(func(_ uint16, _ request) reply {
		polls++
		v := uint16(215)
		if polls == 3 {
			v = 850
		}
		return reply{data: binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, v), v)}
	})
	asset := assetOf("a", 1, 10*time.Millisecond, 0, 1)
	spec := specOf(config.Bus{Address: d.listen(t)}, asset)
	spec.Config.Site.Assets = []gateway.Asset{{ID: "a", Points: []gateway.Point{{Name: "p0", MaxStep: 5}, {Name: "p1"}}}}
	b, err := newBus(spec)
	if err != nil {
		t.Fatal(err)
	}
	s := run(t, b)
	jump := s.until(t, "the jump", func(r gateway.Reading) bool { return !good(r) })
	if v := jump.Values[0]; v.Quality != gateway.QualityBad || v.Reason != "impossible jump: more than 5 in a second" {
		t.Errorf("the jump is %+v", v)
	}
	if v := jump.Values[1]; v.Quality != gateway.QualityGood || v.Number != 850 {
		t.Errorf("a point that may jump is %+v", v)
	}
	s.until(t, "a good poll behind it", func(r gateway.Reading) bool { return r.Time.After(jump.Time) && good(r) })
}

// Decoding allocates nothing: the values of a poll are the asset's own.
func TestDecodeAllocates(t *testing.T) {
	a, data := sixtyDecoded(t)
	if n := testing.AllocsPerRun(100, func() { a.decode(&a.blocks[0], data) }); n > 0 {
		t.Errorf("decoding 60 values takes %v allocations", n)
	}
}
