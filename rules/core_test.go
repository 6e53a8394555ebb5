package rules

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

const twoFaults = `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P2, when: running}
  - {rule: PU-02, kind: pump, HEAD, priority: P2, when: fault}
`

// However few rounds there are, the desk hears of every alarm: one that comes
// back into service because another's ticket is over has its ticket.
func TestTheDeskHearsOfEveryAlarm(t *testing.T) {
	for _, rounds := range []int{0, 1} {
		var log bytes.Buffer
		site := house(t, "Asia/Shanghai", "pump-1 pump running/0 fault/0")
		e, d, err := judgesOf(site, load(t, site, twoFaults))()
		check(t, err)
		c := Core{Engine: e, Desk: d, Log: slog.New(slog.NewTextHandler(&log, nil)), rounds: rounds}
		now := morning
		read := func(running, fault float64) {
			c.Take(gateway.Reading{Asset: "pump-1", Time: now, Received: now, Values: []gateway.Value{gateway.Good("running", running), gateway.Good("fault", fault)}})
		}
		read(1, 1)
		act := func(a duty.Action) {
			t.Helper()
			a.By, a.Reason = "li", "r"
			check(t, c.Act(now, a))
		}
		now = now.Add(time.Minute)
		act(duty.Action{Do: duty.DoRemove, Alarm: "A000002", Ticket: "T000001", Until: now.Add(24 * time.Hour)})
		act(duty.Action{Do: duty.DoCancel, Ticket: "T000002"})
		act(duty.Action{Do: duty.DoAccept, Ticket: "T000001"})
		read(0, 1)
		act(duty.Action{Do: duty.DoDone, Ticket: "T000001"})
		for range 60 * 12 {
			now = now.Add(5 * time.Second)
			read(0, 1)
		}
		open := c.Desk.Tickets()
		if len(open) != 1 || open[0].ID != "T000003" || open[0].Fault != "PU-02" {
			t.Errorf("%d rounds: tickets %+v", rounds, open)
		}
		if told := strings.Contains(log.String(), "without end"); told != (rounds == 1) {
			t.Errorf("%d rounds: logged %q", rounds, log.String())
		}
	}
}
