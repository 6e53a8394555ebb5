package modbus

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"steward/gateway/config"
)

// items reads "h0:2 h2 c7": table, first address, and how many words.
func items(t *testing.T, text string) []item {
	t.Helper()
	var out []item
	for i, f := range strings.Fields(text) {
		it := item{index: i, words: 1}
		it.table = map[byte]config.Table{'c': config.Coils, 'd': config.DiscreteInputs,
			'h': config.HoldingRegisters, 'i': config.InputRegisters}[f[0]]
		if n, _ := fmt.Sscanf(f[1:], "%d:%d", &it.first, &it.words); n == 0 {
			t.Fatalf("bad item %q", f)
		}
		out = append(out, it)
	}
	return out
}

func show(blocks []block) string {
	var out []string
	for _, b := range blocks {
		out = append(out, request{table: b.table, first: uint16(b.first), count: uint16(b.count)}.String())
	}
	return strings.Join(out, ", ")
}

func TestPlan(t *testing.T) {
	hole := func(first, last uint16) []config.Span {
		return []config.Span{{Table: config.HoldingRegisters, First: first, Last: last}}
	}
	for _, c := range []struct {
		name   string
		items  string
		limits config.ReadLimits
		want   string
	}{
		{"neighbours merge", "h0 h1 h2:2", config.ReadLimits{}, "holding 0+4"},
		{"order does not matter", "h4 h0 h2 h3 h1", config.ReadLimits{}, "holding 0+5"},
		{"a gap parts them", "h0 h2", config.ReadLimits{}, "holding 0+1, holding 2+1"},
		{"a gap may be spanned", "h0 h5", config.ReadLimits{MaxGap: 4}, "holding 0+6"},
		{"but not a wider one", "h0 h6", config.ReadLimits{MaxGap: 4}, "holding 0+1, holding 6+1"},
		{"never across a hole", "h0 h5", config.ReadLimits{MaxGap: 9, Holes: hole(3, 3)}, "holding 0+1, holding 5+1"},
		{"a hole before is no matter", "h4 h5", config.ReadLimits{Holes: hole(0, 3)}, "holding 4+2"},
		{"a hole behind is no matter", "h4 h5", config.ReadLimits{MaxGap: 4, Holes: hole(6, 9)}, "holding 4+2"},
		{"a hole of another table is no matter", "i0 i5", config.ReadLimits{MaxGap: 9, Holes: hole(3, 3)}, "input 0+6"},
		{"tables stay apart", "c0 d0 h0 i0", config.ReadLimits{}, "coil 0+1, discrete 0+1, holding 0+1, input 0+1"},
		{"limit of registers", "h0:2 h2:2 h4:2", config.ReadLimits{MaxRegisters: 4}, "holding 0+4, holding 4+2"},
		{"a point is never cut", "h0 h1 h2:4", config.ReadLimits{MaxRegisters: 5}, "holding 0+2, holding 2+4"},
		{"a point beyond the limit stands alone", "h0 h1:4", config.ReadLimits{MaxRegisters: 2}, "holding 0+1, holding 1+4"},
		{"limit of bits", "c0 c1 c2", config.ReadLimits{MaxBits: 2}, "coil 0+2, coil 2+1"},
		{"bits may be more than registers", "d0 d300", config.ReadLimits{MaxGap: 300}, "discrete 0+301"},
		{"the standard's limit", "h0 h124 h125", config.ReadLimits{MaxGap: 200}, "holding 0+125, holding 125+1"},
		{"bits of one register are read once", "h3 h3 h3", config.ReadLimits{}, "holding 3+1"},
		{"a wide point around a narrow one", "h3:4 h4", config.ReadLimits{}, "holding 3+4"},
		{"the last register", "h65534 h65535", config.ReadLimits{}, "holding 65534+2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(plan(items(t, c.items), limitsOf(c.limits))); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ name, items, want string }{
		{"in the middle", "h0 h1 h2 h3", "holding 0+2, holding 2+2"},
		{"at a gap rather than in the middle", "h0 h3 h4 h5 h6", "holding 0+1, holding 3+4"},
		{"at the gap nearest the middle", "h0 h2 h7 h8 h12 h15", "holding 0+3, holding 7+9"},
		{"not inside a point", "h0:4 h4", "holding 0+4, holding 4+1"},
		{"one point", "h0:4", "whole"},
		{"bits of one register", "h7 h7", "whole"},
		{"overlapping points", "h3:4 h4 h6:2", "whole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			left, right, ok := newBlock(items(t, c.items)).split()
			got := "whole"
			if ok {
				got = show([]block{left, right})
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Every item is in exactly one block, whole, and no block breaks a limit.
func TestPlanHoldsItsLimits(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range 2000 {
		lim := limitsOf(config.ReadLimits{MaxRegisters: 4 + rnd.IntN(122), MaxGap: rnd.IntN(20),
			Holes: []config.Span{{Table: config.HoldingRegisters, First: 100, Last: uint16(100 + rnd.IntN(20))}}})
		var in []item
		for i := range 1 + rnd.IntN(60) {
			it := item{i, config.Table(1 + rnd.IntN(4)), rnd.IntN(300), 1}
			if !isBits(it.table) {
				it.words = []int{1, 2, 4}[rnd.IntN(3)]
			}
			if it.table == config.HoldingRegisters && it.end() > 100 && it.first < 120 {
				it.first = 130
			}
			in = append(in, it)
		}
		seen := map[int]int{}
		for _, b := range plan(in, lim) {
			if b.count > lim.size(b.table) {
				t.Fatalf("%s is over the limit of %d", show([]block{b}), lim.size(b.table))
			}
			if h := lim.holes[0]; b.table == h.Table && b.first <= int(h.Last) && b.first+b.count > int(h.First) {
				t.Fatalf("%s crosses the hole %v", show([]block{b}), h)
			}
			for _, it := range b.items {
				seen[it.index]++
				if it.table != b.table || it.first < b.first || it.end() > b.first+b.count {
					t.Fatalf("item %+v is not inside %s", it, show([]block{b}))
				}
			}
		}
		if len(seen) != len(in) {
			t.Fatalf("%d of %d items are planned", len(seen), len(in))
		}
	}
}
