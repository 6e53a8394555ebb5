package sparkplug

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever is lost, doubled or late: no value is invented or taken twice, they
// come in order, and a rebirth is asked for exactly when something is missing.
func TestAnyOrder(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		b := born(t)
		const count = 600
		var sent []int
		lost, dead := map[int]bool{}, -1
		for i := range count {
			if rnd.IntN(200) == 0 && i < count-20 {
				lost[i] = true
				if dead < 0 {
					dead = i
				}
				continue
			}
			sent = append(sent, i)
			if rnd.IntN(10) == 0 {
				sent = append(sent, i)
			}
		}
		for i := 0; i+3 < len(sent); i++ { // swap within a few places
			if j := i + rnd.IntN(3); rnd.IntN(5) == 0 {
				sent[i], sent[j] = sent[j], sent[i]
			}
		}
		var got []int
		rebirths := 0
		for step, i := range sent {
			_ = b.message(2000+10*step, "DDATA", "pump1", message(begin.UnixMilli()+int64(1000+i), (2+i)%256,
				metric{alias: 3, dt: UInt64, field: 11, bits: uint64(i)}))
			b.tick(2000 + 10*step)
			for _, u := range b.out.Updates {
				got = append(got, int(u.Values[0].Number))
			}
			rebirths += len(b.out.Commands)
			b.out.Reset()
		}
		b.tick(100_000)
		for _, u := range b.out.Updates {
			got = append(got, int(u.Values[0].Number))
		}
		rebirths += len(b.out.Commands)
		inOrder := got
		if dead >= 0 { // behind the first that is lost there is no order to keep
			inOrder = got[:min(len(got), dead)]
		}
		for i := 1; i < len(inOrder); i++ {
			if inOrder[i] <= inOrder[i-1] {
				t.Fatalf("seed %d: %d came after %d", seed, inOrder[i], inOrder[i-1])
			}
		}
		slices.Sort(got)
		if uniq := slices.Compact(slices.Clone(got)); dead < 0 && len(uniq) != len(got) || len(uniq) != count-len(lost) {
			t.Errorf("seed %d: %d values, %d of them different, want %d", seed, len(got), len(uniq), count-len(lost))
		}
		if (rebirths > 0) != (dead >= 0) {
			t.Errorf("seed %d: %d rebirths asked for, %d messages lost", seed, rebirths, len(lost))
		}
	}
}

// FuzzHost: whatever comes in whatever order, nothing breaks, and what is
// given out has a device that is known and a value or a reason.
func FuzzHost(f *testing.F) {
	for _, name := range []string{"nbirth", "dbirth", "ddata", "ddata-gap", "ddeath", "ndeath"} {
		f.Add(uint8(1), sample(f, name+".bin"), uint8(3), sample(f, "dbirth.bin"))
	}
	verbs := []string{"NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA", "NCMD", "X"}
	f.Fuzz(func(t *testing.T, v1 uint8, p1 string, v2 uint8, p2 string) {
		b := born(t)
		for i, x := range []struct {
			v uint8
			p string
		}{{v1, p1}, {v2, p2}, {v1, p2}, {v2, p1}} {
			verb := verbs[int(x.v)%len(verbs)]
			device := ""
			if verb[0] == 'D' {
				device = "pump1"
			}
			_ = b.message(1000*i, verb, device, x.p)
			b.tick(1000*i + 7000)
		}
		for _, u := range b.out.Updates {
			if u.Node != edge1 || (u.Lost == "") == (len(u.Values) == 0) {
				t.Errorf("update %+v", u)
			}
		}
	})
}

func BenchmarkDDATA(b *testing.B) {
	w := newBench(b)
	var birth, values []metric
	for i := range 10 {
		birth = append(birth, metric{name: fmt.Sprintf("Pump/value %d", i), alias: i, dt: Float, field: 12, bits: 0x4083d70a})
		values = append(values, metric{alias: i, ms: begin.UnixMilli(), field: 12, bits: 0x4083d70a})
	}
	w.must(0, "NBIRTH", "", sample(b, "nbirth.bin"))
	w.must(0, "DBIRTH", "pump1", message(begin.UnixMilli(), 1, birth...))
	var payloads [256]string
	for seq := range payloads {
		payloads[seq] = message(begin.UnixMilli(), seq, values...)
	}
	const topic = "spBv1.0/RES01/DDATA/edge1/pump1"
	seq := uint8(2)
	b.ReportAllocs()
	for b.Loop() {
		w.out.Reset()
		if err := w.h.Message(begin, topic, payloads[seq], &w.out); err != nil || len(w.out.Updates) != 1 {
			b.Fatal(err, len(w.out.Updates))
		}
		seq++
	}
}
