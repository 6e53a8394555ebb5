package alarm

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// full is a table with something of everything in it.
func full() *Table {
	table := New(Options{Site: chain("main", "pump"), Meta: metas()})
	table.Raise(after(0), cause("main"), nil)
	n := 1.5
	table.Raise(after(time.Second), folds("pump"), []duty.Input{{Name: "p", Number: &n, Quality: gateway.QualityGood}})
	table.Suppress(after(2*time.Second), specOf(on("pump", "PU-03")), true, alike("mode"))
	table.Outage(after(3*time.Second), duty.Outage{Asset: "main", Points: []string{"u"}, Ticket: "T000001", Until: after(time.Hour)})
	return table
}

func TestSaveGivesWhatChanged(t *testing.T) {
	table, store := full(), kept{}
	store.save(table)
	want := []string{"alarm/main/PW-05", "alarm/pump/PU-03", "alarm/pump/PU-09", "meta", "outage/main/T000001"}
	for _, key := range want {
		if store[key] == nil {
			t.Errorf("no %s", key)
		}
	}
	if len(store) != len(want) {
		t.Errorf("%d parts", len(store))
	}
	parts := func() (keys []string) {
		table.Save(func(key string, body []byte) {
			if body == nil {
				key = "-" + key
			}
			keys = append(keys, key)
		})
		return keys
	}
	if got := parts(); len(got) != 0 {
		t.Errorf("nothing changed, and %v is saved", got)
	}
	table.Tick(after(10 * time.Second))
	if got := parts(); len(got) != 0 {
		t.Errorf("a tick saves %v", got)
	}
	table.Suppress(after(time.Minute), specOf(on("pump", "PU-03")), false, alike(""))
	table.Outage(after(time.Minute), duty.Outage{Asset: "main", Ticket: "T000001"})
	if got := strings.Join(parts(), " "); got != "-alarm/pump/PU-03 meta -outage/main/T000001" {
		t.Errorf("saved %s", got)
	}
	// What came and went between two saves was never there.
	table.Suppress(after(time.Minute), specOf(on("pump", "PU-04")), true, alike(""))
	table.Suppress(after(time.Minute), specOf(on("pump", "PU-04")), false, alike(""))
	if got := strings.Join(parts(), " "); got != "meta" {
		t.Errorf("saved %s", got)
	}
}

func TestRestoreRefuses(t *testing.T) {
	store := kept{}
	store.save(full())
	good := string(store["alarm/pump/PU-09"])
	swap := func(a, b string) string {
		if !strings.Contains(good, a) {
			t.Fatalf("%s is not in %s", a, good)
		}
		return strings.ReplaceAll(good, a, b)
	}
	for _, c := range []struct{ key, body, want string }{
		{"something", "{}", "no such part"},
		{"meta", "", "EOF"},
		{"meta", "null", "version 0"},
		{"meta", `{"v":2}`, "version 2"},
		{"meta", `{"v":1,"extra":1}`, "unknown field"},
		{"meta", `{"v":1} {}`, "something follows"},
		{"meta", `{"v":1,"announced":["2026-01-02T00:00:00Z","2026-01-01T00:00:00Z"]}`, "out of order"},
		{"outage/main", `{"v":1}`, "no asset and ticket"},
		{"outage/main/T1", `{"v":1}`, "without an end"},
		{"alarm/pump", good, "no asset and rule"},
		{"alarm/pump/PU-08", good, "it is of PU-09 on pump"},
		{"alarm/pump/PU-09", "\x00\xff", "invalid"},
		{"alarm/pump/PU-09", swap(`"A000002"`, `"A2"`), "no alarm's ID"},
		{"alarm/pump/PU-09", swap(`"A000002"`, `"B"`), "no alarm's ID"},
		{"alarm/pump/PU-09", swap(`"suppressed"`, `"asleep"`), "does not fit"},
		{"alarm/pump/PU-09", swap(`"suppressed"`, `"unacknowledged"`), "does not fit"},
		{"alarm/pump/PU-09", swap(`"k":6`, `"k":77`), "unknown hold"},
		{"alarm/pump/PU-09", swap(`"k":6`, `"k":7`), "expiry is wrong"},
		{"alarm/pump/PU-09", swap(`"P2"`, `"P9"`), "unknown priority"},
		{"alarm/pump/PU-09", swap(`"holds":[`, `"holds":[{"k":7,"until":"2026-01-01T00:00:00Z"},`), "out of order"},
		{"alarm/pump/PU-09", strings.Replace(swap(`"active":true`, `"active":false`), `{"v":1,`, `{"v":1,"clears":"2026-01-01T00:00:00Z",`, 1), "not active"},
		{"alarm/pump/PU-09", `{"v":1,"spec":{"fault":"","title":{"zh":"","en":""},"priority":"P2","class":""},"holds":[{"k":6,"n":"A1"}]}`, "without an alarm"},
	} {
		table := New(Options{Site: chain("main", "pump")})
		err := table.Restore(c.key, []byte(c.body))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s %s: %v, want %s", c.key, c.body, err, c.want)
		}
		if _, due := table.Due(); due || len(table.Alarms()) > 0 {
			t.Errorf("%s %s left something behind", c.key, c.body)
		}
	}
	table := store.restore(t, rand.New(rand.NewPCG(1, 1)), Options{Site: chain("main", "pump")})
	for key, body := range store {
		if err := table.Restore(key, body); err == nil && key != metaPart {
			t.Errorf("%s a second time", key)
		}
	}
}

