package modbus

import (
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"steward/drivers/drivertest"
	"steward/gateway"
	"steward/gateway/config"
)

func TestSourceContract(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) drivertest.Wire {
		var mu sync.Mutex
		n := 0
		d := newDevice(func(_ uint16, r request) reply {
			mu.Lock()
			defer mu.Unlock()
			n++
			return reply{data: binary.BigEndian.AppendUint16(nil, uint16(n))}
		})
		b := open(t, config.Bus{Address: d.listen(t)},
			assetOf("a", 1, 10*time.Millisecond, 7), assetOf("b", 2, 10*time.Millisecond, 7))
		return drivertest.Wire{
			Source: b,
			Assets: []gateway.AssetID{"a", "b"},
			Number: func(r gateway.Reading) (int, bool) { return int(r.Values[0].Number), good(r) },
			Taken:  func() int { mu.Lock(); defer mu.Unlock(); return n },
			Held:   2*4 + 2, // two halves of the outbox, one reading in hand, one answer on its way
		}
	})
}
