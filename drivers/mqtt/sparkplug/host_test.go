package sparkplug

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	begin = time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC) // the samples' 1700000000
	edge1 = Node{Group: "RES01", ID: "edge1"}
)

// bench is a host with its output written as lines.
type bench struct {
	t   testing.TB
	h   *Host
	out Output
}

func newBench(t testing.TB) *bench {
	return &bench{t: t, h: New(Options{ID: "host1", Reorder: 5 * time.Second, Devices: []Device{{edge1, "pump1"}}})}
}

// lines describes and empties the output.
func (b *bench) lines() []string {
	var out []string
	for _, u := range b.out.Updates {
		who := u.Node.ID + "/" + u.Device
		if u.Lost != "" {
			out = append(out, fmt.Sprintf("%s lost at %d: %s", who, u.Time.Sub(begin)/time.Millisecond, u.Lost))
			continue
		}
		var vs []string
		for _, v := range u.Values {
			s := v.Name + "="
			switch v.Kind {
			case Nothing:
				s += v.Reason
			case Words:
				s += v.Text
			default:
				s += fmt.Sprint(v.Number)
			}
			if v.Doubt != "" {
				s += "?"
			}
			vs = append(vs, s)
		}
		at := fmt.Sprint(u.Time.Sub(begin).Milliseconds())
		if u.Historical {
			at += "h"
		}
		out = append(out, who+" "+at+" "+strings.Join(vs, " "))
	}
	for _, c := range b.out.Commands {
		switch {
		case strings.Contains(c.Topic, "/NCMD/"):
			out = append(out, "rebirth "+c.Topic)
		default:
			out = append(out, fmt.Sprintf("publish %s %s %d %t", c.Topic, c.Payload, c.QoS, c.Retained))
		}
	}
	for _, n := range b.out.Silent {
		out = append(out, "silent "+n.String())
	}
	b.out.Reset()
	return out
}