// TestRestoreOneLanguage takes a part of a version that said why in the site's
// language only: it is told as it was written, in both.
func TestRestoreOneLanguage(t *testing.T) {
	store := kept{}
	store.save(full())
	part := string(store["alarm/pump/PU-09"])
	const said = `"say":{"zh":"由 A000001（main 缺相）引起","en":"a consequence of A000001 (main Phase lost)"}`
	if n := strings.Count(part, said); n != 2 {
		t.Fatalf("%d reasons, want the alarm's and the hold's: %s", n, part)
	}
	part = strings.Replace(part, said, `"reason":"旧原因"`, 1)
	part = strings.Replace(part, said, `"why":"旧原因"`, 1)
	store["alarm/pump/PU-09"] = []byte(part)
	table := store.restore(t, rand.New(rand.NewPCG(1, 1)), Options{Site: chain("main", "pump")})
	if a, _ := table.ByKey(on("pump", "PU-09")); a.Words() != alike("旧原因") {
		t.Errorf("it reads %v", a.Words())
	}
	err := table.Act(after(time.Minute), duty.Action{Do: duty.DoAcknowledge, Alarm: "A000002", By: "li"})
	if err == nil || !strings.Contains(err.Error(), "suppressed (旧原因)") {
		t.Errorf("refused: %v", err)
	}
}

// TestRestoreWithoutMeta keeps IDs from being given twice.
func TestRestoreWithoutMeta(t *testing.T) {
	store := kept{}
	store.save(full())
	delete(store, metaPart)
	table := store.restore(t, rand.New(rand.NewPCG(1, 1)), Options{Site: chain("main", "pump")})
	table.Raise(after(time.Minute), specOf(on("pump", "PU-05")), nil)
	if a, _ := table.ByKey(on("pump", "PU-05")); a.ID != "A000003" {
		t.Fatalf("%s was given again", a.ID)
	}
}

// TestNewTopology restores into a site that was wired anew.
func TestNewTopology(t *testing.T) {
	store := kept{}
	store.save(full())
	site := chain("main", "pump")
	site.Assets[1].FedBy = nil
	table := store.restore(t, rand.New(rand.NewPCG(1, 1)), Options{Site: site})
	if _, due := table.Due(); !due {
		t.Fatal("nothing is due after a restore")
	}
	table.Tick(after(time.Minute))
	expect(t, table,
		"1m0s A000002 pump/PU-09 suppress: suppressed→suppressed; A000001 is over: waiting for what it feeds to recover")
	// Wired back, it is folded again.
	store.save(table)
	table = store.restore(t, rand.New(rand.NewPCG(1, 1)), Options{Site: chain("main", "pump")})
	table.Tick(after(65 * time.Second))
	expect(t, table,
		"1m5s A000002 pump/PU-09 suppress: suppressed→suppressed into A000001; a consequence of A000001 (main Phase lost)")
}

// TestLostParts restores without what holds the alarms: they come back.
func TestLostParts(t *testing.T) {
	table, store := full(), kept{}
	high := specOf(on("main", "PW-01"))
	high.SuppressBy = []string{"PW-02"}
	table.Raise(after(4*time.Second), specOf(on("main", "PW-02")), nil)
	table.Raise(after(5*time.Second), high, nil)
	table.Outage(after(6*time.Second), duty.Outage{Asset: "pump", Ticket: "T000002", Until: after(time.Hour)})
	store.save(table)
	for _, key := range []string{"alarm/main/PW-05", "alarm/main/PW-02", "outage/pump/T000002"} {
		if store[key] == nil {
			t.Fatalf("no %s", key)
		}
		delete(store, key)
	}
	table = store.restore(t, rand.New(rand.NewPCG(1, 1)), Options{Site: chain("main", "pump")})
	table.Tick(after(time.Minute))
	table.Tick(after(2 * time.Minute))
	expect(t, table,
		"1m0s A000004 main/PW-01 suppress: suppressed→suppressed; PW-02 is over: waiting for what it suppressed to recover",
		"1m0s A000002 pump/PU-09 restore: out_of_service→suppressed into A000001; that maintenance is unknown",
		"1m0s A000002 pump/PU-09 suppress: suppressed→suppressed; A000001 is over: waiting for what it feeds to recover",
		"1m30s A000004 main/PW-01 unsuppress: suppressed→unacknowledged; PW-02 is over",
		"1m30s A000002 pump/PU-09 unsuppress: suppressed→unacknowledged; no cause upstream")
}

func FuzzRestore(f *testing.F) {
	store := kept{}
	store.save(full())
	for key, body := range store {
		f.Add(key, body)
	}
	f.Fuzz(func(t *testing.T, key string, body []byte) {
		table := New(Options{Site: chain("main", "pump"), Meta: metas()})
		_ = table.Restore(key, body) // whatever comes of it, the table works
		table.Raise(after(time.Hour), cause("main"), nil)
		table.Raise(after(2*time.Hour), folds("pump"), nil)
		table.Tick(after(3 * time.Hour))
		if _, is := table.ByKey(on("main", "PW-05")); !is {
			t.Fatal("an alarm was lost")
		}
		kept{}.save(table)
	})
}
