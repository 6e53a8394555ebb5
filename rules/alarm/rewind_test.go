package alarm

import (
	"testing"
	"time"

	"steward/gateway/duty"
)

// What the table does by itself waits no longer than it would have, when the
// clock had been eight hours ahead; what people set an end to keeps it.
func TestRewind(t *testing.T) {
	const ahead = 8 * time.Hour
	table := New(Options{Site: chain("main", "board", "pump"), Meta: metas()})
	for i := range 4 {
		table.Raise(after(ahead+time.Duration(i)*20*time.Second), cause("main"), nil)
		table.Clear(after(ahead+time.Duration(i)*20*time.Second+time.Second), on("main", "PW-05"))
	}
	table.Raise(after(ahead+2*time.Minute), folds("pump"), nil)
	realarms := cause("board")
	realarms.Realarm, realarms.Cause = time.Hour, false
	table.Raise(after(ahead+2*time.Minute), realarms, nil)
	table.Raise(after(ahead+2*time.Minute), cause("pump"), nil)
	act(t, table, after(ahead+121*time.Second), duty.Action{Do: duty.DoAcknowledge, Alarm: id(t, table, "board", "PW-05")})
	act(t, table, after(ahead+121*time.Second), duty.Action{Do: duty.DoShelve, Alarm: id(t, table, "pump", "PW-05"), Reason: "known", Until: after(ahead + time.Hour)})
	told(table)
	table.Rewind(after(time.Minute))
	if got := told(table); got != "" {
		t.Fatalf("going back did\n%s", got)
	}
	table.Tick(after(3 * time.Minute))
	waits, _ := table.ByKey(on("pump", "PU-09"))
	if waits.State != duty.Unacknowledged || waits.Raised.After(after(time.Minute)) {
		t.Errorf("it waits for a cause still: %+v", waits)
	}
	if main, _ := table.ByKey(on("main", "PW-05")); main.Active {
		t.Error("the clear is held back still")
	}
	table.Tick(after(12 * time.Minute))
	if main, _ := table.ByKey(on("main", "PW-05")); main.Has(duty.MarkChattering) {
		t.Error("it chatters still")
	}
	table.Tick(after(62 * time.Minute))
	if again, _ := table.ByKey(on("board", "PW-05")); again.State != duty.Unacknowledged {
		t.Errorf("an hour after it was acknowledged it is %s", again.State)
	}
	if shelved, _ := table.ByKey(on("pump", "PW-05")); shelved.State != duty.Shelved || !shelved.Until.Equal(after(ahead+time.Hour)) {
		t.Errorf("shelved until %s, it is %s", shelved.Until, shelved.State)
	}
	parts := map[string][]byte{}
	table.Save(func(key string, body []byte) { parts[key] = body })
	next := New(Options{Site: chain("main", "board", "pump"), Meta: metas()})
	for key, body := range parts {
		if err := next.Restore(key, body); body != nil && err != nil {
			t.Error(err)
		}
	}
}

func id(t *testing.T, table *Table, asset, rule string) string {
	t.Helper()
	for _, a := range table.Alarms() {
		if string(a.Asset) == asset && a.Rule == rule {
			return a.ID
		}
	}
	t.Fatalf("no alarm of %s on %s", rule, asset)
	return ""
}
