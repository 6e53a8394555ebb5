package modbus

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
	"steward/gateway/config"
)

func TestExceptionFindsTheBadPoint(t *testing.T) {
	const bad = 104
	for _, code := range []byte{2, 3} {
		synctest.Test(t, func(t *testing.T) {
			d := newDevice(func(_ uint16, r request) reply {
				if int(r.first) <= bad && bad < int(r.first+r.count) {
					return reply{exception: code}
				}
				return reply{data: registers(r)}
			})
			addresses := []int{100, 101, 102, 103, 104, 105, 106, 107}
			b := open(t, config.Bus{}, assetOf("a", 1, 10*time.Second, addresses...))
			fake(t, d, b, func(s *seen) {
				pass(9 * time.Second)
				got := s.of("a")
				last := got[len(got)-1]
				for i, v := range last.Values {
					if at := addresses[i]; at == bad {
						if v.Quality != gateway.QualityBad || !strings.Contains(v.Reason, fmt.Sprintf("exception %d", code)) ||
							!strings.Contains(v.Reason, "at holding 104+1") {
							t.Errorf("bad point: %+v", v)
						}
					} else if v.Quality != gateway.QualityGood || v.Number != float64(at) {
						t.Errorf("point at %d: %+v", at, v)
					}
				}
				if got := show(b.assets[0].blocks); got != "holding 100+4, holding 105+3" {
					t.Errorf("plan is %s: want the bad point left out and the rest merged", got)
				}
				st := b.BusStatus()
				if p := st.Units[0].BadPoints; len(p) != 1 || p[0].Point != "p4" || p[0].Asset != "a" {
					t.Errorf("status: %+v", p)
				}
				n := len(d.requests())
				pass(5 * time.Minute)
				if n = len(d.requests()) - n; n > 2*31 {
					t.Errorf("%d requests in 5 min, want 2 a poll", n)
				}
				d.set(func(_ uint16, r request) reply { return reply{data: registers(r)} })
				pass(6 * time.Minute)
				got = s.of("a")
				if last := got[len(got)-1]; !good(last) {
					t.Errorf("the point that is given again: %s", reasons(last))
				}
				if got := show(b.assets[0].blocks); got != "holding 100+8" {
					t.Errorf("plan is %s: want one block again", got)
				}
			})
		})
	}
}

func TestExceptionForAGapStopsSpanningIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exists := []int{21, 22, 23, 101, 102}
		d := newDevice(func(_ uint16, r request) reply {
			for at := int(r.first); at < int(r.first+r.count); at++ {
				if !slices.Contains(exists, at) {
					return reply{exception: 2}
				}
			}
			return reply{data: registers(r)}
		})
		a := assetOf("a", 1, 10*time.Second, exists...)
		a.Modbus.Limits.MaxGap = 100
		b := open(t, config.Bus{}, a)
		fake(t, d, b, func(s *seen) {
			pass(9 * time.Second)
			got := s.of("a")
			if last := got[len(got)-1]; !good(last) || len(b.BusStatus().Units[0].BadPoints) != 0 {
				t.Errorf("got %s", reasons(last))
			}
			if got := show(b.assets[0].blocks); got != "holding 21+3, holding 101+2" {
				t.Errorf("plan is %s", got)
			}
		})
	})
}

func TestExceptionForLengthMakesBlocksShorter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(func(_ uint16, r request) reply {
			if r.count > 3 {
				return reply{exception: 3}
			}
			return reply{data: registers(r)}
		})
		b := open(t, config.Bus{}, assetOf("a", 1, 10*time.Second, 0, 1, 2, 3, 4, 5, 6, 7))
		fake(t, d, b, func(s *seen) {
			pass(9 * time.Second)
			got := s.of("a")
			if last := got[len(got)-1]; !good(last) {
				t.Errorf("got %s", reasons(last))
			}
			for _, blk := range b.assets[0].blocks {
				if blk.count > 3 {
					t.Errorf("plan is %s", show(b.assets[0].blocks))
				}
			}
		})
	})
}

// A device that refuses everything at random, or all of it, is not asked
// without end.
func TestRefusalsDoNotFloodTheLine(t *testing.T) {
	for name, script := range map[string]func(n int64, r request) reply{
		"all":            func(int64, request) reply { return reply{exception: 2} },
		"function":       func(int64, request) reply { return reply{exception: 1} },
		"now and again":  func(n int64, r request) reply { return either(n%3 == 0, r) },
		"half the time":  func(n int64, r request) reply { return either(n%2 == 0, r) },
		"ever more busy": func(int64, request) reply { return reply{exception: 6} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int64
				d := newDevice(func(_ uint16, r request) reply { return script(n.Add(1), r) })
				b := open(t, config.Bus{}, assetOf("a", 1, 10*time.Second, 0, 1, 2, 3, 4, 5, 6, 7))
				fake(t, d, b, func(s *seen) {
					pass(time.Hour)
					if n := len(s.of("a")); n < 355 || n > 355+8*hurryMax {
						t.Errorf("%d readings in an hour, want one in 10 s", n)
					}
					if n := len(d.requests()); n > 360*9+200 {
						t.Errorf("%d requests in an hour", n)
					}
				})
			})
		})
	}
}

func either(refuse bool, r request) reply {
	if refuse {
		return reply{exception: 2}
	}
	return reply{data: registers(r)}
}
