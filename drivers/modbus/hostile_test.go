package modbus

import (
	"encoding/binary"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

// A device that misbehaves at every third request: the source reads on, never
// emits a wrong number as good, and counts what it saw.
func TestHostileDevices(t *testing.T) {
	const short = 300 * time.Millisecond
	right := func(tid uint16, r request) []byte { return answer(tid, r, registers(r)) }
	for _, c := range []struct {
		name   string
		evil   func(tid uint16, r request) reply
		reason string // part of the bad values' reason; empty: none may be bad
		check  func(gateway.BusStatus) bool
	}{
		{"answers late, next to the next answer", func(tid uint16, r request) reply {
			return reply{raw: right(tid, r), after: short + short/4}
		}, "", func(s gateway.BusStatus) bool { return s.Timeouts > 0 && s.Strays > 0 }},
		{"closes after each answer", func(tid uint16, r request) reply {
			return reply{raw: right(tid, r), close: true}
		}, "", func(s gateway.BusStatus) bool { return s.Timeouts == 0 && s.Errors == 0 }},
		{"closes instead of an answer", func(uint16, request) reply { return reply{close: true} },
			"", func(s gateway.BusStatus) bool { return s.Errors > 0 }},
		{"garbage", func(uint16, request) reply { return reply{raw: []byte("HTTP/1.1 400 Bad Request\r\n\r\n")} },
			"", func(s gateway.BusStatus) bool { return s.Errors > 0 }},
		{"foreign transaction id before the right one", func(tid uint16, r request) reply {
			wrong := answer(tid+77, r, []byte{0xDE, 0xAD, 0xBE, 0xEF})
			return reply{raw: append(wrong, right(tid, r)...)}
		}, "", func(s gateway.BusStatus) bool { return s.Strays > 0 && s.Errors == 0 }},
		{"foreign transaction id only", func(tid uint16, r request) reply {
			return reply{raw: answer(tid-1, r, []byte{0xDE, 0xAD, 0xBE, 0xEF})}
		}, "", func(s gateway.BusStatus) bool { return s.Strays > 0 && s.Timeouts > 0 }},
		{"short frame", func(tid uint16, r request) reply { return reply{raw: right(tid, r)[:9], close: true} },
			"", func(s gateway.BusStatus) bool { return s.Errors > 0 }},
		{"short answer", func(tid uint16, r request) reply { return reply{raw: answer(tid, r, []byte{0, 1})} },
			"", func(s gateway.BusStatus) bool { return s.Errors > 0 }},
		{"always a short answer", nil, "broken answer: count says 2", func(s gateway.BusStatus) bool { return s.Errors > 0 }},
		{"wrong unit", func(tid uint16, r request) reply {
			r.unit++
			return reply{raw: right(tid, r)}
		}, "", func(s gateway.BusStatus) bool { return s.Errors > 0 }},
		{"wrong function", func(tid uint16, r request) reply {
			r.table = config.InputRegisters
			return reply{raw: answer(tid, r, []byte{0xDE, 0xAD, 0xBE, 0xEF})}
		}, "", func(s gateway.BusStatus) bool { return s.Errors > 0 }},
		{"oversized length", func(tid uint16, r request) reply {
			raw := right(tid, r)
			binary.BigEndian.PutUint16(raw[4:], 0xFFFF)
			return reply{raw: raw}
		}, "", func(s gateway.BusStatus) bool { return s.Errors > 0 }},
		{"byte by byte", func(tid uint16, r request) reply {
			return reply{raw: right(tid, r), dribble: 5 * time.Millisecond}
		}, "", func(s gateway.BusStatus) bool { return s.Errors+s.Timeouts == 0 }},
		{"twice the same answer", func(tid uint16, r request) reply {
			return reply{raw: append(right(tid, r), right(tid, r)...)}
		}, "", func(s gateway.BusStatus) bool { return s.Strays > 0 && s.Errors == 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			d := newDevice(func(tid uint16, r request) reply {
				switch k := n.Add(1); {
				case c.evil == nil:
					return reply{raw: answer(tid, r, []byte{0, 1})}
				case k%3 == 0:
					return c.evil(tid, r)
				}
				return reply{data: registers(r)}
			})
			b := open(t, config.Bus{Address: d.listen(t), Timeout: short}, assetOf("a", 1, 10*time.Millisecond, 40, 41))
			s := run(t, b)
			if c.reason != "" {
				r := s.until(t, "a reading with the reason", func(r gateway.Reading) bool { return strings.Contains(r.Values[0].Reason, c.reason) })
				if r.Values[0].Quality != gateway.QualityBad {
					t.Errorf("quality is %v, want bad", r.Values[0].Quality)
				}
				return
			}
			count := 0
			s.until(t, "12 good readings and the counts", func(r gateway.Reading) bool {
				if good(r) {
					count++
				}
				return count >= 12 && c.check(b.BusStatus())
			})
			for _, r := range s.all() {
				for i, v := range r.Values {
					if v.Quality == gateway.QualityGood && v.Number != float64(40+i) {
						t.Fatalf("wrong number emitted as good: %+v", r)
					}
				}
			}
			if st := b.BusStatus(); st.State != gateway.StateUp && st.State != gateway.StateWarning {
				t.Errorf("bus is %v: %s", st.State, st.Error)
			}
		})
	}
}