// want checks the output since the last call.
func (b *bench) want(what string, want ...string) {
	b.t.Helper()
	if got := b.lines(); !slices.Equal(got, want) {
		b.t.Errorf("%s: got\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func (b *bench) message(at int, verb, device, payload string) error {
	topic := "spBv1.0/RES01/" + verb + "/edge1"
	if device != "" {
		topic += "/" + device
	}
	return b.h.Message(begin.Add(time.Duration(at)*time.Millisecond), topic, payload, &b.out)
}

// must is message that may not fail.
func (b *bench) must(at int, verb, device, payload string) {
	b.t.Helper()
	if err := b.message(at, verb, device, payload); err != nil {
		b.t.Errorf("%s at %d: %v", verb, at, err)
	}
}

func (b *bench) tick(at int) { b.h.Tick(begin.Add(time.Duration(at)*time.Millisecond), &b.out) }

// born is a bench whose sample pump has been born.
func born(t testing.TB) *bench {
	b := newBench(t)
	b.h.Connected(begin, begin, &b.out)
	b.must(1, "NBIRTH", "", sample(t, "nbirth.bin"))
	b.must(10, "DBIRTH", "pump1", sample(t, "dbirth.bin"))
	b.out.Reset()
	return b
}

// data is a DDATA that sets running by its alias.
func data(ms int64, seq int, running uint64) string {
	return message(begin.UnixMilli()+ms, seq, metric{alias: 2, ms: begin.UnixMilli() + ms, dt: Boolean, field: 14, bits: running})
}

func TestBirthsDataDeaths(t *testing.T) {
	b := newBench(t)
	b.h.Connected(begin, begin, &b.out)
	b.want("connected", `publish spBv1.0/STATE/host1 {"online":true,"timestamp":1700000000000} 1 true`, "rebirth spBv1.0/RES01/NCMD/edge1")
	b.must(1, "NBIRTH", "", sample(t, "nbirth.bin"))
	b.want("NBIRTH", "edge1/ 0 bdSeq=3 Node Control/Rebirth=0")
	b.must(10, "DBIRTH", "pump1", sample(t, "dbirth.bin"))
	b.want("DBIRTH", "edge1/pump1 10 pressure=4.12 running=1 starts=1231 winding_temp=null offset=-7")
	b.must(1010, "DDATA", "pump1", sample(t, "ddata.bin"))
	b.want("DDATA by alias", "edge1/pump1 1000 pressure=3.98")
	b.must(2000, "DDEATH", "pump1", message(0, 3))
	b.want("DDEATH", "edge1/pump1 lost at 2000: the device's death")
	b.must(3000, "DBIRTH", "pump1", message(begin.UnixMilli()+3000, 4, metric{name: "running", alias: 2, dt: Boolean, field: 14}))
	b.want("born again", "edge1/pump1 3000 running=0")
	b.must(3500, "DDATA", "pump1", data(3500, 6, 1))
	b.want("5 is missing")
	b.must(4000, "NDEATH", "", sample(t, "ndeath.bin"))
	b.want("NDEATH, and first what was held", "edge1/pump1 3500 running=1?",
		"edge1/ lost at 4000: the node's death", "edge1/pump1 lost at 4000: the node's death")
	b.must(4001, "NDEATH", "", sample(t, "ndeath.bin"))
	b.want("the same NDEATH")
}

// A will of an earlier connection comes late: its bdSeq is not the birth's.
func TestOldNodeDeathIsIgnored(t *testing.T) {
	b := born(t)
	b.must(20, "NDEATH", "", message(1, -1, metric{name: "bdSeq", alias: -1, dt: UInt64, field: 11, bits: 2}))
	b.want("an old NDEATH")
	if err := b.message(21, "NDEATH", "", message(1, -1)); err == nil {
		t.Error("an NDEATH without bdSeq was taken")
	}
	b.must(22, "NDEATH", "", sample(t, "ndeath.bin"))
	b.want("the present NDEATH", "edge1/ lost at 22: the node's death", "edge1/pump1 lost at 22: the node's death")
}

func TestSequenceWraps(t *testing.T) {
	b := born(t)
	for seq := 2; seq < 256; seq++ {
		b.must(100+seq, "DDATA", "pump1", data(int64(100+seq), seq, 1))
	}
	b.out.Reset()
	b.must(9010, "DDATA", "pump1", sample(t, "ddata-wrap.bin"))
	b.want("0 after 255", "edge1/pump1 9000 running=0")
	b.must(9011, "DDATA", "pump1", data(9011, 1, 1))
	b.want("1 after 0", "edge1/pump1 9011 running=1")
	b.tick(30000)
	b.want("nothing is missing")
}

func TestGap(t *testing.T) {
	b := born(t)
	b.must(100, "DDATA", "pump1", sample(t, "ddata.bin"))
	b.out.Reset()
	b.must(9510, "DDATA", "pump1", sample(t, "ddata-gap.bin"))
	b.want("5 after 2 is held")
	b.must(9600, "DDATA", "pump1", data(9600, 6, 0))
	b.tick(14000)
	b.want("before the reorder time is over")
	b.tick(14510)
	b.want("after it", "edge1/pump1 9500 running=1?", "edge1/pump1 9600 running=0?", "rebirth spBv1.0/RES01/NCMD/edge1")
	// Until the rebirth aliases are in doubt, and names are not.
	b.must(14600, "DDATA", "pump1", message(begin.UnixMilli()+14600, 7,
		metric{alias: 2, dt: Boolean, field: 14, bits: 1}, metric{name: "starts", alias: -1, field: 11, bits: 9}))
	b.want("in doubt", "edge1/pump1 14600 running=1? starts=9")
	b.must(15000, "NBIRTH", "", sample(t, "nbirth.bin"))
	b.must(15001, "DBIRTH", "pump1", sample(t, "dbirth.bin"))
	b.out.Reset()
	b.must(15002, "DDATA", "pump1", data(15002, 2, 1))
	b.want("after the rebirth", "edge1/pump1 15002 running=1")
}

// What comes in another order within the reorder time is put right, and no
// rebirth is asked for.
func TestReorder(t *testing.T) {
	b := born(t)
	b.must(100, "DDATA", "pump1", data(104, 4, 1))
	b.must(101, "DDATA", "pump1", data(103, 3, 0))
	b.want("held")
	b.must(102, "DDATA", "pump1", data(102, 2, 1))
	b.want("in order", "edge1/pump1 102 running=1", "edge1/pump1 103 running=0", "edge1/pump1 104 running=1")
	b.tick(60000)
	b.want("nothing is missing")
}

func TestDuplicates(t *testing.T) {
	b := born(t)
	b.must(20, "DBIRTH", "pump1", sample(t, "dbirth.bin"))
	b.must(21, "NBIRTH", "", sample(t, "nbirth.bin"))
	b.want("births twice")
	b.must(100, "DDATA", "pump1", data(100, 2, 1))
	b.must(101, "DDATA", "pump1", data(100, 2, 1))
	b.want("data twice", "edge1/pump1 100 running=1")
	b.must(102, "DDATA", "pump1", data(104, 4, 1))
	b.must(103, "DDATA", "pump1", data(104, 4, 1))
	b.must(104, "DDATA", "pump1", data(103, 3, 0))
	b.want("held data twice", "edge1/pump1 103 running=0", "edge1/pump1 104 running=1")
	b.tick(60000)
	b.want("nothing is missing")
}

func TestBeforeAnyBirth(t *testing.T) {
	b := newBench(t)
	b.h.Connected(begin, begin, &b.out)
	b.out.Reset()
	if err := b.message(5, "DDATA", "pump1", sample(t, "ddata.bin")); !errors.Is(err, ErrNoBirth) {
		t.Errorf("data before a birth: %v", err)
	}
	b.must(6, "NDEATH", "", sample(t, "ndeath.bin"))
	b.want("nothing can be read")
	b.must(7, "DBIRTH", "pump1", sample(t, "dbirth.bin"))
	b.want("a birth names its values", "edge1/pump1 10 pressure=4.12 running=1 starts=1231 winding_temp=null offset=-7")
	if err := b.message(8, "NDATA", "", sample(t, "ddata.bin")); !errors.Is(err, ErrNoBirth) {
		t.Errorf("a node's data before its birth: %v", err)
	}
}

// What died while nobody listened never says so: nothing comes of it.
func TestNothingComesAfterConnecting(t *testing.T) {
	b := born(t)
	b.must(20, "DBIRTH", "pump2", message(begin.UnixMilli()+20, 2, metric{name: "on", alias: 9, dt: Boolean, field: 14}))
	b.h.Connected(begin.Add(time.Minute), begin, &b.out)
	b.out.Reset()
	b.must(61_000, "DDATA", "pump1", data(61_000, 9, 1))
	b.want("it lives, but what its alias means is not sure", "edge1/pump1 61000 running=1?")
	b.tick(89_000)
	b.out.Reset()
	b.tick(90_000)
	b.want("the others are lost", "edge1/ lost at 90000: no birth came", "edge1/pump2 lost at 90000: no birth came")
	b = newBench(t)
	b.h.Connected(begin, begin, &b.out)
	b.tick(29_000)
	b.out.Reset()
	b.tick(30_000)
	b.want("never seen", "edge1/ lost at 30000: no birth came", "edge1/pump1 lost at 30000: no birth came")
}

// A device that its node does not bear again is lost; one that it does is not.
func TestRebirthWithoutTheDevice(t *testing.T) {
	b := born(t)
	nbirth := message(begin.UnixMilli()+5000, 0, metric{name: "bdSeq", alias: -1, dt: UInt64, field: 11, bits: 3})
	b.must(5000, "NBIRTH", "", nbirth)
	b.out.Reset()
	b.tick(34000)
	b.want("too early")
	b.tick(35000)
	b.want("lost", "edge1/pump1 lost at 35000: no birth came")
	b.tick(36000)
	b.want("said once")
}

func TestRebirthsAreRationed(t *testing.T) {
	b := newBench(t)
	b.h.Connected(begin, begin, &b.out)
	b.out.Reset()
	var asked []int
	silent := 0
	for at := 0; at < 3_600_000; at += 1000 {
		_ = b.message(at, "DDATA", "pump1", sample(t, "ddata.bin")) // it always says that the birth is missing
		b.tick(at)
		for _, l := range b.lines() {
			if strings.HasPrefix(l, "rebirth") {
				asked = append(asked, at/1000)
			} else if l == "silent RES01/edge1" {
				silent++
			}
		}
	}
	if want := []int{10, 30, 70, 150, 310, 610}; len(asked) < 6 || !slices.Equal(asked[:6], want) || len(asked) > 17 || silent != 1 {
		t.Errorf("asked at %v s, want %v and then every 300; silent said %d times", asked, want, silent)
	}

	var devices []Device
	for i := range 50 {
		n := Node{Group: "g", ID: fmt.Sprint(i)}
		devices = append(devices, Device{Node: n}, Device{n, "d"})
	}
	h, out := New(Options{ID: "h", Devices: devices}), Output{}
	h.Connected(begin, begin, &out)
	for i, want := range []int{21, 20, 10, 0} { // the state is one
		if len(out.Commands) != want {
			t.Errorf("tick %d sends %d commands, want %d", i, len(out.Commands), want)
		}
		out.Reset()
		h.Tick(begin.Add(time.Duration(i)*time.Second), &out)
	}
}

func TestState(t *testing.T) {
	b := newBench(t)
	since := begin.Add(-time.Second)
	b.must(0, "NCMD", "", sample(t, "ncmd-rebirth.bin"))
	state := func(at int, host, payload string) error {
		return b.h.Message(begin.Add(time.Duration(at)*time.Millisecond), StateTopic(host), payload, &b.out)
	}
	if err := state(0, "host1", sample(t, "state-offline.json")); err != nil {
		t.Error(err)
	}
	b.want("not connected")
	b.h.Connected(begin, since, &b.out)
	b.out.Reset()
	offline := string(State(false, begin))
	for _, host := range []string{"host1", "host2"} {
		_ = state(100, host, offline)
		_ = state(100, host, sample(t, "state-online.json"))
	}
	b.want("too soon, and another's")
	_ = state(6000, "host1", offline)
	b.want("ours is not offline", `publish spBv1.0/STATE/host1 {"online":true,"timestamp":1699999999000} 1 true`)
	if state(0, "host1", "OFFLINE") == nil {
		t.Error("a state of Sparkplug 2 was taken for one of 3")
	}
	b.h.Disconnected()
	_ = state(20000, "host1", offline)
	b.want("not connected any more")
}

func TestHistoryAndTimes(t *testing.T) {
	b := born(t)
	ms := begin.UnixMilli()
	num := func(alias int, at int64, historical bool, v uint64) metric {
		return metric{alias: alias, ms: ms + at, dt: UInt64, historical: historical, field: 11, bits: v}
	}
	b.must(100, "DDATA", "pump1", message(ms+100, 2,
		num(3, -5000, true, 1), num(4, -5000, true, 2), num(3, 90, false, 7), num(3, -4000, true, 3), num(1, 95, false, 8)))
	b.want("history goes by its own times", "edge1/pump1 95 starts=7 pressure=8", "edge1/pump1 -5000h starts=1 winding_temp=2", "edge1/pump1 -4000h starts=3")
	b.must(200, "DDATA", "pump1", message(ms+200, 3, num(3, 50, false, 9)))
	b.want("a live value is not older than the one before", "edge1/pump1 200 starts=9")
	if err := b.message(300, "DDATA", "pump1", message(ms+300, 4, num(77, 0, false, 1), num(3, 300, false, 10))); err == nil {
		t.Error("an alias that nobody gave was taken")
	}
	b.want("the others count", "edge1/pump1 300 starts=10")
}
