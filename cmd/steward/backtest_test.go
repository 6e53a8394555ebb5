package main

import (
	"strings"
	"testing"
	"time"

	"steward/gateway/duty"
	"steward/rules/backtest"
)

// Whatever a report leaves out it says, in every form; and whether people work.
func TestBacktestSaysWhatItLeavesOut(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	r := &backtest.Report{From: at, To: at.Add(time.Hour), Worked: true, Versions: []backtest.Outcome{{Name: "now", Alarms: 2, Tickets: 2, Open: 1, More: 7, Steps: []duty.Transition{{
		At: at, Event: duty.EventRaise, From: duty.Normal, To: duty.Unacknowledged,
		Alarm: duty.Alarm{AlarmKey: duty.AlarmKey{Asset: "meter", Rule: "PW-01"}, Priority: duty.P2}}}}}}
	var out strings.Builder
	if err := writeCSV(&out, r); err != nil {
		t.Fatal(err)
	}
	want := "version,at,rule,asset,event,from,to,priority,count\nnow,2026-03-02T10:00:00Z,PW-01,meter,raise,normal,unacknowledged,P2,1\nnow,,,,not_listed,,,,7\n"
	if out.String() != want {
		t.Errorf("CSV\n%swant\n%s", out.String(), want)
	}
	for worked, words := range map[bool]string{true: "taken for done when their condition is gone", false: "nobody works at tickets"} {
		out.Reset()
		r.Worked = worked
		if err := writeReport(&out, r, time.UTC); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{words, "opened 2 tickets", "1 open at the end"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the report does not say %q:\n%s", want, out.String())
			}
		}
	}
}
