package alarm

import (
	"fmt"
	"testing"
	"time"

	"steward/gateway"
)

// BenchmarkCycle is one alarm raised, cleared and acknowledged.
func BenchmarkCycle(b *testing.B) {
	table := New(Options{Site: oneSite()})
	s := specOf(key)
	at := t0
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Minute)
		table.Raise(at, s, nil)
		table.Clear(at, key)
		e := table.entries[key]
		if err := do(table, s, e.alarm.ID, at, "acknowledge"); err != nil {
			b.Fatal(err)
		}
		table.Take()
	}
}

// BenchmarkCycleAmong is the same raise and clear among 10,000 live alarms,
// with what changed saved each time.
func BenchmarkCycleAmong(b *testing.B) {
	site := star(10_000)
	table := New(Options{Site: site})
	for i := range site.Assets {
		table.Raise(t0, specOf(on(site.Assets[i].ID, "PU-01")), nil)
	}
	table.Take()
	table.Save(func(string, []byte) {})
	s := specOf(on(site.Assets[5000].ID, "PU-02"))
	at := t0
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Minute)
		table.Raise(at, s, nil)
		table.Clear(at, s.Key)
		table.Take()
		table.Save(func(string, []byte) {})
	}
}

// star is a site where one asset feeds all others through a hundred boards.
func star(n int) *gateway.Site {
	site := chain("main")
	for i := 1; i < n; i++ {
		a := gateway.Asset{ID: gateway.AssetID(fmt.Sprintf("asset-%05d", i)), FedBy: []gateway.AssetID{"main"}}
		if i > 100 {
			a.FedBy[0] = gateway.AssetID(fmt.Sprintf("asset-%05d", 1+i%100))
		}
		site.Assets = append(site.Assets, a)
	}
	return site
}

// BenchmarkFlood is 10,000 alarms that come at once, of which all but one are
// consequences: they wait, are folded when the cause comes, and are let go.
func BenchmarkFlood(b *testing.B) {
	site := star(10_000)
	b.ReportAllocs()
	for b.Loop() {
		table := New(Options{Site: site, Meta: metas()})
		for i := 1; i < len(site.Assets); i++ {
			table.Raise(t0, folds(site.Assets[i].ID), nil)
		}
		table.Raise(after(5*time.Second), cause("main"), nil)
		table.Clear(after(time.Minute), on("main", "PW-05"))
		table.Tick(after(time.Hour))
		if n := len(table.Take()); n < 40_000-10 {
			b.Fatalf("%d transitions", n)
		}
	}
}

// BenchmarkSaveAll saves and restores 10,000 alarms.
func BenchmarkSaveAll(b *testing.B) {
	site := star(10_000)
	table := New(Options{Site: site})
	for i := range site.Assets {
		table.Raise(t0, specOf(on(site.Assets[i].ID, "PU-01")), nil)
	}
	store, size := kept{}, 0
	store.save(table)
	for _, body := range store {
		size += len(body)
	}
	b.ReportMetric(float64(size)/float64(len(store)), "B/part")
	for b.Loop() {
		t := New(Options{Site: site})
		for key, body := range store {
			if err := t.Restore(key, body); err != nil {
				b.Fatal(err)
			}
		}
	}
}
