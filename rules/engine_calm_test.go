package rules

import (
	"testing"

	"steward/gateway/duty"
)

// TestRestartWhileAClearIsHeldBack: an engine that is restored while an alarm
// that chatters stands for a condition that is gone neither loses the alarm
// when the condition comes again nor shows the fault as healed.
func TestRestartWhileAClearIsHeldBack(t *testing.T) {
	site := house(t, "Asia/Shanghai", "pump-1 pump fault/0")
	rules := load(t, site, `
rules:
  - {rule: PU-02, kind: pump, HEAD, priority: P3, on_delay: 0s, off_delay: 0s, when: "fault"}`)
	for _, restart := range []bool{false, true} {
		s := open(t, site, rules)
		s.play(`
			0s  pump-1 fault=1
			1s  pump-1 fault=0
			2s  pump-1 fault=1
			3s  pump-1 fault=0
			4s  pump-1 fault=1
			5s  pump-1 fault=0`)
		if restart {
			parts := saved{}
			parts.from(s.e)
			s = open(t, site, rules)
			parts.into(t, s.e)
			s.play("6s") // a tick brings table and instances into line
		}
		key := duty.AlarmKey{Asset: "pump-1", Rule: "PU-02"}
		if a := s.e.Alarms(); len(a) != 1 || !a[0].Active || !a[0].Has(duty.MarkChattering) || !s.e.table.HeldBack(key) {
			t.Fatalf("restart %v: %+v", restart, a)
		}
		if v := s.e.Evidence("pump-1", "PU-02"); !v.Active {
			t.Errorf("restart %v: the evidence calls the fault gone while its alarm stands", restart)
		}
		s.play(`
			20s pump-1 fault=1
			10m`)
		if a := s.e.Alarms(); len(a) != 1 || !a[0].Active || a[0].Activations != 4 || s.e.table.HeldBack(key) {
			t.Fatalf("restart %v: the condition holds, and %+v", restart, a)
		}
		s.play(`
			11m pump-1 fault=0
			13m`)
		if a := s.e.Alarms(); len(a) != 1 || a[0].Active || a[0].State != duty.Returned {
			t.Fatalf("restart %v: the condition is gone, and %+v", restart, a)
		}
	}
}
